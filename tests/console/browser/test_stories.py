"""The days of a desk, told in a real browser in Kazakh, Russian and English: things are found by what is on them."""

import pytest

from antifraud.domain.center.people import Role
from api.console.languages import CODES
from tests.api import making
from tests.api.signing_in import NUMBER, PASSWORD
from tests.console.browser.seat import PHONE, seat
from tests.console.desk import end_sessions, held, hold_of, person

LARGE = 200_000_000  # above what one person may let go
TYPED = "Клиент келісімшартпен келді: «мен өзім жібердім» ✓"
HONEST = "it is proven honest: documents, or the payee is known"
in_each_language = pytest.mark.parametrize("language", CODES)


@pytest.fixture(scope="module")
def banks(desk):
    """Return a function that lets a bank of its own take part: nobody else's cases stand in its queue."""

    def another():
        bank = f"fictional-bank-{next(NUMBER)}"
        key = {"X-Api-Key": making.register(desk.database, bank)}
        while desk.get("/v1/decisions/none", headers=key).status_code == 401:  # it looks for new keys twice a second
            pass
        return bank, key

    return another


def id_in(tab):
    return tab.url.split("?")[0].rsplit("/", 1)[1]


@in_each_language
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_the_most_urgent_case_is_taken_understood_and_released(desk, chromium, banks, language, scripts):
    bank, key = banks()
    urgent = held(desk, key, bank, payer="story-payer", payee="story-payee", amount_minor=12_345_600)
    held(desk, key, bank, amount_minor=70_000)
    with seat(chromium, desk, person(desk, participant=bank), language, java_script_enabled=scripts) as at:
        at.go("/console")
        at.tab.get_by_role("row").nth(1).get_by_role("link").click()
        assert id_in(at.tab) == urgent
        with at.act("Take the case"):
            pass
        at.see("Done, and written down.")
        for told in ("Why it was stopped", "The payer's last 90 days", "Who the payee is", "What you may do"):
            assert at.tab.get_by_role("heading", name=at.say(told)).is_visible()
        assert at.language.money(12_345_600, "KZT") in at.text()
        with at.act("Release") as form:
            at.choose(HONEST, form)
            at.write("Reason", TYPED, form)
        at.see("This is the most urgent case that is left.")
        assert hold_of(desk, urgent).status == "released"
        assert id_in(at.tab) != urgent
        at.press("Back to the one before", "link")
        at.see("Nothing, in your role and in this state.")
        assert TYPED in at.text()
        assert at.troubles == []


@in_each_language
def test_a_fraud_is_confirmed_and_the_money_is_seen_where_it_went(desk, chromium, banks, language):
    bank, key = banks()
    victim, mule, second = (f"{who}-of-{bank}" for who in ("victim", "mule", "second"))
    name = person(desk, participant=bank)
    for payer, payee in ((victim, mule), (mule, second)):
        last = held(desk, key, bank, payer=payer, payee=payee, amount_minor=9_000_000)
    with seat(chromium, desk, name, language) as at:
        at.go(f"/console/holds/{last}")
        with at.act("Ask for help") as form:
            at.choose("the police", form)
            form.get_by_label(at.say("Kind of fraud, for the police")).select_option(label=at.say("payee is a dropper"))
            at.write("Reason", TYPED, form)
        at.go(f"/console/holds/{last}")
        with at.act("Confirm as fraud, or refuse") as form:
            at.choose("it is fraud", form)
            at.write("Reason", TYPED, form)
        assert hold_of(desk, last).status == "refused"
        at.press("Search", "link")
        box = at.tab.locator("main").get_by_label(at.say("Search"))
        box.fill(mule)
        box.press("Enter")
        at.tab.get_by_role("link", name=mule, exact=True).click()
        drawn = at.tab.get_by_role("region", name=at.say("Who passed money to whom"))
        for account in (victim, second):
            assert drawn.get_by_role("link").filter(has_text=account).is_visible()
        drawn.get_by_role("link").filter(has_text=second).click()
        at.tab.get_by_role("heading", name=second).wait_for()
        assert at.troubles == []


