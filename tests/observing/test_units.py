"""The units that an operator copies are understood whole by systemd."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import missing

UNITS = Path(__file__).parents[2] / "docs/operations"


def said_of(folder):
    """Return what systemd says of the units in a folder; nothing if it understands all of them."""
    program = shutil.which("systemd-analyze")
    if program is None:
        missing("systemd-analyze")
    units = sorted(folder.iterdir())
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


def test_systemd_analyze_is_demanded_where_everything_is(installed, monkeypatch):
    monkeypatch.setenv("PATH", str(installed))
    monkeypatch.setenv("ANTIFRAUD_REQUIRE_SERVERS", "1")
    with pytest.raises((pytest.fail.Exception, pytest.skip.Exception), match="is not installed") as ended:
        said_of(installed)
    assert ended.type is pytest.fail.Exception


@pytest.mark.parametrize("unit", ["antifraud.service", "antifraud.socket"])
def test_no_number_of_failures_ends_a_unit_for_good(unit):
    head = (UNITS / unit).read_text().partition("[Unit]\n")[2].partition("\n[")[0]
    assert "StartLimitIntervalSec=0" in head.splitlines()


def test_the_command_of_operators_runs_what_the_service_runs_with_its_settings():
    service = dict(re.findall(r"^(\w+)=(.*)$", (UNITS / "antifraud.service").read_text(), re.MULTILINE))
    command = (UNITS / "antifraud").read_text()
    assert f'{service["ExecStart"].removesuffix(" serve")} "$@"' in command
    assert f"--uid={service['User']} --gid={service['Group']} " in command
    for name in ("EnvironmentFile", "UMask"):
        assert f"--property={name}={service[name]} " in command
    assert f"--working-directory=/var/lib/{service['StateDirectory']} " in command


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("Restart=always", "Restart=allways"),
        ("UMask=0077", "Umask=0077"),
        ("StartLimitIntervalSec", "StartLimitIntervalSecs"),
        ("KillMode=mixed", "KillMode=both"),
    ],
)
def test_what_systemd_would_ignore_in_silence_is_noticed(installed, right, wrong):
    service = installed / "antifraud.service"
    assert right in service.read_text()
    service.write_text(service.read_text().replace(right, wrong))
    assert said_of(installed)
