"""`antifraud doctor` finds each illness on a deployment that was well, and makes nothing that was not there."""

import asyncio
import json
import os
import re
import resource
import shutil
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import text

from antifraud.domain.errors import DamagedFile
from antifraud.store import open_store
from antifraud.store.center import open_book
from antifraud.store.migrating import DECISIONS, downgrade
from antifraud.store.opening import bare_engine
from api.clock import utc_now
from api.commands.settings import page
from api.doctor import Health, examine
from api.restore import Snapshots
from api.settings import Settings, read_settings
from features.catalogue import CATALOGUE
from features.online import OnlineState
from features.snapshot import load
from tests.api import making
from tests.center.making import begin_hold
from tests.servers import running_postgres
from tests.stores.plain import plain_decision

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
    parts = {
        "settings",
        "decisions",
        "clock",
        "keys",
        "book",
        "journal",
        "shelf",
        "disk",
        "memory",
        "identifiers",
        "address",
    }
    assert {part for part, health in said if health is Health.WELL} >= parts
    assert "the whole log" in said["snapshots", Health.LOOK]


def test_what_is_not_there_is_ill_and_stays_away(well, tmp_path):
    missing = well | {"database_url": f"sqlite:///{tmp_path}/none/engine.db"}
    needed = {"decisions", "clock", "keys", "book", "journal"}
    assert ill(missing) == needed
    assert not (tmp_path / "none").exists()
    assert ill(well | {"database_url": "postgresql://nobody@127.0.0.1:9/none"}) == {
        "decisions",
        "clock",
        "keys",
        "book",
        "journal",
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


def test_a_setting_that_is_none_is_said(well, monkeypatch):
    monkeypatch.setenv("ANTIFRAUD_TRUSTED_PROXY", "127.0.0.1")
    monkeypatch.setenv("ANTIFRAUD_LOGS", "json")
    said = found(well)
    assert "ANTIFRAUD_TRUSTED_PROXY" in said["settings", Health.LOOK]
    assert "ANTIFRAUD_LOGS" not in said["settings", Health.LOOK]
    assert {*well, "logs"} <= set(re.findall(r"\w+", said["settings", Health.WELL]))
    assert "ab" * 32 not in str(said)


def test_addresses_that_cannot_be_told_apart_are_worth_a_look(well):
    behind = well | {"public_url": "https://engine.example"}
    assert "ANTIFRAUD_TRUSTED_PROXIES" in found(behind)["address", Health.LOOK]
    assert "engine.example" in found(behind | {"trusted_proxies": "127.0.0.1"})["address", Health.WELL]


def snapshot_of(well, catalogue):
    well["state_dir"].mkdir()
    return Snapshots(well["state_dir"]).save(OnlineState(catalogue), NOW)


def test_a_snapshot_is_read_and_one_that_is_damaged_is_ill(well):
    path = snapshot_of(well, CATALOGUE)
    assert "is whole" in found(well)["snapshots", Health.WELL]
    whole = path.read_bytes()
    for place in range(200, len(whole), len(whole) // 20):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        try:
            load(path, CATALOGUE)
        except DamagedFile:
            assert ill(well) == {"snapshots"}, place
        else:  # a byte that nobody reads
            assert "is whole" in found(well)["snapshots", Health.WELL], place
    path.write_bytes(whole[:-100])
    assert "cannot be read" in found(well)["snapshots", Health.ILL]


def test_a_snapshot_of_another_release_is_worth_a_look(well):
    snapshot_of(well, CATALOGUE[:-1])
    assert "the whole log" in found(well)["snapshots", Health.LOOK]
    assert ill(well) == set()


def test_keys_that_run_out_are_said(well):
    with open_store(well["database_url"], recording=False) as store:
        for key in store.keys.list("fictional-bank"):
            store.keys.revoke(key.key_id, NOW)
        assert ill(well) == {"keys"}
        store.keys.create("fictional-bank", ["decisions:write"], "short", NOW, expires_at=NOW + timedelta(days=3))
    assert "14 days" in found(well)["keys", Health.LOOK]


def set_the_clock_back(well, monkeypatch):
    async def record(store):
        await store.log.record([plain_decision(1, received_at=NOW + timedelta(hours=1))])

    with open_store(well["database_url"]) as store:
        asyncio.run(record(store))


def fill_the_disk(well, monkeypatch):
    whole = shutil.disk_usage(well["shelf"])
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: whole._replace(free=1 << 20))


def write_for_others(well, monkeypatch):  # by what the system says: root may write everywhere
    may = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: not str(path).endswith("/engine.db") and may(path, mode))


