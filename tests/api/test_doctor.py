"""`antifraud doctor` finds each illness on a deployment that was well, and makes nothing that was not there."""

import os
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from antifraud.store import open_store
from antifraud.store.center import open_book
from api.clock import utc_now
from api.commands.settings import page
from api.doctor import Health, examine
from api.settings import Settings, read_settings
from tests.api import making

NOW = utc_now()


@pytest.fixture
def well(tmp_path):
    """Settings of a deployment in which nothing is ill."""
    url = f"sqlite:///{tmp_path}/engine.db"
    making.put_on(tmp_path / "shelf", making.bundle())
    making.register(url)
    with closing(open_book(f"sqlite:///{tmp_path}/center.db")):
        pass
    return {
        "database_url": url,
        "shelf": tmp_path / "shelf",
        "state_dir": tmp_path / "state",
        "identifier_key": "ab" * 32,
    }


def found(settings, url=None):
    return {(each.part, each.health): each.said for each in examine(read_settings(**settings), NOW, url)}


def ill(settings, url=None):
    return {part for part, health in found(settings, url) if health is Health.ILL}


def test_a_deployment_that_is_well_has_nothing_ill(well):
    said = found(well)
    assert {part for part, health in said if health is Health.ILL} == set()
    parts = {"decisions", "clock", "keys", "book", "shelf", "disk", "identifiers", "address"}
    assert {part for part, health in said if health is Health.WELL} >= parts
    assert "the whole log" in said["snapshots", Health.LOOK]


def test_what_is_not_there_is_ill_and_stays_away(well, tmp_path):
    missing = well | {"database_url": f"sqlite:///{tmp_path}/none/engine.db"}
    needed = {"decisions", "clock", "keys", "book"}
    assert ill(missing) == needed
    assert not (tmp_path / "none").exists()
    assert ill(well | {"database_url": "postgresql://nobody@127.0.0.1:9/none"}) == {
        "decisions",
        "clock",
        "keys",
        "book",
    }


def test_a_damaged_bundle_is_ill(well):
    (model,) = well["shelf"].glob("*/model.txt")
    model.write_text(model.read_text()[:-100])
    assert ill(well) == {"shelf"}


def test_a_file_that_others_can_read_and_a_missing_key_are_worth_a_look(well, tmp_path):
    os.chmod(tmp_path / "engine.db", 0o644)
    said = found(well | {"identifier_key": None, "host": "0.0.0.0"})
    looks = {part for part, health in said if health is Health.LOOK}
    assert looks >= {"decisions", "identifiers", "address"}


def test_keys_that_run_out_are_said(well):
    with open_store(well["database_url"], recording=False) as store:
        for key in store.keys.list("fictional-bank"):
            store.keys.revoke(key.key_id, NOW)
        assert ill(well) == {"keys"}
        store.keys.create("fictional-bank", ["decisions:write"], "short", NOW, expires_at=NOW + timedelta(days=3))
    assert "14 days" in found(well)["keys", Health.LOOK]


def test_a_server_that_does_not_answer_is_ill(well):
    assert ill(well, "http://127.0.0.1:9") == {"server"}


def test_the_command_says_a_line_of_each_and_ends_with_a_code(well, tmp_path):
    environment = {f"ANTIFRAUD_{name.upper()}": str(value) for name, value in well.items()}
    for more, code in (({}, 0), ({"ANTIFRAUD_SHELF": str(tmp_path / "none")}, 1)):
        command = [sys.executable, "-m", "api", "doctor"]
        ran = subprocess.run(command, env=os.environ | environment | more, capture_output=True, text=True, check=False)
        assert ran.returncode == code, ran.stdout + ran.stderr
        assert {line.split()[1] for line in ran.stdout.splitlines()} >= {"decisions", "shelf", "book"}


def test_the_page_of_settings_is_the_code():
    written = (Path(__file__).parents[2] / "docs/settings.md").read_text(encoding="utf-8")
    assert written == page(), "run: antifraud settings --doc docs/settings.md"
    assert all(info.description for info in Settings.model_fields.values())
