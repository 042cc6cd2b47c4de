"""Participants and keys over HTTP and at the shell: each act in the journal, before it takes effect."""

import asyncio
from contextlib import closing
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from antifraud.domain.center.people import ParticipantKind, Role
from antifraud.domain.errors import NotPermitted
from antifraud.store import open_store
from antifraud.store.center import open_book
from antifraud.store.center.journal import verify
from api.cli import app
from api.clock import utc_now
from api.people.journal import Journal
from api.people.keys_office import KeysOffice
from api.settings import read_settings
from tests.api.making import body, register
from tests.api.signing_in import at_work, browser, journal, registered


def key(token):
    return {"Authorization": f"Bearer {token}"}


def decides(server, token):
    """Say what a key gets that asks about a transfer, as soon as the server has heard of it."""
    with browser(server) as client:
        return client.post("/v1/decisions", json=body("access-1"), headers=key(token)).status_code


@pytest.fixture(scope="module")
def keeper(server):
    """A browser of somebody who administers a bank."""
    with at_work(server, Role.BANK_OFFICER, administers=True) as client:
        yield client


@pytest.fixture(scope="module")
def operator(server):
    """A browser of somebody who runs the exchange."""
    center = registered(server, "fictional-center", ParticipantKind.OPERATOR)
    with at_work(server, Role.OPERATOR, participant=center, administers=True) as client:
        yield client


def test_a_key_made_over_http_opens_what_it_was_made_for(server, keeper):
    made = keeper.post("/v1/keys", json={"scopes": ["decisions:write"], "label": "hub"})
    new = made.json()
    assert made.status_code == 201
    assert (new["participant"], new["role"], new["scopes"]) == ("fictional-bank", "bank_analyst", ["decisions:write"])
    assert decides(server, new["token"]) in (200, 201)
    listed = {each["key_id"]: each for each in keeper.get("/v1/keys").json()}
    assert listed[new["key_id"]] == {name: value for name, value in new.items() if name != "token"}
    for wrong in (
        {"role": "investigator"},
        {"scopes": ["participants:write"]},
        {"scopes": ["keys:write"]},
        {"scopes": ["everything"]},
        {"expires_at": "2026-01-01T00:00:00Z"},
        {"participant": "fictional-other"},
    ):
        assert keeper.post("/v1/keys", json=wrong).status_code == 422


def test_a_rotated_key_opens_through_the_overlap_and_a_revoked_one_no_more(server, keeper):
    first = keeper.post("/v1/keys", json={"scopes": ["decisions:write"]}).json()
    second = keeper.post(f"/v1/keys/{first['key_id']}/rotate", json={"overlap_s": 3600}).json()
    third = keeper.post(f"/v1/keys/{second['key_id']}/rotate", json={"overlap_s": 0}).json()
    answers = [decides(server, each["token"]) in (200, 201) for each in (first, second, third)]
    assert answers == [True, False, True]
    assert keeper.post(f"/v1/keys/{second['key_id']}/rotate", json={}).status_code == 403, "it ran out"
    for _ in range(2):
        revoked = keeper.post(f"/v1/keys/{third['key_id']}/revoke")
        assert (revoked.status_code, revoked.json()["revoked_at"] is not None) == (200, True)
    assert decides(server, third["token"]) == 401
    names = [each.name for each in journal(server) if getattr(each.act, "key_id", None) == third["key_id"]]
    assert names == ["membership.key_made", "membership.key_revoked"]


def test_the_same_request_makes_no_second_key(server, keeper):
    again = {"Idempotency-Key": "once-and-for-all"}
    first = keeper.post("/v1/keys", json={}, headers=again)
    second = keeper.post("/v1/keys", json={}, headers=again)
    assert (first.status_code, second.status_code) == (201, 409)
    assert first.json()["key_id"] in second.json()["detail"]
    assert keeper.post("/v1/keys", json={}, headers={"Idempotency-Key": "another"}).status_code == 201


def test_the_operator_registers_who_takes_part_and_nobody_else_does(server, operator, keeper):
    new = {"participant": "fictional-telecom", "name": "Fictional Telecom", "kind": "mobile_operator"}
    assert [operator.post("/v1/participants", json=new).status_code for _ in range(2)] == [201, 200]
    assert operator.post("/v1/participants", json=new | {"kind": "bank"}).status_code == 409
    assert operator.post("/v1/participants", json=new | {"participant": "x", "blind": "allow"}).status_code == 422
    assert new["participant"] in {each["participant"] for each in operator.get("/v1/participants").json()}
    assert "x" not in {each["participant"] for each in operator.get("/v1/participants").json()}
    assert keeper.post("/v1/participants", json=new | {"participant": "y"}).status_code == 403
    joined = [each.act for each in journal(server) if getattr(each.act, "participant", None) == new["participant"]]
    assert [(act.by.person, act.kind) for act in joined] == [(operator.person, ParticipantKind.MOBILE_OPERATOR)]


