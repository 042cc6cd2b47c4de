"""What is said about what serving installs: its known weaknesses, and its bill of materials."""

import json
import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PINNED = re.compile(r"^([A-Za-z0-9._\-]+)(?:\[[^\]]*\])?==(\S+)", re.MULTILINE)


def ask(proxy, **more):
    """Return what the audit answers when everything outside lies behind `proxy`."""
    outside = dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY"), proxy)
    environment = {**os.environ, **outside, "NO_PROXY": "", "no_proxy": "", **more}
    asked = ["bash", ROOT / ".ci/audit"]
    return subprocess.run(asked, env=environment, check=False, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("listens", "says"),
    [(False, "cannot be reached from here"), (True, "did not answer in time")],
    ids=["dead", "mute"],
)
def test_an_audit_that_can_ask_nobody_says_so_and_fails_nothing(listens, says):
    with socket.socket() as proxy:
        proxy.bind(("127.0.0.1", 0))
        if listens:
            proxy.listen()
        answer = ask(f"http://127.0.0.1:{proxy.getsockname()[1]}", AUDIT_SECONDS="3" if listens else "60")
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.startswith("audit: not done")
    assert says in answer.stdout


def test_everything_that_is_run_to_pass_asks_for_known_weaknesses():
    assert "bash .ci/audit" in (ROOT / ".ci/check").read_text()


def test_the_bill_of_materials_names_each_pinned_package_by_its_hashes(tmp_path):
    subprocess.run(["bash", ROOT / ".ci/sbom", tmp_path / "new/sbom.json"], check=True, capture_output=True)
    bill = json.loads((tmp_path / "new/sbom.json").read_bytes())
    assert bill["bomFormat"] == "CycloneDX"
    pinned = set(PINNED.findall((ROOT / "requirements.lock").read_text()))
    assert {(each["name"], each["version"]) for each in bill["components"]} == pinned
    assert len(pinned) > 50
    for each in bill["components"]:
        assert each["purl"].startswith(f"pkg:pypi/{each['name'].lower()}@{each['version']}")
        assert each["externalReferences"][0]["hashes"], each["name"]
