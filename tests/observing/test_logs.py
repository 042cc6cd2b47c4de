"""Logs of a real server: one JSON object a line, with the request's id, and nobody's data or secrets in them."""

import asyncio
import contextlib
import json
import logging
import os
import sqlite3
import subprocess
import sys
from io import StringIO

import httpx
import pytest

from api.background import begin
from api.observing.logs import REQUEST_ID, LogFormat, set_up_logs
from api.settings import read_settings
from tests.api import making
from tests.api.conftest import SERVE, environment, wait_until_ready
from tests.api.making import body
from tests.servers import free_port

# Fictional: the month of the number is 13, and the rest belongs to nobody.
IIN, PHONE, IBAN = "991399123456", "+77010000001", "KZ86125KZT5004100100"
EMAIL, CARD, PASSWORD = "fictional.person@bank.example", "4000001234567899", "correct-horse-battery"
KEY = "afk_fictional_0123456789abcdef"
PRIVATE = (IIN, PHONE, PHONE[1:], IBAN, EMAIL, CARD, PASSWORD, KEY, "fictional-session-token")


@pytest.fixture(scope="module")
def troubled(tmp_path_factory):
    """A server that is asked everything wrong, with its database damaged under it; its answers, and its log."""
    folder, port = tmp_path_factory.mktemp("troubled"), free_port()
    making.put_on(folder / "shelf", making.bundle())
    url = f"sqlite:///{folder}/engine.db"
    token = making.register(url)
    with (folder / "log").open("wb") as log:
        settings = {"ANTIFRAUD_LOGS": "json", "ANTIFRAUD_IDENTIFIER_KEY": "ab" * 32}
        with (
            subprocess.Popen(SERVE, env=environment(folder, port, **settings), stderr=log, stdout=log) as process,
            httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, limits=ONCE) as client,
        ):
            try:
                wait_until_ready(process, client)
                answers = list(wrong_requests(client, {"Authorization": f"Bearer {token}"}, folder / "engine.db"))
            finally:
                process.terminate()
    return answers, (folder / "log").read_text(), token


def wrong_requests(client, key, database):
    private = {"payer": IBAN, "payee_iin_bin": IIN, "payee_phone": PHONE}
    yield client.post("/v1/decisions", json=body(1, **private | {"payee_iin_bin": "990101300000"}), headers=key)
    yield client.post("/v1/decisions", json=body(2, **private), headers=key)  # the number's month is 13
    yield client.post("/v1/decisions", json=body(3, **{EMAIL: CARD}), headers=key)
    yield client.post("/v1/decisions", content=f'{{"payer": "{IBAN}", "iin": {IIN}'.encode(), headers=key | JSON)
    yield client.post("/v1/decisions", json=body(4), headers={"X-Api-Key": KEY})
    yield client.post("/v1/session", json={"name": EMAIL, "password": PASSWORD, "participant": IIN})
    yield client.get("/v1/session", headers={"Cookie": "__Host-antifraud=fictional-session-token; session=" + KEY})
    yield client.get(f"/v1/accounts/{IBAN}/usable", headers=key)
    yield client.get(f"/v1/decisions/{IIN}", params={"phone": PHONE, "token": KEY}, headers=key)
    yield client.get(f"/v1/{EMAIL}/{CARD}", headers=key)
    yield client.post("/v1/reports", json={"transfer_id": IIN, "fraud": True, "source": PHONE}, headers=key)
    yield client.post("/v1/decisions", json=body(5, payer=IBAN), headers=key | {"X-Request-Id": "hub-0000-damaged"})
    with contextlib.closing(
        sqlite3.connect(database)
    ) as damage:  # an answer that cannot be read, then a log that cannot be written
        damage.execute("UPDATE decisions SET reasons = ? WHERE transfer_id = 't5'", (f"no JSON about {IIN} {EMAIL}",))
        damage.commit()
        again = body(5, payer=IBAN, amount_minor=7)
        yield client.post("/v1/decisions", json=again, headers=key | {"X-Request-Id": "hub-0000-damaged"})
        yield client.get("/v1/decisions/t5", headers=key | {"X-Request-Id": f"{IIN}-hub"})
        damage.execute(
            "CREATE TRIGGER refusing BEFORE INSERT ON decisions "
            f"BEGIN SELECT RAISE(ABORT, 'no room for {IBAN} {EMAIL}'); END"
        )
        damage.commit()
        yield client.post("/v1/decisions", json=body(6, payer=IBAN, payer_phone=PHONE), headers=key)
    yield client.get("/v1/decisions/t1", headers=key)


ONCE = httpx.Limits(max_keepalive_connections=0)  # after a 500 the server closes the connection
JSON = {"Content-Type": "application/json"}


