"""Online loans: no payout before the pause, none without the client asked again, whoever lends how much that day."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from antifraud.domain.center.calendar import ALMATY
from antifraud.domain.center.cooling_off import PENDING, CoolingOff, CoolingOffStatus, pause_hours
from antifraud.domain.center.cooling_off_acts import Confirmed, Lapsed, LoanKind, PaidOut, PauseEnded, Withdrawn
from antifraud.domain.center.people import Actor, Role
from antifraud.domain.center.policy import CenterPolicy, CoolingOffTerms
from antifraud.domain.errors import AntifraudError, Conflict, IllegalTransition, InvalidValue, NotFound, NotPermitted
from antifraud.workflow.center.lending import LoanRequest, announce, confirm, pay_out, withdraw
from antifraud.workflow.center.moving import tick
from antifraud.workflow.center.seeing import Signed
from tests.center.making import ANALYST, INVESTIGATOR, STRANGER

POLICY = CenterPolicy()
MRP = 4_325_00  # of 2026
NOON = datetime.fromisoformat("2026-03-19T07:00:00+00:00")
HOUR = timedelta(hours=1)


def loan(mrp, loan_id="l1", person="p" * 64, kind=LoanKind.LOAN, more=0, **fields):
    return LoanRequest(
        **{"loan_id": loan_id, "person": person, "kind": kind, "amount_minor": mrp * MRP + more, "currency": "KZT"}
        | fields
    )


def on(life, now, actor=ANALYST):
    return life.life_id, Signed(actor=actor, now=now)


def announced(book, *loans, now=NOON, actor=ANALYST):
    return [book.write_now(lambda page, each=each: announce(page, each, POLICY, actor, now)) for each in loans]


def again(book, life):
    return book.read_now(lambda page: page.get(CoolingOff, life.life_id))


@pytest.mark.parametrize(
    ("kind", "mrp", "more", "hours"),
    [
        (LoanKind.LOAN, 149, 0, 0),
        (LoanKind.LOAN, 150, -1, 0),
        (LoanKind.LOAN, 150, 0, 8),
        (LoanKind.LOAN, 255, 0, 8),
        (LoanKind.LOAN, 255, 1, 24),
        (LoanKind.MICROLOAN, 75, 0, 0),
        (LoanKind.MICROLOAN, 75, 1, 24),
    ],
)
def test_the_pause_follows_from_the_sum_in_mrp_of_the_year(book, kind, mrp, more, hours):
    (life,) = announced(book, loan(mrp, kind=kind, more=more))
    assert (life.hours, life.over_at) == (hours, NOON + timedelta(hours=hours))
    assert life.status is (CoolingOffStatus.WAITING if hours else CoolingOffStatus.FREE)
    with pytest.raises(InvalidValue, match="knows the MRP of"):
        announced(book, loan(1, "of another year"), now=NOON.replace(year=2040))


def test_the_published_sums_of_2025_are_met():
    mrp = POLICY.indicator(datetime(2025, 10, 1, tzinfo=UTC)).minor
    assert (150 * mrp, 255 * mrp) == (589_800_00, 1_002_660_00)


def test_loans_of_one_day_are_summed_over_lenders_and_prolong_what_is_not_paid_out(book):
    small, middle = announced(book, loan(100), loan(60, "l2"))
    assert (small.hours, middle.hours) == (0, 8)
    assert (again(book, small).hours, again(book, small).status) == (8, CoolingOffStatus.WAITING)
    (other,) = announced(book, loan(100), actor=STRANGER)
    assert [again(book, each).hours for each in (small, middle, other)] == [24, 24, 24]
    (next_day,) = announced(book, loan(100, "l3"), now=datetime(2026, 3, 20, tzinfo=ALMATY))
    (another,) = announced(book, loan(100, "l4", person="q" * 64))
    assert (next_day.hours, another.hours) == (0, 0)


def test_what_was_confirmed_is_asked_again_when_the_day_grew(book):
    at = datetime(2026, 3, 19, 0, 5, tzinfo=ALMATY)
    (first,) = announced(book, loan(200), now=at)
    book.write_now(lambda page: confirm(page, *on(first, at + 8 * HOUR)))
    announced(book, loan(60, "l2"), now=at + 9 * HOUR)
    grown = again(book, first)
    assert (grown.status, grown.hours, grown.confirmed_at) == (CoolingOffStatus.WAITING, 24, None)
    with pytest.raises(IllegalTransition, match="pauses until"):
        book.write_now(lambda page: pay_out(page, *on(first, at + 10 * HOUR)))


def test_a_withdrawn_loan_counts_no_more_and_a_paid_one_does(book):
    one, two = announced(book, loan(100), loan(40, "l2"))
    book.write_now(lambda page: withdraw(page, *on(one, NOON)))
    assert announced(book, loan(100, "l3"))[0].hours == 0
    book.write_now(lambda page: pay_out(page, *on(two, NOON)))
    assert announced(book, loan(10, "l4"))[0].hours == 8


def test_a_loan_is_announced_once_by_its_lender_in_tenge(book):
    announced(book, loan(1))
    with pytest.raises(Conflict, match="l1 was announced before"):
        announced(book, loan(2))
    with pytest.raises(InvalidValue, match="currency"):
        announced(book, loan(2, "l2", currency="USD"))
    with pytest.raises(NotPermitted):
        announced(book, loan(2, "l2"), actor=INVESTIGATOR)


def test_only_the_lender_sees_and_moves_its_payout(book):
    (life,) = announced(book, loan(200))
    for actor in (STRANGER, INVESTIGATOR):
        with pytest.raises(NotFound):
            book.write_now(lambda page, actor=actor: confirm(page, *on(life, NOON + 9 * HOUR, actor)))
    with pytest.raises(NotPermitted, match="for bank_analyst"):
        life.apply(Confirmed(by=Actor("bank-1", Role.AUDITOR, "x"), at=NOON + 9 * HOUR))
    with pytest.raises(NotPermitted, match="is of bank-1"):
        life.apply(Confirmed(by=STRANGER, at=NOON + 9 * HOUR))


def test_the_clock_says_when_the_client_may_be_asked_and_ends_what_nobody_wants(book):
    (life,) = announced(book, loan(200))
    done = []
    for now in (life.over_at - HOUR, life.over_at, life.lapses_at - HOUR, life.lapses_at):
        book.write_now(lambda page, now=now: tick(page, now, 9, lambda _page, _life, act: done.append(act)))
    assert [(type(act), act.at) for act in done] == [(PauseEnded, life.over_at), (Lapsed, life.lapses_at)]
    with pytest.raises(IllegalTransition, match="nothing more"):
        book.write_now(lambda page: confirm(page, *on(life, life.lapses_at)))


@given(
    st.lists(st.tuples(st.sampled_from(LoanKind), st.integers(1, 300 * MRP)), min_size=1, max_size=5),
    st.sampled_from(LoanKind),
)
def test_more_borrowed_is_never_a_shorter_pause(loans, kind):
    hours = [pause_hours(loans[:count], CoolingOffTerms(), MRP)[kind] for count in range(1, len(loans) + 1)]
    assert hours == sorted(hours)
    assert set(hours) <= {0, 8, 24}


class Borrowing(RuleBasedStateMachine):
    """Two lenders and one person, at any hour; the engine looks when it looks."""

    def __init__(self, book):
        """Take one book for all examples: each has a person of its own."""
        super().__init__()
        self.book, self.now, self.number = book, NOON, 0
        self.person, self.lives = self.book.read_now(lambda page: page.new_id(NOON)), {}

    def wrote(self, work):
        try:
            life = self.book.write_now(work)
        except AntifraudError:
            return None
        return life

    @rule(mrp=st.integers(1, 200), kind=st.sampled_from(LoanKind), actor=st.sampled_from([ANALYST, STRANGER]))
    def announces(self, mrp, kind, actor):
        self.number += 1
        asked = loan(mrp, f"{self.person}-{self.number}", self.person, kind)
        life = self.wrote(lambda page: announce(page, asked, POLICY, actor, self.now))
        self.lives[life.life_id] = actor

    @rule(minutes=st.integers(0, 30 * 60))
    def time_passes(self, minutes):
        self.now += timedelta(minutes=minutes)

    @rule()
    def the_engine_looks(self):
        self.book.write_now(lambda page: tick(page, self.now, 1_000))

    @rule(what=st.sampled_from([confirm, pay_out, withdraw]), which=st.integers(0, 9))
    def somebody_acts(self, what, which):
        if not self.lives:
            return
        life_id, actor = list(self.lives.items())[which % len(self.lives)]
        asked = Signed(actor=actor, now=self.now)
        self.wrote(lambda page: what(page, life_id, asked))

    @invariant()
    def nothing_went_out_too_early_or_unasked(self):
        for life_id in self.lives:
            story = [each.act for each in self.book.read_now(lambda page, it=life_id: page.acts_of(it))]
            hours, asked_at = story[0].hours, None
            for act in story[1:]:
                over = story[0].at + timedelta(hours=hours)
                if isinstance(act, Confirmed):
                    assert act.at >= over
                    asked_at = act.at
                elif isinstance(act, PaidOut):
                    assert hours == 0 or (act.at >= over and asked_at is not None and asked_at >= over)
                elif hasattr(act, "hours"):
                    hours, asked_at = act.hours, None

    @invariant()
    def whoever_waits_waits_for_the_whole_day(self):
        """Summed again, slowly: all loans of a day that were not withdrawn when the last of them came."""
        stories = {
            life_id: self.book.read_now(lambda page, it=life_id: (page.get(CoolingOff, it), page.acts_of(it)))
            for life_id in self.lives
        }
        for life, _ in stories.values():
            if life.status not in PENDING or self.now >= life.lapses_at:
                continue
            day = life.birth.at.astimezone(ALMATY).date()
            same = [other for other, _ in stories.values() if other.birth.at.astimezone(ALMATY).date() == day]
            standing = [other for other in same if not any(isinstance(each.act, Withdrawn | Lapsed)
                                                           for each in stories[other.life_id][1])]  # fmt: skip
            needed = pause_hours([(o.birth.kind, o.birth.amount_minor) for o in standing], CoolingOffTerms(), MRP)
            assert life.hours >= needed[life.birth.kind]


def test_whatever_two_lenders_do_the_person_is_not_paid_before_time(book):
    how = settings(max_examples=20, stateful_step_count=15, deadline=None)
    run_state_machine_as_test(lambda: Borrowing(book), settings=how)
