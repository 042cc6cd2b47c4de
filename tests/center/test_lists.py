"""Who may list and delist, and that a watchlist says of each transfer what the book says at that moment."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from antifraud.domain.center import listing_acts as acts
from antifraud.domain.center.effects import Effects, Match, Register, Side
from antifraud.domain.center.identifiers import IdentifierKind
from antifraud.domain.center.idents import ident_of, idents_in
from antifraud.domain.center.indicator import Indicator, IndicatorKind, Spotted
from antifraud.domain.center.listing import Listing, ListingStatus, Shade
from antifraud.domain.center.listing_acts import Listed
from antifraud.domain.center.lives import KINDS
from antifraud.domain.center.people import ENGINE, Actor, Role
from antifraud.domain.center.policy import ListTerms
from antifraud.domain.decision import LISTS, Action
from antifraud.domain.errors import AntifraudError, InvalidValue, NotPermitted
from antifraud.store.center import open_book
from antifraud.workflow.center.lists import agree, appeal, list_subject, spot
from antifraud.workflow.center.moving import move, tick
from antifraud.workflow.center.watching import watched
from antifraud.workflow.watch import Watchlist
from tests.center.making import ANALYST, INVESTIGATOR, OFFICER, STRANGER

TERMS = ListTerms()
FRESH = timedelta(seconds=60)


def hashed(kind, value):
    return f"hash of {kind} {value}"


def listed(at, by=ANALYST, ident="mule", subject=IdentifierKind.ACCOUNT, **more):
    return Listed(by=by, at=at, subject=subject, ident=ident, **{"ground": "a fictional article", **more})


def someone(role):
    return Actor("police" if role is Role.INVESTIGATOR else "bank-1", role, f"somebody in {role.value}")


def all_acts(by, at):
    later = at + timedelta(days=9)
    yield acts.Agreed(by=by, at=at, until=later)
    yield acts.Dropped(by=by, at=at)
    yield acts.Confirmed(by=by, at=at, document="no. 1")
    yield acts.Appealed(by=by, at=at, words="not me", answer_by=later)
    yield acts.AppealOverdue(by=by, at=at)
    yield acts.Kept(by=by, at=at, document="no. 2")
    yield acts.Removed(by=by, at=at, document="no. 3")
    yield acts.Lapsed(by=by, at=at, ended=at)


def entry_in(status, at):
    fresh = Listing.begin("e1", listed(at), until=at + timedelta(days=90))
    appeal = acts.Appealed(by=ANALYST, at=at, words="not me", answer_by=at + timedelta(days=9))
    return replace(fresh, status=status, until=at + timedelta(days=90), appeal=appeal)


@pytest.mark.parametrize(("status", "role"), list(product(ListingStatus, Role)))
def test_only_banks_and_police_move_an_entry_and_only_police_lift_it(noon, status, role):
    allowed = set()
    for act in all_acts(someone(role), noon + timedelta(days=1)):
        with suppress(AntifraudError):
            entry_in(status, noon).apply(act)
            allowed.add(type(act))
    if role not in (Role.BANK_ANALYST, Role.BANK_OFFICER, Role.INVESTIGATOR, Role.PLATFORM):
        assert not allowed
    if role is not Role.INVESTIGATOR:
        assert not allowed & {acts.Removed, acts.Kept, acts.Confirmed}
    if role is Role.INVESTIGATOR and status in (ListingStatus.GREY, ListingStatus.GREY_APPEALED):
        assert allowed >= {acts.Removed, acts.Confirmed}


@pytest.mark.parametrize("role", Role)
def test_nobody_but_banks_and_police_begins_an_entry(noon, role):
    def begin():
        return Listing.begin("e1", listed(noon, by=someone(role)), until=noon + timedelta(days=1))

    if role in (Role.BANK_ANALYST, Role.BANK_OFFICER):
        assert begin().status is ListingStatus.PROPOSED
    elif role is Role.INVESTIGATOR:
        assert begin().status is ListingStatus.GREY
    else:
        with pytest.raises(NotPermitted):
            begin()


def test_the_second_person_of_a_bank_is_another_one(noon):
    proposal = Listing.begin("e1", listed(noon, by=OFFICER), until=noon + timedelta(days=1))
    with pytest.raises(NotPermitted, match="another person"):
        proposal.apply(acts.Agreed(by=OFFICER, at=noon, until=noon + timedelta(days=1)))


def test_an_entry_in_the_charge_of_one_unit_is_lifted_by_that_unit(noon):
    entry = Listing.begin("e1", listed(noon, by=INVESTIGATOR), until=noon + timedelta(days=90))
    others = Actor("police-of-elsewhere", Role.INVESTIGATOR, "erlan")
    with pytest.raises(NotPermitted, match="in the charge of police"):
        entry.apply(acts.Removed(by=others, at=noon, document="no. 1"))
    assert entry.apply(acts.Removed(by=INVESTIGATOR, at=noon, document="no. 1")).status is ListingStatus.REMOVED


def test_a_grey_entry_lapses_at_its_moment_and_a_black_one_never(book, noon):
    def begin(page):
        grey, _ = list_subject(page, listed(noon, by=INVESTIGATOR), TERMS)
        black, _ = list_subject(page, listed(noon, by=INVESTIGATOR, ident="boss"), TERMS)
        return grey, move(page, black, acts.Confirmed(by=INVESTIGATOR, at=noon, document="no. 1"))

    grey, black = book.write_now(begin)
    assert grey.shade(grey.until - timedelta(microseconds=1)) is Shade.GREY
    assert grey.shade(grey.until) is None
    book.write_now(lambda page: tick(page, noon + timedelta(days=400), 10))
    assert book.read_now(lambda page: page.get(Listing, grey.life_id)).status is ListingStatus.LAPSED
    assert book.read_now(lambda page: page.get(Listing, black.life_id)).status is ListingStatus.BLACK


def test_an_appeal_that_nobody_answers_is_said_to_be_late_and_the_entry_stands(book, noon):
    entry, _ = book.write_now(lambda page: list_subject(page, listed(noon, by=INVESTIGATOR), TERMS))
    book.write_now(lambda page: appeal(page, entry.life_id, 1, STRANGER, noon, "it was not me", TERMS))
    said = []
    book.write_now(lambda page: tick(page, noon + timedelta(days=40), 10, lambda _p, _l, act: said.append(act)))
    assert [type(act) for act in said] == [acts.AppealOverdue]
    after = book.read_now(lambda page: page.get(Listing, entry.life_id))
    assert (after.status, after.overdue) == (ListingStatus.GREY_APPEALED, True)
    assert "bank-2" in after.parties


def test_the_same_entry_twice_is_one_and_the_same_finding_makes_an_indicator_surer(book, noon):
    first, known = book.write_now(lambda page: list_subject(page, listed(noon), TERMS))
    again, known_now = book.write_now(lambda page: list_subject(page, listed(noon), TERMS))
    assert (known, known_now, again) == (False, True, first)
    spotted = Spotted(
        by=ANALYST,
        at=noon,
        kind=IndicatorKind.ACCOUNT,
        ident="advert",
        source="a fictional monitor",
        confidence=0.4,
        fraud_type="investment",
        seen_at=noon,
        until=noon + timedelta(days=60),
    )
    book.write_now(lambda page: spot(page, spotted))
    surer, known = book.write_now(lambda page: spot(page, replace(spotted, confidence=0.9)))
    assert known
    assert (surer.confidence, surer.version) == (0.9, 2)


def test_a_card_number_is_never_kept():
    with pytest.raises(InvalidValue, match="a card number is never kept") as refused:
        ident_of(IdentifierKind.CARD, "4000 0000 0000 0002", hashed)
    assert "4000" not in str(refused.value)
    assert ident_of(IdentifierKind.CARD, "token:77", hashed) == "token:77"
    assert ident_of(IdentifierKind.PERSON, "001399500016", hashed) == "hash of person 001399500016"


def test_a_policy_cannot_let_money_go_to_a_black_listed_payee():
    for action in (Action.ALLOW, Action.HOLD, None):
        demands = {} if action is None else {Register.BLACK: {Side.PAYEE: action}}
        with pytest.raises(InvalidValue, match=r"black_list\.payee"):
            Effects(demands)


@given(st.floats(0, 1), st.floats(0.01, 1))
def test_an_indicator_counts_from_its_confidence_on(confidence, least):
    reasons = Effects(indicator_from=least).reasons([Match(Register.INDICATOR, Side.PAYEE, "i1", confidence)])
    assert bool(reasons) is (confidence >= least)


def test_a_copy_that_is_old_or_was_never_made_is_unread_not_empty(one_transfer):
    lists = Watchlist(lambda transfer: idents_in(transfer, hashed), Effects(), FRESH)
    assert lists.hits(one_transfer) == ((), (LISTS,))
    lists.refresh({}, one_transfer.received_at)
    assert lists.hits(one_transfer) == ((), ())
    assert lists.hits(replace(one_transfer, received_at=one_transfer.received_at + FRESH)) == ((), ())
    later = replace(one_transfer, received_at=one_transfer.received_at + FRESH + timedelta(microseconds=1))
    assert lists.hits(later) == ((), (LISTS,))


class Lists(RuleBasedStateMachine):
    """Random acts by everybody, clocks that jump, and a watchlist that follows; the oracle asks the lives."""

    entries = Bundle("entries")

    @initialize(base=st.just(None))
    def begin(self, base):
        self.book = open_book(self.url())
        self.now = self.start
        self.seq = 0
        self.watchlist = Watchlist(lambda transfer: idents_in(transfer, hashed), Effects(), FRESH)

    @rule(target=entries, by=st.sampled_from([ANALYST, OFFICER, STRANGER, INVESTIGATOR]), ident=st.sampled_from("abc"))
    def add(self, by, ident):
        return self.book.write_now(lambda page: list_subject(page, listed(self.now, by=by, ident=ident), TERMS))[
            0
        ].life_id

    @rule(entry=entries, by=st.sampled_from([ANALYST, OFFICER, INVESTIGATOR, ENGINE]), number=st.integers(0, 7))
    def anybody_acts(self, entry, by, number):
        self.act(entry, by, number)

    def act(self, entry, by, number):
        act = list(all_acts(by, self.now))[number]
        with suppress(AntifraudError):
            self.book.write_now(lambda page: move(page, page.get(Listing, entry), act))

    @rule(entry=entries, number=st.sampled_from([2, 5, 6]))
    def police_decide(self, entry, number):
        self.act(entry, INVESTIGATOR, number)

    @rule(entry=entries)
    def second(self, entry):
        with suppress(AntifraudError):
            self.book.write_now(lambda page: agree(page, entry, None, OFFICER, self.now, TERMS))

    @rule(days=st.sampled_from([0, 1, 9, 89, 90]), look=st.booleans())
    def wait(self, days, look):
        self.now += timedelta(days=days)
        if look:
            self.book.write_now(lambda page: tick(page, self.now, 100))

    @invariant()
    def the_watchlist_says_what_the_book_says(self):
        changed, self.seq = self.book.read_now(lambda page: page.changed((Listing, Indicator), self.seq))
        self.watchlist.refresh({life.life_id: watched(life) for life in changed}, self.now)
        for ident in "abc":
            transfer = replace(self.transfer, payee=ident, payer="honest", received_at=self.now)
            lives = self.book.read_now(lambda page, ident=ident: page.found_by(Listing, f"account:{ident}"))
            shades = {life.life_id: shade for life in lives if (shade := life.shade(self.now)) is not None}
            expected = {f"{shade.value}_list.payee:{life_id}" for life_id, shade in shades.items()}
            reasons, unread = self.watchlist.hits(transfer)
            assert {reason.code for reason in reasons} == expected
            assert unread == ()
            assert (Action.BLOCK in {reason.action for reason in reasons}) is (Shade.BLACK in shades.values())

    def teardown(self):
        if hasattr(self, "book"):
            self.book.close()


def test_the_watchlist_follows_the_book_through_anything(tmp_path_factory, one_transfer, noon):
    class Machine(Lists):
        start, transfer = noon, one_transfer

        def url(self):
            return f"sqlite:///{tmp_path_factory.mktemp('lists')}/center.db"

    run_state_machine_as_test(Machine, settings=settings(max_examples=25, stateful_step_count=25, deadline=None))


def test_every_act_of_a_list_is_registered(noon):
    kinds = {kind.life: set(kind.acts.values()) for kind in KINDS}
    assert {type(act) for act in all_acts(ANALYST, noon)} | {Listed} == kinds[Listing]
    assert len(kinds[Indicator]) == 4
