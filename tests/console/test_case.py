"""One case on one screen: what it says, what it lets one do, and that two people cannot overwrite each other."""

import re
from html import unescape

import pytest

from antifraud.domain.center.basis import BasisKind
from antifraud.domain.center.hold_acts import ClientSays, RefusalGround
from antifraud.domain.center.people import Role
from api.console import words
from api.console.languages import spoken
from tests.console.desk import NASTY, at_console, held, hold_of, person
from tests.console.test_entering import csrf_in

LARGE = {"amount_minor": 200_000_000}
WHY = "The client came with the contract."


def page_of(client, hold_id):
    answer = client.get(f"/console/holds/{hold_id}")
    assert answer.status_code == 200, answer.text
    return answer


def act(client, hold_id, name, page=None, **fields):
    page = page or page_of(client, hold_id)
    version = re.search(r'name="version" value="(\d+)"', page.text)[1]
    sent = {"csrf": csrf_in(page), "version": version, "reason": WHY} | fields
    return client.post(f"/console/holds/{hold_id}/{name}", data=sent)


def offered(page):
    return re.findall(r'data-act="([a-z-]+)"', page.text)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_a_case_is_taken_understood_and_released_without_any_script(desk, language):
    hold_id = held(desk, amount_minor=12_345_600)
    with at_console(desk, person(desk), language) as client:
        assert hold_id in client.get("/console", params={"q": hold_of(desk, hold_id).birth.transfer_id}).text
        assert act(client, hold_id, "take").headers["location"].endswith("?done=take")
        page = page_of(client, hold_id)
        assert re.search(r"123\W456", page.text)
        assert "<svg" in page.text
        assert hold_id in client.get("/console?view=mine").text
        assert f'href="/v1/holds/{hold_id}/file?language={language}"' in page.text
        file = client.get(f"/v1/holds/{hold_id}/file?language={language}")
        assert (file.status_code, re.search(r"123\W456", file.text) is not None) == (200, True)
        done = act(client, hold_id, "release", because="proven_honest")
        assert (done.status_code, hold_of(desk, hold_id).status.value) == (303, "released")
        assert offered(page_of(client, hold_id)) == []


def test_a_fraud_is_confirmed_and_what_the_client_said_is_written_down_first(desk):
    hold_id = held(desk)
    with at_console(desk, person(desk)) as client:
        act(client, hold_id, "answer", says="denies")
        act(client, hold_id, "refuse", because="fraud")
        hold = hold_of(desk, hold_id)
        assert (hold.status.value, hold.client.value) == ("refused", "denies")
        assert WHY in page_of(client, hold_id).text


def test_a_large_release_waits_for_another_persons_signature(desk):
    hold_id, first = held(desk, **LARGE), person(desk, Role.BANK_ANALYST)
    with at_console(desk, first) as analyst, at_console(desk, person(desk, Role.BANK_OFFICER)) as officer:
        act(analyst, hold_id, "release", because="proven_honest")
        assert hold_of(desk, hold_id).status.value == "release_proposed"
        assert "countersign" not in offered(page_of(analyst, hold_id))
        assert {"countersign", "decline"} <= set(offered(page_of(officer, hold_id)))
        act(officer, hold_id, "countersign")
        assert hold_of(desk, hold_id).status.value == "released"


def test_two_people_on_one_case_cannot_overwrite_each_other_and_nothing_typed_is_lost(desk):
    hold_id = held(desk)
    with at_console(desk, person(desk)) as one, at_console(desk, person(desk)) as other:
        seen = page_of(one, hold_id)
        act(other, hold_id, "note", reason="I called the client.")
        late = act(one, hold_id, "release", seen, because="proven_honest", reason="typed with much care")
        assert late.status_code == 409
        assert "typed with much care" in late.text
        assert "I called the client." in late.text
        assert hold_of(desk, hold_id).status.value == "held"
        act(one, hold_id, "release", late, because="proven_honest")
        assert hold_of(desk, hold_id).status.value == "released"


def test_help_is_asked_of_an_officer_and_of_the_police(desk):
    hold_id = held(desk)
    with at_console(desk, person(desk)) as client:
        act(client, hold_id, "escalate", whom="officer")
        assert hold_id in client.get("/console?view=escalated").text
        act(client, hold_id, "escalate", whom="police", fraud_type="scam_call")
        assert hold_of(desk, hold_id).incident_id in page_of(client, hold_id).text


def test_what_people_wrote_is_shown_as_text_and_never_as_markup(desk):
    hold_id = held(desk)
    with at_console(desk, person(desk)) as client:
        act(client, hold_id, "note", reason=NASTY)
        for page in (page_of(client, hold_id), client.get("/console", params={"q": NASTY})):
            assert "<script>alert" not in page.text
            assert "<img src=x" not in page.text
        assert "&lt;script&gt;alert" in page_of(client, hold_id).text


