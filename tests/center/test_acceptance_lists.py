"""The acceptance tests about lists and identifiers, by their numbers; those about holds and incidents stand beside."""

import asyncio
from datetime import timedelta

import pytest

from antifraud.domain.center import listing_acts as acts
from antifraud.domain.center.identifiers import IdentifierKind
from antifraud.domain.center.listing import Listing, ListingStatus
from antifraud.domain.center.people import BANK, POLICE, Actor, Role
from antifraud.domain.center.policy import ListTerms
from antifraud.domain.errors import InvalidValue, NotPermitted
from antifraud.domain.identifiers import account_id, iin_bin, iin_check_digit
from antifraud.workflow.center.lists import list_subject
from antifraud.workflow.center.moving import move
from tests.api.everybody import everybody
from tests.api.making import body
from tests.center.making import INVESTIGATOR

OUTSIDERS = sorted(set(Role) - BANK - POLICE)


def entry(by, at, ident="mule"):
    return acts.Listed(by=by, at=at, subject=IdentifierKind.ACCOUNT, ident=ident, ground="a fictional article")


@pytest.mark.parametrize("role", OUTSIDERS)
def test_1_nobody_but_banks_and_police_lists_or_delists(book, noon, role):
    outsider, terms = Actor("outside", role, "somebody"), ListTerms()
    standing, _ = book.write_now(lambda page: list_subject(page, entry(INVESTIGATOR, noon), terms))
    with pytest.raises(NotPermitted):
        book.write_now(lambda page: list_subject(page, entry(outsider, noon, "another"), terms))
    lifted = acts.Removed(by=outsider, at=noon, document="no. 1")
    with pytest.raises(NotPermitted):
        book.write_now(lambda page: move(page, page.get(Listing, standing.life_id), lifted))
    assert book.read_now(lambda page: page.get(Listing, standing.life_id)) == standing
    assert book.read_now(lambda page: page.found_by(Listing, "account:another")) == []


def test_1_what_the_police_list_only_the_police_lift(book, noon):
    def story(page):
        standing, _ = list_subject(page, entry(INVESTIGATOR, noon), ListTerms())
        bank = Actor("bank-1", Role.BANK_OFFICER, "bota")
        with pytest.raises(NotPermitted):
            move(page, standing, acts.Removed(by=bank, at=noon, document="no. 1"))
        lifted = acts.Removed(by=INVESTIGATOR, at=noon + timedelta(days=1), document="no. 2")
        return move(page, standing, lifted).status

    assert book.write_now(story) is ListingStatus.REMOVED


def test_5_a_payment_to_a_black_listed_payee_is_always_refused_and_logged(tmp_path):
    """Whoever pays, however little, through whatever channel; and what was answered can be read again."""

    async def story(who):
        said = {"kind": "account", "value": "black-payee", "ground": "a fictional article"}
        listed = (await who["police"].post("/v1/lists", json=said)).json()
        confirmed = await who["police"].post(f"/v1/lists/{listed['life_id']}/confirm", json={"document": "no. 1"})
        assert confirmed.json()["shade"] == "black"
        attempts = [
            (name, body(f"{name}-{channel}-{amount}", payee="black-payee", channel=channel, amount_minor=amount))
            for name in ("analyst", "other")
            for channel in ("app", "atm", "branch")
            for amount in (0, 1, 10**12)
        ]
        for name, attempt in attempts:
            answer = await who[name].post("/v1/decisions", json=attempt)
            assert (answer.status_code, answer.json()["action"]) == (201, "block"), attempt
            again = await who[name].get(f"/v1/decisions/{attempt['transfer_id']}")
            assert again.content == answer.content
        center = who["police"].engine.center
        while await center.read(lambda page: page.cursor("decisions")) < len(attempts):
            await asyncio.sleep(0.01)
        since = center.now() - timedelta(days=1)
        moved = await center.read(lambda page: page.movements(since, center.now(), payee="black-payee", limit=99))
        assert [each.action for each in moved] == ["block"] * len(attempts)

    async def begin():
        async with everybody(tmp_path) as who:
            await story(who)

    asyncio.run(begin())


def test_10_identifiers_are_right_to_the_check_digit():
    for number in ("001399500016", "001399500701"):  # month 13: they can belong to nobody
        assert iin_bin(number) == number
        for wrong in range(10):
            if wrong != int(number[-1]):
                with pytest.raises(InvalidValue, match="check digit"):
                    iin_bin(f"{number[:-1]}{wrong}")
    assert iin_check_digit("00139950150") is None
    for digit in range(10):
        with pytest.raises(InvalidValue, match="check digit"):
            iin_bin(f"00139950150{digit}")
    assert account_id("KZ86125KZT5004100100") == "KZ86125KZT5004100100"
    for wrong in ("KZ87125KZT5004100100", "KZ86126KZT5004100100", "KZ86125KZT500410010", "KZ86125kzt5004100100"):
        with pytest.raises(InvalidValue):
            account_id(wrong)
