"""Lists worked through on pages: proposed, agreed with, confirmed, appealed, lifted; each does only what is his."""

import re

import pytest

from antifraud.domain.center.listing import Listing
from antifraud.domain.center.people import ParticipantKind, Role
from tests.api import making
from tests.console.desk import NASTY, at_console, book_of, held, hold_of, person
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


INDICATOR = {
    "kind": "account",
    "value": "advert-account",
    "fraud_type": "investment",
    "source": "our own monitoring",
    "confidence": "90",
    "seen_at": "2026-03-01T12:00",
    "link": "https://fictional.example/advert",
}
AT = "/console/indicators"


def spotted(client, **fields):
    """Say what was found; return what came of it."""
    return sent(client, client.get(AT), AT, "spot", **INDICATOR | fields)


def test_what_monitoring_found_holds_the_very_next_transfer_and_is_shown_with_what_it_met(desk, people):
    with at_console(desk, people["other"]) as finder, at_console(desk, people["analyst"]) as analyst:
        place = spotted(finder).headers["location"].partition("?")[0]
        assert place in finder.get(AT).text
        code = f"indicator.payee:{place.rpartition('/')[2]}"
        assert reasons_about(desk, "advert-account", "i1") == [code]
        hold_id = held(desk, payee="advert-account")
        number = hold_of(desk, hold_id).birth.transfer_id
        seen = spotted_page(analyst, place, number)
        assert ("90%" in seen, "fictional.example" in seen, "our own monitoring" in seen) == (True, False, False)
        assert offered(analyst.get(place)) == []
        assert place not in analyst.get(AT).text, "what others found is searched for"
        assert place in analyst.get(AT, params={"q": "advert-account"}).text
        assert f'href="{place}"' in analyst.get("/console/search", params={"q": "advert-account"}).text
        assert f'href="/console/holds/{hold_id}">{number}<' in seen
        assert f'href="{place}"' in analyst.get(f"/console/holds/{hold_id}").text, "the reason opens its evidence"
        mine = finder.get(place)
        assert "our own monitoring" in mine.text
        assert ("https://fictional.example/advert" in mine.text, 'href="https://fictional' in mine.text) == (
            True,
            False,
        )
        assert number not in mine.text, "a transfer of another bank"
        again = spotted(finder, confidence="95")
        assert again.headers["location"] == f"{place}?done=spot"
        assert "95%" in finder.get(place).text
        assert act(finder, place, "withdraw").status_code == 303
        assert offered(finder.get(place)) == []
        assert place in finder.get(AT, params={"view": "ended"}).text
        assert reasons_about(desk, "advert-account", "i2") == []


def spotted_page(client, place, number):
    """Return the page of an indicator as soon as the case of a transfer stands on it."""
    while f">{number}</a>" not in (found := client.get(place).text):
        pass
    return found


def test_an_indicator_that_cannot_be_is_said_beside_what_was_typed(desk, people):
    with at_console(desk, people["police"]) as client:
        for wrong in (
            {"confidence": "0"},
            {"confidence": "101"},
            {"confidence": "much"},
            {"seen_at": ""},
            {"seen_at": "2199-01-01T00:00"},
            {"link": "javascript:alert(1)"},
            {"kind": "planet"},
            {"kind": "card", "value": "4000 0000 0000 0002"},
            {"source": "x" * 501},
        ):
            page = spotted(client, **{"value": "kept-as-typed"} | wrong)
            assert page.status_code == 422, wrong
            kept = {"value": "kept-as-typed"} | wrong
            assert f'value="{kept["value"]}"' in page.text
        link = spotted(client, kind="link", value=f"https://fictional.example/{NASTY}", source=NASTY)
        shown = client.get(link.headers["location"]).text
        assert "<script>alert" not in shown
        assert "&lt;script&gt;alert" in shown
        found = client.get("/console/search", params={"q": f"https://fictional.example/{NASTY}"}).text
        assert link.headers["location"].partition("?")[0] in found
        assert client.post(f"{AT}/spot", data=INDICATOR | {"version": "0"}).status_code == 403, "no proof it is ours"
    with at_console(desk, people["telecom"]) as telecom:
        assert offered(telecom.get(AT)) == []
