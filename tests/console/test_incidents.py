"""A fraud between banks worked through on pages: opened, answered, confirmed, returned; each sees what is its own."""

import re
from datetime import datetime, timedelta
from functools import partial
from html import unescape

import pytest

from antifraud.domain.center.hold import Hold
from antifraud.domain.center.incident import Incident
from antifraud.domain.center.indicator import Indicator
from antifraud.domain.center.inquiry import Inquiry
from antifraud.domain.center.listing import Listing
from antifraud.domain.center.lives import KINDS
from antifraud.domain.center.people import ParticipantKind, Role
from antifraud.domain.center.return_order import ReturnOrder
from api.console import words
from tests.api import making
from tests.console.desk import NASTY, at_console, book_of, person, running_desk
from tests.console.test_entering import csrf_in

WHY = "The client was called by a false bank."
OTHER = "other-bank"


@pytest.fixture(scope="module")
def center(tmp_path_factory):
    """A server that lets every transfer pass, with a second bank, police and a prosecution."""
    with running_desk(tmp_path_factory.mktemp("center"), holds=False) as server:
        server.other_key = making.register(server.database, OTHER)
        server.people = {
            "analyst": person(server, Role.BANK_ANALYST),
            "other": person(server, Role.BANK_ANALYST, participant=OTHER),
            "third": person(server, Role.BANK_ANALYST, participant="third-bank"),
            "police": person(server, Role.INVESTIGATOR, participant="some-police", kind=ParticipantKind.POLICE),
            "more-police": person(server, Role.INVESTIGATOR, participant="more-police", kind=ParticipantKind.POLICE),
            "prosecutor": person(
                server, Role.PROSECUTOR, participant="some-prosecution", kind=ParticipantKind.PROSECUTION
            ),
            "auditor": person(server, Role.AUDITOR, participant="some-auditor", kind=ParticipantKind.AUDITOR),
        }
        yield server


def at(center, who):
    return at_console(center, center.people[who])


def passed(center, number, payer, payee, amount, key=None, **fields):
    """Let a transfer pass, and wait until it is known where money is followed."""
    sent = making.body(number, payer=payer, payee=payee, amount_minor=amount, payee_bank=OTHER, **fields)
    answer = center.post("/v1/decisions", json=sent, headers={} if key is None else {"X-Api-Key": key})
    assert answer.json()["action"] == "allow", answer.text
    with book_of(center) as book:
        while not book.read_now(partial(_is_there, payer=payer, at=answer.json()["received_at"])):
            pass


def _is_there(page, payer, at):
    received = datetime.fromisoformat(at)
    return page.movements(received, received + timedelta(seconds=1), payer=payer, limit=1)


def sent(client, page, to, act, version=None, **fields):
    """Send one of the forms of a page."""
    at_it = version or re.search(r'name="version" value="(\d+)"', page.text)[1]
    return client.post(f"{to}/{act}", data={"csrf": csrf_in(page), "version": at_it, "reason": WHY} | fields)


def offered(page):
    return [re.sub(r"^draft-.*", "draft", each) for each in re.findall(r'data-act="([^"]+)"', page.text)]


def value_of(page, name):
    return unescape(re.search(rf'name="{re.escape(name)}"[^>]* value="([^"]*)"', page.text)[1])


def opened(center, number):
    """Let a victim's money go to another bank and some of it on, open an incident there; return its address."""
    victim, mule, second = (f"{each}-{number}" for each in ("victim", "mule", "second"))
    passed(center, f"i{number}", victim, mule, 1_000_000)
    passed(center, f"j{number}", mule, second, 400_000, center.other_key)
    with at(center, "analyst") as client:
        page = client.get("/console/incidents")
        done = sent(
            client,
            page,
            "/console/incidents",
            "open",
            transfers=f"ti{number}\n",
            source="complaint",
            fraud_type="scam_call",
        )
        assert done.status_code == 303, done.text
        return done.headers["location"].partition("?")[0]