def test_a_part_is_let_go_and_what_the_police_ordered_stays_until_its_day(desk):
    hold_id = held(desk, amount_minor=12_345_600)
    with at_console(desk, person(desk)) as client:
        order = {"basis": "police_order", "document": "no. 12-7", "until": "2099-01-02T18:00", "ground": "no. 12-7"}
        too_much = act(client, hold_id, "release", because="proven_honest", part="123 456,01")
        assert (too_much.status_code, 'value="123 456,01"' in too_much.text) == (422, True)
        act(client, hold_id, "release", because="proven_honest", part="23 456,00")
        assert (hold_of(desk, hold_id).held_minor, hold_of(desk, hold_id).released_minor) == (10_000_000, 2_345_600)
        act(client, hold_id, "extend", **order | {"until": ""})
        assert len(hold_of(desk, hold_id).bases) == 1
        act(client, hold_id, "extend", **order)
        assert hold_of(desk, hold_id).free_at.isoformat() == "2099-01-02T13:00:00+00:00"


def test_a_basis_is_taken_back_and_with_the_last_one_the_money_is_free(desk):
    hold_id = held(desk)
    with at_console(desk, person(desk)) as client:
        act(client, hold_id, "extend", basis="seizure", document="no. 8", ground="no. 8")
        act(client, hold_id, "end-basis", basis="bank_suspicion")
        assert hold_of(desk, hold_id).free_at is None
        assert act(client, hold_id, "end-basis", basis="seizure").status_code == 422, "on whose decision?"
        act(client, hold_id, "end-basis", basis="seizure", document="no. 8", ground="no. 9")
        hold = hold_of(desk, hold_id)
        assert (hold.free_at, "no. 9" in page_of(client, hold_id).text) == (hold.bases[1].ended_at, True)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_a_timeline_says_in_words_what_acts_say_in_codes(desk, language):
    hold_id = held(desk)
    with at_console(desk, person(desk), language) as client:
        act(client, hold_id, "answer", says="denies")
        act(client, hold_id, "refuse", because="no_answer")
        happened = unescape(re.search(r'<ol class="timeline">.*?</ol>', page_of(client, hold_id).text, re.DOTALL)[0])
        say = spoken()[language].say
        assert say(words.REFUSAL[RefusalGround.NO_ANSWER]) in happened
        assert say(words.CLIENT[ClientSays.DENIES]) in happened
        assert say(words.BASIS[BasisKind.BANK_SUSPICION]) in happened
        codes = [hold_of(desk, hold_id).birth.reason, "no_answer", "bank_suspicion"]
        assert [code for code in codes if code in happened] == []


def test_of_an_account_with_many_cases_the_latest_are_shown_and_the_others_counted(desk):
    *_, hold_id = [held(desk, payer="held-often") for _ in range(23)]
    with at_console(desk, person(desk)) as client:
        page = page_of(client, hold_id).text
        others = re.search(r"Other cases of this account.*?</section>", page, re.DOTALL)[0]
        assert (others.count("/console/holds/"), "2 older ones" in others) == (20, True)
        assert 'href="/console?view=closed&amp;q=held-often"' in others


def test_the_next_case_is_of_the_queue_that_one_came_from(desk):
    first, second = held(desk, amount_minor=70_000_000), held(desk, amount_minor=71_000_000)
    with at_console(desk, person(desk)) as client:
        for hold_id in (first, second):
            act(client, hold_id, "take")
        links = re.findall(
            r"/console/holds/([^?\"]+)\?queue=([^\"]+)", client.get("/console?view=mine&order=amount").text
        )
        assert [hold_id for hold_id, _ in links] == [second, first]
        assert {query for _, query in links} == {"view%3Dmine%26order%3Damount"}
        page = client.get(f"/console/holds/{second}?queue={links[0][1]}")
        query = unescape(re.search(r'name="queue" value="([^"]+)"', page.text)[1])
        following = act(client, second, "release", page, because="proven_honest", queue=query).headers["location"]
        assert following.startswith(f"/console/holds/{first}?")
        assert f"queue={links[0][1]}" in following
        assert 'href="/console?view=mine&amp;order=amount"' in client.get(following).text
        assert client.get(f"/console/holds/{first}?queue=view%3D%3Cx%3E").status_code == 200


def test_a_case_of_another_bank_is_as_if_it_were_not(desk):
    hold_id = held(desk)
    with at_console(desk, person(desk, participant="other-bank")) as stranger:
        assert stranger.get(f"/console/holds/{hold_id}").status_code == 404
        assert hold_id not in stranger.get("/console").text
        token = csrf_in(stranger.get("/console/password"))
        sent = {"csrf": token, "version": "1", "reason": WHY}
        assert stranger.post(f"/console/holds/{hold_id}/take", data=sent).status_code == 404


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("release", {"because": "because"}),
        ("release", {}),
        ("release", {"because": "proven_honest", "reason": " "}),
        ("extend", {"basis": "seizure"}),
        ("dance", {}),
    ],
)
def test_a_form_that_cannot_be_is_refused_in_words_and_does_nothing(desk, name, fields):
    hold_id = held(desk)
    with at_console(desk, person(desk)) as client:
        answer = act(client, hold_id, name, **fields)
        assert answer.status_code == (404 if name == "dance" else 422)
        assert hold_of(desk, hold_id).version == 1
