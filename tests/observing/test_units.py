"""The units that an operator copies are understood whole by systemd."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[2] / "docs/operations"


def said_of(folder):
    """Return what systemd says of the units in a folder; nothing if it understands all of them."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    units = sorted(folder.glob("antifraud.*"))
    asked = [program, "verify", "--man=no", *map(str, units)]
    ended = subprocess.run(asked, capture_output=True, text=True, check=False)
    lines = [line for line in ended.stderr.splitlines() if "antifraud" in line]
    return lines if ended.returncode == 0 else lines or ended.stderr.splitlines()


@pytest.fixture
def installed(tmp_path):
    """The units, as if the program were installed where it is now."""
    for unit in ("antifraud.service", "antifraud.socket"):
        text = (UNITS / unit).read_text().replace("/opt/antifraud/.venv/bin", str(Path(sys.executable).parent))
        (tmp_path / unit).write_text(text)
    return tmp_path


def test_the_units_are_understood_whole(installed):
    assert said_of(installed) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("Restart=always", "Restart=allways"), ("UMask=0077", "Umask=0077"), ("KillMode=mixed", "KillMode=both")],
)
def test_what_systemd_would_ignore_in_silence_is_noticed(installed, right, wrong):
    service = installed / "antifraud.service"
    assert right in service.read_text()
    service.write_text(service.read_text().replace(right, wrong))
    assert said_of(installed)