def change_the_past(well, monkeypatch):
    with closing(open_book(well["database_url"].replace("engine", "center"))) as book:
        for number in range(3):
            book.write_now(lambda page, number=number: begin_hold(page, NOW, transfer_id=f"t{number}"))
        with book.engine.begin() as connection:
            connection.execute(text("UPDATE acts SET body = '{}' WHERE seq = 2"))


@pytest.mark.parametrize(
    ("harm", "part", "said"),
    [
        (set_the_clock_back, "clock", "still to come"),
        (fill_the_disk, "disk", "0.0 GiB"),
        (write_for_others, "decisions", "cannot be written"),
        (change_the_past, "journal", "act 2 (hold.held of"),
    ],
)
def test_each_illness_is_found(well, monkeypatch, harm, part, said):
    harm(well, monkeypatch)
    assert ill(well) == {part}
    assert said in found(well)[part, Health.ILL]


def test_an_older_schema_is_worth_a_look_and_stays(well):
    engine = bare_engine(well["database_url"])
    downgrade(engine, "-1", DECISIONS)
    for _ in range(2):
        assert "older schema" in found(well)["decisions", Health.LOOK]
    engine.dispose()


def test_a_database_server_that_does_not_wait_for_its_disk_is_ill(well):
    with running_postgres() as server:
        url = server.create_database("careless")
        making.register(url)
        engine = bare_engine(url)
        assert ill(well | {"database_url": url, "center_url": f"sqlite:///{well['shelf'].parent}/center.db"}) == set()
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ALTER SYSTEM SET fsync = off"))
            connection.execute(text("SELECT pg_reload_conf()"))
        engine.dispose()
        said = found(well | {"database_url": url, "center_url": f"sqlite:///{well['shelf'].parent}/center.db"})
        assert "fsync = off" in said["decisions", Health.ILL]


def test_a_system_that_counts_addresses_as_memory_is_ill(well):
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (64 << 30, before[1]))  # more than any memory that is needed here
    try:
        said = found(well)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
    assert "vm.overcommit_memory must not be 2" in said["memory", Health.ILL]
    assert ill(well) == set()


def test_a_server_that_does_not_answer_is_ill(well):
    assert ill(well, "http://127.0.0.1:9") == {"server"}


class Answering(BaseHTTPRequestHandler):
    """Says what a server of ours says."""

    missing: tuple[str, ...] = ()
    age = "1.0"

    def do_GET(self):
        ready = self.path == "/health/ready"
        metrics = f"# TYPE antifraud_lists_age_seconds gauge\nantifraud_lists_age_seconds {self.age}\n"
        content = (json.dumps({"missing": self.missing}) if ready else metrics).encode()
        self.send_response(503 if ready and self.missing else 200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.mark.parametrize(
    ("says", "health", "said"),
    [
        ({}, Health.WELL, "transfers are decided"),
        ({"missing": ("the state is being restored",)}, Health.ILL, "being restored"),
        ({"age": "61.0"}, Health.ILL, "lists is old"),
        ({"age": "+Inf"}, Health.ILL, "lists is old"),
        ({"age": "NaN"}, Health.ILL, "lists is old"),
    ],
)
def test_a_server_that_answers_is_well_only_if_it_decides_with_lists_of_now(well, says, health, said):
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Says", (Answering,), says))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        answer = found(well, f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()
    assert said in answer["server", health]
    assert {part for part, of in answer if of is Health.ILL} == ({"server"} if health is Health.ILL else set())


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