def test_every_kind_of_trouble_was_made(troubled):
    statuses = [each.status_code for each in troubled[0]]
    assert {201, 400, 401, 404, 422, 500, 503} <= set(statuses), statuses


def test_nobodys_data_and_no_secret_stands_in_the_log(troubled):
    _, log, token = troubled
    assert [each for each in (*PRIVATE, token, "ab" * 32) if each in log] == []


def test_what_failed_tells_its_caller_nothing_about_others(troubled):
    failed = [each.text for each in troubled[0] if each.status_code >= 500]
    assert [each for text in failed for each in (*PRIVATE, "Traceback", "sqlite", "SELECT") if each in text] == []


def test_each_line_is_an_object_and_those_of_a_request_bear_its_id(troubled):
    answers, log, _ = troubled
    lines = [json.loads(line) for line in log.splitlines()]
    assert all({"at", "level", "logger", "event"} <= set(line) for line in lines)
    failed = {each.headers["x-request-id"] for each in answers if each.status_code == 500}
    assert "hub-0000-damaged" in failed
    traced = {line.get("request_id") for line in lines if "exception" in line}
    assert "hub-0000-damaged" in traced


def test_an_id_that_names_a_person_is_given_back_and_not_logged(troubled):
    assert any(each.headers["x-request-id"] == f"{IIN}-hub" for each in troubled[0])


def lines_without_anybody(said):
    """Return a log of JSON as its objects; nobody's data stands in it."""
    assert [each for each in PRIVATE if each in said] == []
    return [json.loads(line) for line in said.splitlines()]


@pytest.mark.parametrize("words", [("snapshot",), ("models", "judge"), ("keep",)])
def test_what_the_server_begins_says_in_lines_of_the_log_why_it_fails(tmp_path, capfd, words):
    private = tmp_path / IBAN
    private.write_text("a file where folders should be")
    places = {name: private / EMAIL for name in ("shelf", "state_dir", "center_policy")}
    settings = read_settings(**places, database_url=f"sqlite:///{private}/engine.db", logs="json")

    async def begun():
        return await (await begin(settings, *words)).wait()

    assert asyncio.run(begun()) == 1
    said = capfd.readouterr()
    assert not said.out
    *_, last = lines_without_anybody(said.err)
    assert (last["level"], last["logger"]) == ("error", "api.begun")
    assert "[account]" in last["event"]


def test_nor_does_what_nobody_expected_there_or_a_remark_for_people_name_anybody():
    asked = (
        "import sys, threading, typer, api.cli\n"
        "def app():\n"
        f"    typer.echo('nothing is known of {IBAN}', err=True)\n"
        f"    failing = threading.Thread(target=lambda: 1 / 0, name='{IIN}')\n"
        "    failing.start()\n"
        "    failing.join()\n"
        f"    raise ValueError('password={PASSWORD} of {EMAIL}')\n"
        "api.cli.app = app\n"
        "from api.begun import begun\n"
        "begun()"
    )
    settings = {"ANTIFRAUD_LOGS": "json"}
    ran = subprocess.run([sys.executable, "-c", asked], env=os.environ | settings, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout) == (1, "")
    first, *trace, last = lines_without_anybody(ran.stderr)
    assert first["event"] == "nothing is known of [account]"
    assert trace[-1]["event"] == "ZeroDivisionError: division by zero"
    assert "ValueError" in last["exception"]


@pytest.mark.parametrize("private", [IIN, PHONE, "+7 701 000 00 01", IBAN, EMAIL, CARD, "4000 0012 3456 7899", KEY])
@pytest.mark.parametrize("form", LogFormat)
def test_what_a_message_or_an_exception_says_about_people_is_masked(private, form):
    stream, root = StringIO(), logging.getLogger()
    before, level = root.handlers[:], root.level
    set_up_logs(form, stream)
    try:
        try:
            raise ValueError(f"password={PASSWORD} of {private}")
        except ValueError:
            logging.getLogger("test").exception("about %s: %r", private, {"who": private, "password": PASSWORD})
    finally:
        root.handlers[:], _ = before, root.setLevel(level)
    assert "ValueError" in stream.getvalue()
    assert private not in stream.getvalue()
    assert PASSWORD not in stream.getvalue()


def test_a_line_of_text_can_be_read():
    stream, root = StringIO(), logging.getLogger()
    before, level = root.handlers[:], root.level
    set_up_logs(LogFormat.TEXT, stream)
    token = REQUEST_ID.set("hub-1234")
    try:
        logging.getLogger("api.upkeep").warning("lineup %d takes over", 4)
    finally:
        REQUEST_ID.reset(token)
        root.handlers[:], _ = before, root.setLevel(level)
    at, rest = stream.getvalue().split(" ", 1)
    assert at.endswith("Z")
    assert rest == "warning api.upkeep: lineup 4 takes over request_id=hub-1234\n"
