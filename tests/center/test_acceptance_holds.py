"""The acceptance tests of holds, by the numbers they have in the brief of the domain: 2, 3, 8 and 9."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antifraud.domain.center.basis import BasisKind
from antifraud.domain.center.calendar import ALMATY
from antifraud.domain.center.cooling_off_acts import LoanKind
from antifraud.domain.center.hold import Hold, HoldStatus
from antifraud.domain.center.hold_acts import BasisAdded, BasisEnded
from antifraud.domain.center.movement import Movement
from antifraud.domain.center.policy import CenterPolicy
from antifraud.domain.center.usable import may_spend, usable
from antifraud.domain.decision import Action
from antifraud.domain.errors import IllegalTransition
from antifraud.store.center import open_book
from antifraud.workflow.center.lending import LoanRequest, announce, confirm, pay_out
from antifraud.workflow.center.living import usable_now
from antifraud.workflow.center.moving import move, tick
from antifraud.workflow.center.seeing import Signed
from tests.center.making import ANALYST, INVESTIGATOR, begin_hold

POLICY = CenterPolicy()
TICK = timedelta(microseconds=1)


def almaty(text):
    return datetime.fromisoformat(text).replace(tzinfo=ALMATY)


@pytest.mark.parametrize(
    ("held", "free"),
    [
        # Nauryz 21 to 23 March 2026 falls on Saturday to Monday: 24 and 25 March are days off in their place.
        ("2026-03-19T15:00", "2026-04-01T00:00"),
        # A working Saturday: 3 January 2025 was worked from on 5 January.
        ("2024-12-30T10:00", "2025-01-10T00:00"),
        # An ordinary week, and the last instant of a day and the first of the next.
        ("2026-06-01T23:59", "2026-06-09T00:00"),
        ("2026-06-02T00:00", "2026-06-10T00:00"),
    ],
)
def test_2_a_hold_expires_exactly_after_five_working_days_over_a_holiday(book, held, free):
    hold = book.write_now(lambda page: begin_hold(page, almaty(held)))
    assert hold.free_at == almaty(free)

    def status_after_looking(now):
        again = open_book(book.engine.url.render_as_string(hide_password=False))  # as after a restart
        again.write_now(lambda page: tick(page, now, 10))
        found = again.read_now(lambda page: page.get(Hold, hold.life_id))
        again.close()
        return found.status

    assert status_after_looking(almaty(free) - TICK) is HoldStatus.HELD
    assert status_after_looking(almaty(free)) is HoldStatus.EXPIRED


def test_3_a_seizure_stops_the_expiry_and_lifting_it_starts_the_end(book, noon):
    hold = book.write_now(lambda page: begin_hold(page, noon, police="police"))
    seized = BasisAdded(by=INVESTIGATOR, at=noon, basis=BasisKind.SEIZURE, document="court order 1")
    book.write_now(lambda page: move(page, page.get(Hold, hold.life_id), seized))
    year_later = noon + timedelta(days=365)
    assert book.write_now(lambda page: tick(page, year_later, 10)) == 0
    lifted = BasisEnded(by=INVESTIGATOR, at=year_later, basis=BasisKind.SEIZURE, document="court order 1")
    book.write_now(lambda page: move(page, page.get(Hold, hold.life_id), lifted))
    book.write_now(lambda page: tick(page, year_later + timedelta(hours=5), 10))
    freed = book.read_now(lambda page: page.get(Hold, hold.life_id))
    assert (freed.status, freed.free_at, freed.released_minor) == (HoldStatus.EXPIRED, year_later, 1_000_000)


def movement(seq, payer, payee, minor, purpose, action=Action.ALLOW, at=None):
    return Movement(
        seq=seq,
        participant="bank-1",
        transfer_id=f"t{seq}",
        payer=payer,
        payee=payee,
        amount_minor=minor,
        currency="KZT",
        base_minor=minor,
        at=almaty("2026-03-01T10:00") + timedelta(hours=seq) if at is None else at,
        action=action,
        purpose=purpose,
    )


def test_8_social_inflow_stays_usable_for_a_listed_person(book, noon):
    hold = book.write_now(lambda page: begin_hold(page, noon, account="listed", basis=BasisKind.BANK_SUSPICION))
    story = [
        movement(1, "state", "listed", 90_000, "047"),  # a pension
        movement(2, "employer", "listed", 200_000, "332"),  # wages
        movement(3, "stranger", "listed", 5_000_000, "119"),  # what the suspicion is about
        movement(4, "listed", "tax-office", 40_000, "911"),
        movement(5, "listed", "utility", 30_000, "856", Action.BLOCK),  # an attempt: nothing was paid
        movement(6, "listed", "friend", 10_000, "119", Action.HOLD),
    ]
    rows = [
        (m.seq, m.participant, m.transfer_id, m.payer, m.payee, m.amount_minor, m.currency, m.base_minor) for m in story
    ]
    more = [(int(m.at.timestamp() * 1_000_000), m.action.value, m.purpose, None, None) for m in story]
    book.write_now(
        lambda page: page.keep_movements([a + b for a, b in zip(rows, more, strict=True)], since=story[0].at)
    )
    left = book.read_now(lambda page: usable_now(page, "listed", POLICY, noon))
    assert (left.inflow_minor, left.spent_minor, left.usable_minor) == (290_000, 40_000, 250_000)
    assert may_spend(250_000, "421", left, POLICY), "a loan, up to the social money"
    assert not may_spend(250_001, "421", left, POLICY), "and no more than it"
    assert not may_spend(1, "119", left, POLICY), "nor for anything else"
    assert not may_spend(1, None, left, POLICY), "nor for what nobody named"
    assert book.read_now(lambda page: page.get(Hold, hold.life_id)).held_minor == 1_000_000, "the rest stays held"
    much_later = noon + timedelta(days=POLICY.usable_window_days + 30)
    assert book.read_now(lambda page: usable_now(page, "listed", POLICY, much_later)).usable_minor == 0


SOCIAL, LIVING = ("047", "332", "311"), ("911", "856", "421")


@given(
    st.lists(
        st.builds(
            movement,
            st.integers(1, 40),
            st.sampled_from(["listed", "a"]),
            st.sampled_from(["listed", "b"]),
            st.integers(0, 1_000),
            st.sampled_from([*SOCIAL, *LIVING, "119", None]),
            st.sampled_from(Action),
        ),
        max_size=15,
        unique_by=lambda each: each.seq,
    )
)
def test_8_never_more_than_came_in_and_never_less_than_nothing(story):
    left = usable("listed", story, POLICY)
    came = [m for m in story if (m.payee, m.action) == ("listed", Action.ALLOW) and m.payer != "listed"]
    inflow = sum(m.base_minor for m in came if m.purpose in SOCIAL)
    assert left.inflow_minor == inflow
    assert 0 <= left.usable_minor <= inflow
    assert left.spent_minor + left.usable_minor == inflow
    assert usable("listed", story[::-1], POLICY) == left, "the order of reading is no order of events"


def test_9_a_loan_before_its_pause_or_without_the_client_asked_again_is_not_released(book, noon):
    mrp = POLICY.indicator(noon).minor
    for number, (amount, hours) in enumerate([(150 * mrp, 8), (255 * mrp + 1, 24)]):
        request = LoanRequest(
            loan_id=f"l{number}",
            person=f"{number}" * 64,
            kind=LoanKind.LOAN,
            amount_minor=amount,
            currency="KZT",
        )
        life = book.write_now(lambda page, it=request: announce(page, it, POLICY, ANALYST, noon))
        over = noon + timedelta(hours=hours)

        def tried(work, now, it=life):
            return book.write_now(lambda page: work(page, it.life_id, Signed(actor=ANALYST, now=now)))

        for work in (pay_out, confirm):
            with pytest.raises(IllegalTransition, match=f"{hours} hours in all"):
                tried(work, over - TICK)
        with pytest.raises(IllegalTransition, match="has not confirmed"):
            tried(pay_out, over)
        assert tried(confirm, over).confirmed_at == over
        assert tried(pay_out, over).status.value == "paid_out"