def test_the_operator_says_by_which_codes_transfers_name_a_bank(operator, keeper):
    for participant, kind in (
        ("fictional-first", "bank"),
        ("fictional-second", "bank"),
        ("fictional-office", "police"),
    ):
        new = {"participant": participant, "name": participant, "kind": kind}
        assert operator.post("/v1/participants", json=new).status_code == 201
    codes, place = {"bics": ["FICTKZKA"], "bank_codes": ["125"]}, "/v1/participants/fictional-first/codes"
    answers = [
        operator.put(place, json=codes),
        operator.put(place, json=codes | {"bics": ["FICT"]}),
        operator.put(place.replace("first", "second"), json=codes),
        operator.put(place.replace("first", "office"), json=codes),
        operator.put(place.replace("first", "nobody"), json=codes),
        keeper.put(place, json=codes),
    ]
    assert [answer.status_code for answer in answers] == [200, 422, 409, 422, 404, 403]
    known = {each["participant"]: each for each in operator.get("/v1/participants").json()}
    assert {key: known["fictional-first"][key] for key in codes} == codes
    assert known["fictional-second"]["bics"] == []


def test_what_the_shell_does_is_in_the_journal_with_who_sat_there(tmp_path):
    url, run = f"sqlite:///{tmp_path}/a.db", CliRunner()

    def said(*words):
        result = run.invoke(app, [*words, "--database", url])
        assert result.exit_code == 0, result.output
        return result.output.strip()

    said("keys", "register", "bank-1", "--name", "First Fictional Bank")
    assert "before" in said("keys", "register", "bank-1", "--name", "First Fictional Bank")
    said("keys", "codes", "bank-1", "--bic", "FICTKZKA", "--bank-code", "125")
    assert "before" in said(
        "keys", "register", "bank-1", "--name", "First Fictional Bank", "--bank-code", "125", "--bic", "FICTKZKA"
    )
    token = said("keys", "create", "bank-1", "--role", "bank_officer", "--scope", "keys:write", "--days", "9")
    assert token.startswith("afk_")
    lent = said(
        *("people", "add", "Aliya", "--participant", "bank-1", "--full-name", "Aliya (fictional)"),
        *("--role", "bank_officer", "--role", "bank_analyst", "--administers"),
    )
    assert said("people", "reset", "aliya", "--second-factor") != lent
    said("people", "disable", "aliya")
    assert "aliya" in said("people", "list")
    said("people", "enable", "aliya")
    with open_store(url, recording=False) as store:
        (made,) = store.keys.list()
        assert made.expires_at - made.created_at > timedelta(days=8)
    assert said("keys", "rotate", made.key_id) != token
    said("keys", "revoke", made.key_id)
    assert made.key_id in said("keys", "list")
    with closing(open_book(read_settings(database_url=url).book_url)) as book:
        acts = book.read_now(lambda page: page.acts_after(0, 100))
        with book.engine.connect() as connection:
            assert verify(connection).problem is None
    assert [each.name.removeprefix("membership.") for each in acts] == [
        "joined",
        "codes_set",
        "key_made",
        "person_added",
        "password_reset",
        "second_factor_removed",
        "person_disabled",
        "person_enabled",
        "key_made",
        "key_rotated",
        "key_revoked",
    ]
    assert all(each.act.by.person.startswith("shell:") for each in acts)


def test_what_the_journal_refuses_takes_no_effect(tmp_path):
    url = f"sqlite:///{tmp_path}/a.db"
    register(url, "bank-1")
    with open_store(url, recording=False) as store, closing(open_book(f"sqlite:///{tmp_path}/center.db")) as book:
        office = KeysOffice(store.keys, Journal(store.keys, book.write), utc_now)
        (known,) = store.keys.list()
        register(url, "bank-2")
        theirs = store.keys.list("bank-2")[0].actor
        with pytest.raises(NotPermitted, match="bank-2 can change nothing"):
            asyncio.run(office.make(theirs, "bank-1"))
        with pytest.raises(NotPermitted, match="bank-2 can change nothing"):
            asyncio.run(office.revoke(theirs, None, known.key_id))
        assert store.keys.list("bank-1") == [known]