def lives(center, kind, incident):
    with book_of(center) as book:
        return book.read_now(lambda page: page.found_by(kind, f"incident:{incident.rpartition('/')[2]}"))


def state_of(center, incident):
    with book_of(center) as book:
        return book.read_now(lambda page: page.get(Incident, incident.rpartition("/")[2])).status.value


def test_money_is_held_confirmed_sanctioned_and_paid_back_without_any_script(center):
    incident = opened(center, 1)
    asked = {each.birth.account: f"/console/inquiries/{each.life_id}" for each in lives(center, Inquiry, incident)}
    with at(center, "other") as client:
        listed = client.get("/console/inquiries").text
        assert all(each in listed for each in asked.values())
        page = client.get(asked["mule-1"])
        assert "6,000 KZT" in page.text
        wrong = sent(client, page, asked["mule-1"], "answer", found="part")
        assert (wrong.status_code, WHY in wrong.text) == (422, True)
        assert sent(client, page, asked["mule-1"], "answer", found="all").status_code == 303
        assert offered(client.get(asked["mule-1"])) == []
        page = client.get(asked["second-1"])
        assert sent(client, page, asked["second-1"], "answer", found="part", part="1 000").status_code == 303
        assert offered(client.get(asked["second-1"])) == ["answer"]
        minimum = client.get(incident)
        assert ("You see the minimum" in minimum.text, "victim-1" in minimum.text) == (True, False)
    with at(center, "police") as client:
        assert incident in client.get("/console/incidents?view=wanted").text
        page = client.get(incident)
        assert (offered(page), "victim-1" in page.text) == (["lead"], False)
        sent(client, page, incident, "lead")
        page = client.get(incident)
        for shown in (
            "victim-1",
            "second-1",
            "<svg",
            "Can still be held",
            "3,000 KZT",
            f"{incident[8:]}/file?language=kk",
        ):
            assert shown in page.text, shown
        assert "style=" not in page.text
        sent(client, page, incident, "review")
        page = client.get(incident)
        assert {"confirm", "deny"} <= set(offered(page))
        parts = {name: value_of(page, name) for name in re.findall(r'name="(part:[^"]+)"', page.text)}
        assert sorted(parts.values()) == ["1000", "6000"]
        assert sent(client, page, incident, "confirm", ground="", **parts).status_code == 422
        assert sent(client, page, incident, "confirm", ground="no. 26-1", **parts).status_code == 303
        page = client.get(incident)
        draft = next(each for each in re.findall(r'data-act="(draft-[^"]+)"', page.text))
        chosen = {"prosecution": "some-prosecution", "to_account": "victim-1", "ground": "no. 26-1"}
        assert sent(client, page, incident, draft, amount="999999", **chosen).status_code == 422
        order = sent(client, page, incident, draft, amount="1000", **chosen).headers["location"].partition("?")[0]
        assert offered(client.get(order)) == ["cancel"]
    with at(center, "prosecutor") as client:
        assert order in client.get("/console/returns").text
        assert "victim-1" in client.get(incident).text
        assert offered(client.get(order)) == ["sanction", "refuse"]
        sent(client, client.get(order), order, "sanction", document="sanction 7")
    with at(center, "other") as client:
        assert offered(client.get(order)) == ["execute"]
        sent(client, client.get(order), order, "execute", payment="pay-1")
        assert "pay-1" in client.get(order).text
        assert offered(client.get(order)) == []
    assert state_of(center, incident) == "confirmed"