@in_each_language
def test_a_large_sum_goes_only_when_a_second_person_signs(desk, chromium, banks, language):
    bank, key = banks()
    hold_id = held(desk, key, bank, amount_minor=LARGE)
    first, second = (person(desk, role, participant=bank) for role in (Role.BANK_ANALYST, Role.BANK_OFFICER))
    with seat(chromium, desk, first, language) as analyst, seat(chromium, desk, second, language) as officer:
        analyst.go(f"/console/holds/{hold_id}")
        with analyst.act("Release") as form:
            analyst.see(
                "The sum is above the bank's limit: it stays held until an officer, another person, signs second."
            )
            analyst.choose(HONEST, form)
            analyst.write("Reason", TYPED, form)
        assert hold_of(desk, hold_id).status == "release_proposed"
        assert analyst.tab.get_by_text(analyst.say("Sign the release second")).count() == 0
        officer.go("/console")
        officer.tab.get_by_role("row").filter(has_text=officer.say("waits for a second signature")).get_by_role(
            "link"
        ).click()
        assert TYPED in officer.text()
        with officer.act("Sign the release second") as form:
            officer.press("I checked the documents myself.", within=form)
        assert hold_of(desk, hold_id).status == "released"
        assert analyst.troubles == officer.troubles == []


@in_each_language
def test_the_second_of_two_on_one_case_is_told_and_keeps_what_he_typed(desk, chromium, language):
    hold_id = held(desk)
    with seat(chromium, desk, person(desk), language) as one, seat(chromium, desk, person(desk), language) as other:
        one.go(f"/console/holds/{hold_id}")
        other.go(f"/console/holds/{hold_id}")
        with other.act("Write a note") as form:
            other.write("Reason", "I have called the client.", form)
        with one.act("Release") as form:
            one.choose(HONEST, form)
            one.write("Reason", TYPED, form)
        told = one.tab.get_by_role("alert").inner_text()
        assert told == one.say(
            "Somebody acted on this while you were typing: nothing of yours was done. "
            "See below what happened; what you typed is still in its form."
        )
        assert "I have called the client." in one.text()
        assert hold_of(desk, hold_id).status == "held"
        with one.act("Release") as form:
            assert form.get_by_role("textbox", name=one.say("Reason")).input_value() == TYPED
            assert form.get_by_label(one.say(HONEST), exact=True).is_checked()
        assert hold_of(desk, hold_id).status == "released"
        assert one.troubles == other.troubles == []


@in_each_language
def test_a_session_that_ends_while_somebody_types_loses_nothing(desk, chromium, language):
    hold_id, name = held(desk), person(desk)
    with seat(chromium, desk, name, language, viewport=PHONE) as at:
        at.go(f"/console/holds/{hold_id}")
        with at.act("Confirm as fraud, or refuse") as form:
            at.choose("it is fraud", form)
            at.write("Reason", TYPED, form)
            end_sessions(desk, name)
        at.see("Your session ended while you were typing. Nothing is lost: sign in, and your form is shown again.")
        at.sign_in(name, PASSWORD)
        at.see("Your form is still here")
        assert TYPED in at.text()
        assert hold_of(desk, hold_id).status == "held"
        with at.tab.expect_navigation():
            at.press("Send it now")
        hold = hold_of(desk, hold_id)
        assert hold.status == "refused"
        at.go(f"/console/holds/{hold_id}")
        assert TYPED in at.text()
        assert at.troubles == []


def test_a_desk_is_worked_with_keys_alone(desk, chromium, banks):
    bank, key = banks()
    hold_id = held(desk, key, bank)
    with seat(chromium, desk, person(desk, participant=bank)) as at:
        at.go("/console")
        at.tab.keyboard.press("?")
        at.tab.get_by_role("dialog").wait_for()
        at.tab.keyboard.press("Escape")
        at.tab.get_by_role("dialog").wait_for(state="hidden")
        at.tab.keyboard.press("j")
        at.tab.locator("tr a:focus").wait_for()
        with at.tab.expect_navigation():
            at.tab.keyboard.press("Enter")
        assert id_in(at.tab) == hold_id
        at.tab.keyboard.press("n")
        at.tab.keyboard.type("r is a letter here, and opens nothing")
        assert at.tab.locator("details[data-act=release]").get_attribute("open") is None
        at.tab.keyboard.press("Tab")
        at.tab.locator("button:focus").wait_for()
        with at.tab.expect_navigation():
            at.tab.keyboard.press("Enter")
        assert "r is a letter here" in at.text()
        assert at.troubles == []
