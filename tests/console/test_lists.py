"""Lists worked through on pages: proposed, agreed with, confirmed, appealed, lifted; each does only what is his."""

import re

import pytest

from antifraud.domain.center.listing import Listing
from antifraud.domain.center.people import ParticipantKind, Role
from tests.api import making
from tests.console.desk import NASTY, at_console, book_of, person
from tests.console.test_entering import csrf_in
from tests.console.test_incidents import WHY, offered, sent

ACCOUNT = {"kind": "account", "fraud_type": "mule", "ground": "a fictional article"}


@pytest.fixture(scope="module")
def people(desk):
    police = {"participant": "list-police", "kind": ParticipantKind.POLICE}
    return {
        "analyst": person(desk, Role.BANK_ANALYST),
        "officer": person(desk, Role.BANK_OFFICER),
        "other": person(desk, Role.BANK_ANALYST, participant="other-bank"),
        "police": person(desk, Role.INVESTIGATOR, **police),
        "telecom": person(desk, Role.TELECOM_DESK, participant="some-telecom", kind=ParticipantKind.MOBILE_OPERATOR),
    }


def listed(desk, name, **fields):
    """Propose an account for the grey list; return the address of its entry."""
    with at_console(desk, name) as client:
        page = client.get("/console/lists")
        done = sent(client, page, "/console/lists", "add", **ACCOUNT | fields)
        assert done.status_code == 303, done.text
        return done.headers["location"].partition("?")[0]


def act(client, entry, name, **fields):
    return sent(client, client.get(entry), entry, name, **fields)


def state_of(desk, entry):
    with book_of(desk) as book:
        return book.read_now(lambda page: page.get(Listing, entry.rpartition("/")[2])).status.value


def reasons_about(desk, payee, number):
    answer = desk.post("/v1/decisions", json=making.body(number, payee=payee))
    return [each["code"] for each in answer.json()["reasons"] if each["kind"] == "list"]


def test_an_entry_goes_its_whole_way_and_counts_from_the_very_next_transfer(desk, people):
    entry = listed(desk, people["analyst"], value="bad-payee")
    with (
        at_console(desk, people["analyst"]) as analyst,
        at_console(desk, people["officer"]) as officer,
        at_console(desk, people["police"]) as police,
        at_console(desk, people["other"]) as other,
    ):
        assert offered(analyst.get(entry)) == ["drop"], "nobody agrees with himself"
        assert offered(officer.get(entry)) == ["agree", "drop"]
        assert entry in officer.get("/console/lists").text
        assert reasons_about(desk, "bad-payee", "l1") == []
        act(officer, entry, "agree")
        assert reasons_about(desk, "bad-payee", "l2")[0].startswith("grey_list.payee")
        act(police, entry, "confirm", document="no. 1")
        assert reasons_about(desk, "bad-payee", "l3")[0].startswith("black_list.payee")
        assert "no. 1" in analyst.get(entry).text
        elsewhere = other.get(entry).text
        assert ("black list" in elsewhere, "no. 1" in elsewhere, WHY in elsewhere) == (True, False, False)
        assert offered(other.get(entry)) == ["appeal"]
        act(other, entry, "appeal", words="it was not me")
        assert "it was not me" in police.get(entry).text
        assert entry in police.get("/console/lists").text
        act(police, entry, "keep", document="no. 2")
        assert state_of(desk, entry) == "black"
        act(police, entry, "remove", document="no. 3")
        assert (state_of(desk, entry), reasons_about(desk, "bad-payee", "l4")) == ("removed", [])
        assert offered(police.get(entry)) == []


def test_who_may_not_is_offered_nothing_and_refused_everything(desk, people):
    entry = listed(desk, people["police"], value="of-the-police")
    with at_console(desk, people["telecom"]) as telecom:
        assert offered(telecom.get("/console/lists")) == []
        assert offered(telecom.get(entry)) == []
        token = {"csrf": csrf_in(telecom.get("/console/password")), "version": "1", "reason": WHY}
        assert telecom.post(f"{entry}/remove", data=token | {"document": "no. 9"}).status_code == 403
        assert telecom.post("/console/lists/add", data=token | ACCOUNT | {"value": "x"}).status_code == 403
    with at_console(desk, people["analyst"]) as analyst:
        sneaky = {"csrf": csrf_in(analyst.get("/console/lists")), "version": "1", "reason": WHY, "document": "no. 9"}
        refused = analyst.post(f"{entry}/remove", data=sneaky)
        assert (refused.status_code, refused.headers["content-type"]) == (403, "text/html; charset=utf-8")
    assert state_of(desk, entry) == "grey"


def test_a_person_is_found_by_number_and_never_shown(desk, people):
    number = "001399500016"  # month 13: it can belong to nobody
    entry = listed(desk, people["police"], value=number, kind="person")
    with at_console(desk, people["police"]) as client:
        for page in (client.get("/console/lists", params={"q": "0013 9950 0016"}), client.get(entry)):
            assert "by its keyed hash" in page.text
        assert number not in client.get(entry).text
        assert entry in client.get("/console/lists", params={"q": number}).text
        assert entry in client.get("/console/search", params={"q": number}).text


def test_what_cannot_be_is_said_beside_what_was_typed_and_markup_stays_text(desk, people):
    with at_console(desk, people["police"]) as client:
        page = client.get("/console/lists")
        wrong = sent(client, page, "/console/lists", "add", **ACCOUNT, value=NASTY, reason=NASTY)
        assert wrong.status_code == 422
        assert "<script>alert" not in wrong.text
        assert "&lt;script&gt;alert" in wrong.text
        late = sent(client, page, "/console/lists", "add", **ACCOUNT, value="late", until="2020-01-01T10:00")
        assert (late.status_code, 'value="2020-01-01T10:00"' in late.text) == (422, True)
    entry = listed(desk, people["police"], value="described", reason=NASTY, ground=NASTY)
    with at_console(desk, people["police"]) as client:
        shown = client.get(entry).text
        assert "<script>alert" not in shown
        assert re.search(r"&lt;img src=x", shown)