def test_nothing_shows_across_banks(center):
    incident = opened(center, 2)
    inquiry = f"/console/inquiries/{lives(center, Inquiry, incident)[0].life_id}"
    with at(center, "third") as stranger:
        for path in (incident, inquiry):
            assert stranger.get(path).status_code == 404
            token = csrf_in(stranger.get("/console/password"))
            said = {"csrf": token, "version": "1", "reason": WHY, "found": "all"}
            assert stranger.post(f"{path}/{'answer' if path == inquiry else 'deny'}", data=said).status_code == 404
        for listed in ("/console/incidents", "/console/inquiries", "/console/returns"):
            assert incident not in stranger.get(listed).text
        for nosy in ("/console/incidents?view=wanted", "/console/incidents?cursor=nonsense"):
            assert stranger.get(nosy).status_code == 422
    with at(center, "analyst") as bank:
        assert bank.get(inquiry).status_code == 404, "what another bank is asked is not the complainant's"
        assert inquiry not in bank.get(incident).text
    with at(center, "auditor") as auditor:
        page = auditor.get(incident)
        assert ("victim-2" in page.text, offered(page)) == (True, [])
        assert inquiry in page.text


def test_the_police_ask_to_suspend_remote_services_and_the_bank_decides(center):
    incident = opened(center, 5)
    asked = f"/console/inquiries/{lives(center, Inquiry, incident)[0].life_id}"
    with at(center, "police") as police, at(center, "other") as bank:
        assert "suspension" not in offered(bank.get(asked))
        sent(police, police.get(incident), incident, "lead")
        assert offered(police.get(asked)) == ["ask-suspension"]
        sent(police, police.get(asked), asked, "ask-suspension")
        page = bank.get(asked)
        assert "suspension" in offered(page)
        assert sent(bank, page, asked, "suspension", suspension="asked?").status_code == 422
        sent(bank, page, asked, "suspension", suspension="declined")
        assert "remote services go on" in police.get(asked).text
        assert "remote services go on" in police.get(incident).text


def test_every_act_that_a_page_can_tell_of_has_words():
    told = {
        name
        for kind in KINDS
        if kind.life in (Hold, Incident, Inquiry, ReturnOrder, Listing, Indicator)
        for name in kind.acts
    }
    assert told <= words.ACT.keys()


def test_the_network_of_an_account_shows_what_is_stolen_to_who_may_know_and_is_looked_at_hop_by_hop(center):
    opened(center, 4)
    at_mule = "/console/accounts/mule-4"
    with at(center, "analyst") as bank:
        one_hop = bank.get(at_mule).text
        assert "100%" in one_hop, "who complains knows where the stolen money is"
        assert "/console/accounts/victim-4?hops=1" in one_hop
        further = unescape(re.search(r'href="([^"]+)">One hop further', one_hop)[1])
        assert "hops=2" in further
        assert "One hop less" in bank.get(further).text
        assert 'class="network"' in bank.get(f"{at_mule}?upto=2020-01-01").text
        assert "victim-4" not in bank.get(f"{at_mule}?upto=2020-01-01").text
        assert "victim-4" not in bank.get(f"{at_mule}?least=10001").text
        assert bank.get(f"{at_mule}?upto=yesterday").status_code == 422
    with at(center, "other") as asked:
        assert "second-4" in asked.get(at_mule).text
        assert "100%" in asked.get("/console/accounts/second-4").text
    with at(center, "third") as stranger:
        assert stranger.get(at_mule).status_code == 404


def test_who_was_overtaken_sees_it_and_keeps_what_he_typed_and_markup_stays_text(center):
    incident = opened(center, 3)
    with at(center, "analyst") as one, at(center, "police") as other:
        seen = one.get(incident)
        sent(other, other.get(incident), incident, "lead", reason=NASTY, ground=NASTY)
        late = sent(one, seen, incident, "withdraw", reason="typed with much care")
        assert (late.status_code, "typed with much care" in late.text) == (409, True)
        assert "<script>alert" not in late.text
        assert "&lt;script&gt;alert" in late.text
        assert "<img src=x" not in late.text
        assert state_of(center, incident) == "notified"
        assert sent(other, other.get(incident), incident, "hand-over", police="fictional-bank").status_code == 422
        gone = sent(other, other.get(incident), incident, "hand-over", police="more-police")
        assert gone.headers["location"] == "/console/incidents"
        assert other.get(incident).status_code == 404
        assert sent(one, one.get(incident), incident, "withdraw").status_code == 303
        assert state_of(center, incident) in ("withdrawn", "released")
