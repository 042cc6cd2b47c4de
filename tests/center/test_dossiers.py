"""What is known about an account, and who may see how much of it; all accounts are fictional."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antifraud.domain.center.identifiers import IdentifierKind
from antifraud.domain.center.listing_acts import Listed
from antifraud.domain.center.movement import Movement
from antifraud.domain.center.people import Actor, Role
from antifraud.domain.center.policy import ListTerms
from antifraud.domain.center.profile import PASSED_ON_WITHIN, profile_of
from antifraud.domain.decision import Action
from antifraud.domain.errors import Unavailable
from antifraud.workflow.center.finding import find
from antifraud.workflow.center.lists import list_subject
from antifraud.workflow.center.profiling import dossier_of
from antifraud.workflow.center.reviewing import take_lead
from tests.center.incidents import ANALYSTS, DANA, ERLAN, opened, seed, signed
from tests.center.making import begin_hold
from tests.center.passages import START, bank_of, passage, passages

AUDITOR = Actor("auditor", Role.AUDITOR, "gulnar")


def moved(number, payer, payee, amount, minute, **more):
    return Movement(
        **{
            "seq": number,
            "participant": bank_of(payer),
            "transfer_id": f"t{number}",
            "payer": payer,
            "payee": payee,
            "amount_minor": amount,
            "currency": "KZT",
            "base_minor": amount,
            "at": START + timedelta(minutes=minute),
            "action": Action.ALLOW,
            "payer_bank": bank_of(payer),
            "payee_bank": bank_of(payee),
            **more,
        }
    )


def test_an_account_is_summed_up_by_day_and_by_counterparty():
    night = 14 * 60  # one in the morning of the next day in Almaty
    found = profile_of(
        "b2:mule",
        [
            moved(1, "a", "b2:mule", 700, 0),
            moved(2, "c", "b2:mule", 300, 1),
            moved(3, "b2:mule", "b3:out", 900, 60),
            moved(4, "b2:mule", "a", 50, night),
            moved(5, "b2:mule", "b3:out", 10_000, 61),
        ],
        stopped={5},
    )
    assert [(each.day, each.in_minor, each.out_minor) for each in found.days] == [
        (date(2026, 3, 2), 1_000, 900),
        (date(2026, 3, 3), 0, 50),
    ]
    assert [(each.account, each.bank, each.in_minor, each.out_minor) for each in found.counterparties] == [
        ("b3:out", "bank-3", 0, 900),
        ("a", "bank-1", 700, 50),
        ("c", "bank-1", 300, 0),
    ]
    assert (found.payers, found.payees, found.attempts, found.passed_on_minor) == (2, 2, 1, 950)
    assert (found.first, found.last) == (START, START + timedelta(minutes=night))


def test_only_what_leaves_soon_after_it_came_was_passed_on():
    late = PASSED_ON_WITHIN // timedelta(minutes=1) + 1
    assert profile_of("m", [moved(1, "a", "m", 100, 0), moved(2, "m", "b", 100, late)], ()).passed_on_minor == 0
    assert profile_of("m", [moved(1, "a", "m", 100, 0), moved(2, "m", "b", 100, late - 1)], ()).passed_on_minor == 100
    at_once = [moved(1, "a", "m", 100, 0), moved(2, "m", "b", 100, 0)]
    assert profile_of("m", at_once, ()).passed_on_minor == 0, "what arrives at an instant cannot leave at it"


accounts = st.sampled_from("mab")
rows = st.lists(st.tuples(accounts, accounts, st.integers(1, 900), st.integers(0, 4_000), st.booleans()))


@given(rows)
def test_days_and_counterparties_add_up_to_the_same(made):
    movements = [moved(n, *row[:4]) for n, row in enumerate(made)]
    stopped = {n for n, row in enumerate(made) if row[4]}
    found = profile_of("m", movements + movements[:3], stopped)
    for parts in (found.days, found.counterparties):
        assert sum(each.in_minor for each in parts) == found.in_minor
        assert sum(each.out_minor for each in parts) == found.out_minor
    real = [each for each in movements if each.seq not in stopped]
    assert found.in_minor == sum(each.base_minor for each in real if each.payee == "m")
    assert found.out_minor == sum(each.base_minor for each in real if each.payer == "m")
    assert 0 <= found.passed_on_minor <= min(found.in_minor, found.out_minor)


@pytest.fixture
def stolen(new_book):
    """A book with a mule that got stolen money, and lived before."""
    book = new_book()
    before = passage(90, "b3:friend", "b2:mule", 40, -600)
    hops = passages(("victim", "b2:mule", 1_000, 0), ("b2:mule", "b3:out", 400, 5), ("b3:out", "b4:end", 300, 9))

    def begin(page):
        seed(page, [before, *hops])
        return opened(page, hops[:1], START + timedelta(minutes=30))

    return book, book.write_now(begin)


def sums(book, account, actor):
    found = book.read_now(lambda page: dossier_of(page, account, actor, START + timedelta(hours=1)))
    return found.profile.in_minor, found.profile.out_minor, [type(each).__name__ for each in found.lives]


def test_a_bank_sees_what_it_carried_out_or_got_and_an_auditor_everything(stolen):
    book, _ = stolen
    assert sums(book, "b2:mule", ANALYSTS["bank-2"])[:2] == (1_040, 400)
    assert sums(book, "b2:mule", ANALYSTS["bank-1"])[:2] == (1_000, 0)
    assert sums(book, "b2:mule", ANALYSTS["bank-4"]) == (0, 0, [])
    assert sums(book, "b2:mule", AUDITOR)[:2] == (1_040, 400)


def test_police_see_movements_only_where_stolen_money_of_their_incident_came_and_since_then(stolen):
    book, incident = stolen
    assert sums(book, "b2:mule", DANA)[:2] == (0, 0)
    book.write_now(lambda page: take_lead(page, incident.life_id, signed(DANA, START + timedelta(minutes=31))))
    assert sums(book, "b2:mule", DANA)[:2] == (1_000, 400)
    assert sums(book, "b3:friend", DANA)[:2] == (0, 0)
    assert sums(book, "b2:mule", ERLAN)[:2] == (0, 0)


def test_the_busier_an_account_the_shorter_it_is_looked_at(new_book):
    book, now = new_book(), START + timedelta(days=39, minutes=9)

    def look():
        return book.read_now(lambda page: dossier_of(page, "m", ANALYSTS["bank-1"], now, busiest=3))

    daily = [passage(n, "a", "m", 10, n * 24 * 60) for n in range(40)]
    book.write_now(lambda page: seed(page, daily))
    found = look()
    assert (now - found.since, found.profile.in_minor) == (timedelta(days=1), 10)
    crowd = [passage(100 + n, "a", "m", 10, 39 * 24 * 60 + n) for n in range(1, 9)]
    book.write_now(lambda page: seed(page, crowd))
    assert look().profile is None
    assert look().known


def hashed(kind, value):
    return f"hash of {kind} {value}"


def no_key(kind, value):
    raise Unavailable("no key is set")


def test_one_box_finds_holds_incidents_accounts_and_listed_people_by_whatever_is_typed(stolen):
    book, incident = stolen
    now = START + timedelta(hours=1)
    subject, iin = IdentifierKind.PERSON, "001399500016"
    entry = Listed(by=DANA, at=now, subject=subject, ident=hashed(subject, iin), ground="a fictional article")
    hold = book.write_now(lambda page: begin_hold(page, now, transfer_id="t77", account="b1:held"))
    listing, _ = book.write_now(lambda page: list_subject(page, entry, ListTerms()))

    def found(text, actor=ANALYSTS["bank-1"], how=hashed):
        hits = book.read_now(lambda page: find(page, text, actor, how, now))
        return {(hit.why, hit.account or hit.life.life_id) for hit in hits}

    assert found(hold.life_id.upper()) == {("id", hold.life_id)}
    assert found(f" {incident.life_id} ") == {("id", incident.life_id)}
    assert found("t77") == {("transfer", hold.life_id)}
    assert ("transfer", incident.life_id) in found("bank-1/t0")
    assert found("b1:held") == {("account", "b1:held")}
    assert found(iin) == found("0013 9950 0016") == {("person", listing.life_id)}
    assert found(iin, how=no_key) == found("nothing like it") == found("no-such") == set()
    others = ANALYSTS["bank-4"]
    assert found(hold.life_id, others) == found("bank-1/t77", others) == found("b2:mule", others) == set()
