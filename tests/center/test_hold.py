"""The life of a hold: what is refused, and why; who may do what; when its clocks speak."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antifraud.domain.center.basis import BasisKind
from antifraud.domain.center.calendar import end_of_working_day
from antifraud.domain.center.hold import Hold, HoldStatus
from antifraud.domain.center.hold_acts import (
    Assigned,
    BasisAdded,
    BasisEnded,
    ClientAnswered,
    ClientSays,
    Countersigned,
    Declined,
    Escalated,
    EscalatedTo,
    Expired,
    HeldWhat,
    JoinedIncident,
    Noted,
    Overdue,
    RefusalGround,
    Refused,
    Released,
    ReleaseGround,
    ReleaseProposed,
    Returned,
    Warned,
)
from antifraud.domain.center.hold_table import NEXT
from antifraud.domain.center.people import ENGINE, Actor, Role
from antifraud.domain.errors import AntifraudError, IllegalTransition, InvalidValue, NotPermitted
from tests.center.making import ANALYST, INVESTIGATOR, OFFICER, SAME_AS_ANALYST, STRANGER, clocks, held

NOON = datetime.fromisoformat("2026-03-19T07:00:00+00:00")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OTHER_POLICE = Actor("police-2", Role.INVESTIGATOR, "erlan")


def hold(**more):
    return Hold.begin("h1", held(NOON, **{"police": "police", "incident_id": "i1", **more}))


def release(at=NOON + HOUR, by=ANALYST, amount_minor=1_000_000, because=ReleaseGround.PROVEN_HONEST, **more):
    return Released(by=by, at=at, amount_minor=amount_minor, because=because, **more)


def propose(at=NOON + HOUR, by=ANALYST, amount_minor=1_000_000, because=ReleaseGround.PROVEN_HONEST):
    return ReleaseProposed(by=by, at=at, amount_minor=amount_minor, because=because)


def basis(kind, at=NOON + HOUR, by=INVESTIGATOR, **more):
    return BasisAdded(by=by, at=at, basis=kind, **more)


SEIZURE = basis(BasisKind.SEIZURE, document="court 1")
ORDER = basis(BasisKind.POLICE_ORDER, document="order 1", until=NOON + 30 * DAY)
RETURN = basis(BasisKind.SANCTIONED_RETURN, by=ENGINE, document="return 1")
REFUSE = Refused(by=ANALYST, at=NOON + 2 * HOUR, because=RefusalGround.FRAUD)


def ended(kind, by=INVESTIGATOR, at=NOON + 2 * HOUR, **more):
    return BasisEnded(by=by, at=at, basis=kind, **more)


@pytest.mark.parametrize(
    ("start", "acts", "error", "words"),
    [
        (hold(), [replace(REFUSE, by=STRANGER)], NotPermitted, "of bank-1"),
        (hold(), [replace(REFUSE, by=INVESTIGATOR)], NotPermitted, "for bank_analyst"),
        (hold(), [replace(ORDER, by=OTHER_POLICE)], NotPermitted, "leads no incident"),
        (hold(police=None), [ORDER], NotPermitted, "leads no incident"),
        (hold(), [replace(ORDER, by=ANALYST)], InvalidValue, "served with"),
        (hold(), [basis(BasisKind.POLICE_ORDER, until=NOON + DAY)], InvalidValue, "names the document"),
        (hold(), [basis(BasisKind.POLICE_ORDER, document="d")], InvalidValue, "until when"),
        (hold(), [basis(BasisKind.POLICE_ORDER, document="d", until=NOON)], InvalidValue, "later than now"),
        (hold(), [replace(RETURN, by=ANALYST)], NotPermitted, "nobody adds it by hand"),
        (hold(), [RETURN], IllegalTransition, "never left the payer"),
        (hold(), [basis(BasisKind.BANK_SUSPICION, by=ANALYST)], IllegalTransition, "holds once"),
        (hold(), [ended(BasisKind.BANK_SUSPICION)], NotPermitted, "bank's own"),
        (hold(), [ended(BasisKind.SEIZURE)], InvalidValue, "not held on it"),
        (hold(), [SEIZURE, ended(BasisKind.SEIZURE, by=ANALYST)], InvalidValue, "decision of who gave it"),
        (hold(), [SEIZURE, release(NOON + 2 * HOUR)], IllegalTransition, "seizure"),
        (hold(), [ORDER, release(NOON + 2 * HOUR)], IllegalTransition, "police_order"),
        (hold(), [SEIZURE, REFUSE], IllegalTransition, "seizure"),
        (hold(), [release(amount_minor=1_000_001)], InvalidValue, "at most what is held"),
        (hold(), [release(amount_minor=0)], InvalidValue, "above zero"),
        (hold(), [release(because=ReleaseGround.CLIENT_INSISTS)], IllegalTransition, "not confirmed"),
        (hold(), [release(because=ReleaseGround.POLICE_DECISION)], InvalidValue, "names that decision"),
        (hold(incident_id=None), [release(because=ReleaseGround.INCIDENT_ENDED)], IllegalTransition, "no incident"),
        (hold(), [release(end_of_working_day(NOON, 5))], IllegalTransition, "money is free"),
        (hold(), [Expired(by=ENGINE, at=NOON + HOUR, ended=NOON)], IllegalTransition, "still in force"),
        (hold(), [Expired(by=ENGINE, at=NOON + 30 * DAY, ended=NOON)], InvalidValue, "last basis ended"),
        (hold(), [REFUSE, release(NOON + 3 * HOUR)], IllegalTransition, "nothing more"),
        (hold(), [Countersigned(by=OFFICER, at=NOON)], IllegalTransition, "Countersigned is not allowed"),
        (hold(), [JoinedIncident(by=ANALYST, at=NOON, incident_id="i2")], IllegalTransition, "belongs to incident"),
        (hold(what=HeldWhat.FUNDS), [REFUSE], IllegalTransition, "arrived"),
        (hold(second_signature_above=10), [release()], NotPermitted, "two people"),
        (hold(second_signature_above=10), [propose(), Countersigned(by=ANALYST, at=NOON)], NotPermitted, "officer"),
        (
            hold(second_signature_above=10),
            [propose(), Countersigned(by=SAME_AS_ANALYST, at=NOON + HOUR)],
            NotPermitted,
            "another person",
        ),
        (
            hold(second_signature_above=10),
            [propose(), replace(SEIZURE, at=NOON + 2 * HOUR), Countersigned(by=OFFICER, at=NOON + 3 * HOUR)],
            IllegalTransition,
            "seizure",
        ),
        (
            hold(what=HeldWhat.FUNDS),
            [Returned(by=ANALYST, at=NOON, amount_minor=1, order_id="r")],
            IllegalTransition,
            "no return of it is sanctioned",
        ),
        (
            hold(what=HeldWhat.FUNDS),
            [RETURN, ended(BasisKind.SANCTIONED_RETURN, by=ANALYST, ground="it was paid")],
            NotPermitted,
            "ends with its order",
        ),
    ],
)  # fmt: skip
def test_what_may_not_be_is_refused_with_why(start, acts, error, words):
    *before, last = acts
    for act in before:
        start = start.apply(act)
    with pytest.raises(error, match=words):
        start.apply(last)


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_minor": 0},
        {"currency": "ZZZ"},
        {"bank": "bank-2"},
        {"participant": "bank-2"},
        {"basis": BasisKind.SANCTIONED_RETURN, "document": "d"},
        {"by": INVESTIGATOR},
    ],
)
def test_a_hold_begins_right_or_not_at_all(wrong):
    with pytest.raises(AntifraudError):
        hold(**wrong)


def test_every_act_has_its_roles_and_no_other_may_do_it():
    """Each row of the table, tried in every role: what is not written there is refused."""
    for (status, kind), step in NEXT.items():
        start = replace(hold(), status=status, proposal=propose() if status is HoldStatus.RELEASE_PROPOSED else None)
        for role in Role:
            organisation = {Role.INVESTIGATOR: "police", Role.PLATFORM: "center"}.get(role, "bank-1")
            act = EXAMPLES[kind](Actor(organisation, role, "somebody"))
            try:
                start.apply(act)
                refused = None
            except NotPermitted as error:
                refused = error
            except AntifraudError:
                refused = None  # for another reason than the role
            if role not in step.roles:
                assert refused is not None, (status, kind, role)


AT = NOON + HOUR
EXAMPLES = {
    BasisAdded: lambda by: BasisAdded(by=by, at=AT, basis=BasisKind.SEIZURE, document="d", ground="g"),
    BasisEnded: lambda by: BasisEnded(by=by, at=AT, basis=BasisKind.BANK_SUSPICION),
    JoinedIncident: lambda by: JoinedIncident(by=by, at=AT, incident_id="i1"),
    Assigned: lambda by: Assigned(by=by, at=AT, to=by.person),
    Noted: lambda by: Noted(by=by, at=AT, reason="called"),
    Escalated: lambda by: Escalated(by=by, at=AT, whom=EscalatedTo.POLICE),
    ClientAnswered: lambda by: ClientAnswered(by=by, at=AT, says=ClientSays.UNSURE),
    Warned: lambda by: Warned(by=by, at=AT, hours=4, ends=AT),
    Overdue: lambda by: Overdue(by=by, at=AT),
    Expired: lambda by: Expired(by=by, at=AT, ended=AT),
    Returned: lambda by: Returned(by=by, at=AT, amount_minor=1, order_id="r"),
    Refused: lambda by: Refused(by=by, at=AT, because=RefusalGround.FRAUD),
    Released: lambda by: release(by=by),
    ReleaseProposed: lambda by: propose(by=by),
    Countersigned: lambda by: Countersigned(by=by, at=AT),
    Declined: lambda by: Declined(by=by, at=AT),
}


def test_one_takes_a_case_for_oneself_and_only_an_officer_gives_it_to_another():
    other = Actor("bank-1", Role.BANK_ANALYST, "erlan")
    taken = hold().apply(Assigned(by=ANALYST, at=AT, to="aliya"))
    assert taken.assignee == "aliya"
    for act in (Assigned(by=other, at=AT, to="erlan"), Assigned(by=ANALYST, at=AT, to="erlan")):
        with pytest.raises(NotPermitted, match="an officer gives it"):
            taken.apply(act)
    given = taken.apply(Assigned(by=OFFICER, at=AT, to="erlan"))
    assert given.apply(Assigned(by=other, at=AT, to=None)).assignee is None
    with pytest.raises(IllegalTransition, match="already"):
        given.apply(Assigned(by=OFFICER, at=AT, to="erlan"))


def test_what_is_escalated_to_an_officer_lies_in_the_queue_and_its_clock_goes_on():
    taken = hold().apply(Assigned(by=ANALYST, at=AT, to="aliya"))
    asked = taken.apply(Escalated(by=ANALYST, at=AT, whom=EscalatedTo.OFFICER))
    assert (asked.assignee, asked.escalated, asked.due_at) == (None, EscalatedTo.OFFICER, taken.due_at)
    with pytest.raises(IllegalTransition, match="officer already"):
        asked.apply(Escalated(by=OFFICER, at=AT, whom=EscalatedTo.OFFICER))
    with pytest.raises(IllegalTransition, match="belongs to incident"):
        replace(asked, incident_id="i1").apply(Escalated(by=ANALYST, at=AT, whom=EscalatedTo.POLICE))


def test_small_parts_need_the_second_signature_as_one_large_release_does():
    started = hold(second_signature_above=300_000)
    first = started.apply(release(amount_minor=200_000))
    assert (first.status, first.held_minor) == (HoldStatus.HELD, 800_000)
    with pytest.raises(NotPermitted, match="two people"):
        first.apply(release(amount_minor=100_001))
    proposed = first.apply(propose(amount_minor=100_001))
    declined = proposed.apply(Declined(by=OFFICER, at=NOON + 2 * HOUR))
    assert (proposed.held_minor, declined.held_minor, declined.proposal) == (800_000, 800_000, None)
    assert proposed.apply(Countersigned(by=OFFICER, at=NOON + 2 * HOUR)).released_minor == 300_001


def test_the_clients_word_is_written_down_before_it_counts_and_never_clears_a_safe_account_call():
    says_so = ClientAnswered(by=ANALYST, at=NOON + HOUR, says=ClientSays.CONFIRMS)
    insists = release(NOON + 2 * HOUR, because=ReleaseGround.CLIENT_INSISTS)
    assert hold().apply(says_so).apply(insists).status is HoldStatus.RELEASED
    with pytest.raises(IllegalTransition, match="does not clear"):
        hold(safe_account=True).apply(says_so).apply(insists)
    with pytest.raises(IllegalTransition, match="not confirmed"):
        hold().apply(says_so).apply(replace(says_so, says=ClientSays.DENIES)).apply(insists)


def test_a_bank_cannot_stretch_its_own_term():
    term = end_of_working_day(NOON, 5)
    coerced = hold(basis=BasisKind.COERCION)
    assert coerced.free_at == NOON + DAY
    longer = coerced.apply(basis(BasisKind.BANK_SUSPICION, NOON + 23 * HOUR, ANALYST))
    assert longer.free_at == term, "counted from the beginning of the hold"
    late = hold().apply(basis(BasisKind.COERCION, term - HOUR, ANALYST))
    assert late.free_at == term
    ordered = hold(basis=BasisKind.POLICE_ORDER, document="d", until=NOON + 30 * DAY)
    with pytest.raises(IllegalTransition, match="by itself ended"):
        ordered.apply(basis(BasisKind.BANK_SUSPICION, term, ANALYST))


def test_a_seizure_stops_the_clock_and_lifting_it_starts_the_end():
    seized = hold().apply(SEIZURE)
    later = NOON + 100 * DAY
    assert (seized.due_at, seized.due(later)) == (None, None)
    lifted = seized.apply(ended(BasisKind.SEIZURE, at=later))
    assert lifted.free_at == later
    assert lifted.due(later) == Expired(by=ENGINE, at=later, ended=later)
    early = seized.apply(ended(BasisKind.SEIZURE, at=NOON + 2 * HOUR))
    assert early.free_at == end_of_working_day(NOON, 5), "the suspicion goes on until its own end"


def test_a_sanctioned_return_that_is_late_is_said_once_for_each_order():
    ordered = hold(what=HeldWhat.FUNDS).apply(RETURN)
    term = end_of_working_day(RETURN.at, 1)
    assert (ordered.free_at, ordered.due_at) == (None, term)
    late = ordered.apply(ordered.due(term))
    assert (late.overdue, late.due_at, late.held_minor) == (True, None, 1_000_000)
    again = late.apply(replace(RETURN, at=term, document="return 2"))
    assert (again.overdue, type(again.due(again.due_at))) == (False, Overdue)


def test_a_warning_is_given_once_for_each_end():
    done = list(clocks(hold().apply(ORDER), [NOON + timedelta(hours=n) for n in range(24 * 40)]))
    assert [(type(act), getattr(act, "hours", None)) for act in done] == [(Warned, 24), (Warned, 4), (Expired, None)]
    assert {act.ends for act in done[:2]} == {NOON + 30 * DAY}


@given(st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 1), timezones=st.just(UTC)), st.data())  # noqa: DTZ001
def test_however_rarely_the_engine_looks_a_hold_ends_at_its_one_moment(begin, data):
    start = Hold.begin("h1", held(begin))
    end = end_of_working_day(begin, 5)
    moments = sorted(data.draw(st.lists(st.datetimes(begin.replace(tzinfo=None), timezones=st.just(UTC)), max_size=9)))
    done = list(clocks(start, [*moments, max([end, *moments])]))
    *warnings, last = done
    assert isinstance(last, Expired)
    assert last.ended == end
    hours = [each.hours for each in warnings]
    assert hours in ([], [24], [4], [24, 4])
    for each in warnings:
        assert each.ends == end
        assert end - timedelta(hours=each.hours) <= each.at < end
