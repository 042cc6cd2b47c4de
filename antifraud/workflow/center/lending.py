"""Online loans and their cooling-off: announce, confirm after the pause, pay out, withdraw."""

from dataclasses import dataclass
from datetime import datetime

from antifraud.domain.center.act import Act
from antifraud.domain.center.cooling_off import (
    PENDING,
    CoolingOff,
    CoolingOffStatus,
    day_key,
    loan_key,
    pause_hours,
)
from antifraud.domain.center.cooling_off_acts import (
    Announced,
    Confirmed,
    LoanKind,
    PaidOut,
    Prolonged,
    Withdrawn,
)
from antifraud.domain.center.people import ENGINE, Actor
from antifraud.domain.center.policy import CenterPolicy
from antifraud.domain.errors import Conflict, InvalidValue
from antifraud.workflow.center.moving import begin, move
from antifraud.workflow.center.ports import Page
from antifraud.workflow.center.seeing import Signed, seen

_COUNTS = PENDING | {CoolingOffStatus.PAID_OUT}  # a loan that was withdrawn is none


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanRequest:
    """An online loan that is going to be paid out; `person` is the keyed hash of the IIN."""

    loan_id: str
    person: str
    kind: LoanKind
    amount_minor: int
    currency: str
    reason: str | None = None


def announce(page: Page, loan: LoanRequest, policy: CenterPolicy, actor: Actor, now: datetime) -> CoolingOff:
    """Begin a loan's cooling-off by all that the person borrows that day, and prolong those not paid out yet.

    Raise Conflict for a loan that was announced before, InvalidValue when the MRP of the year is not known.
    """
    if loan.currency != policy.currency:
        raise InvalidValue("currency", f"the terms are in MRP, so the sum is in {policy.currency}", loan.currency)
    for other in page.found_by(CoolingOff, loan_key(actor.participant, loan.loan_id)):
        raise Conflict(f"loan {loan.loan_id} was announced before: it is cooling-off {other.life_id}")
    found = page.found_by(CoolingOff, day_key(loan.person, now))
    others = [each for each in found if each.status in _COUNTS]
    day = [(each.birth.kind, each.birth.amount_minor) for each in others]
    hours = pause_hours([*day, (loan.kind, loan.amount_minor)], policy.cooling_off, policy.indicator(now).minor)
    for each in others:
        if each.status in PENDING and now < each.lapses_at and each.hours < hours[each.birth.kind]:
            move(page, each, Prolonged(by=ENGINE, at=now, hours=hours[each.birth.kind]))
    act = Announced(
        by=actor,
        at=now,
        reason=loan.reason,
        lender=actor.participant,
        loan_id=loan.loan_id,
        person=loan.person,
        kind=loan.kind,
        amount_minor=loan.amount_minor,
        currency=loan.currency,
        hours=hours[loan.kind],
        lapses_after_days=policy.cooling_off.confirm_within_days,
        policy_version=policy.version,
    )
    return begin(page, CoolingOff.begin(page.new_id(now), act), act)


def confirm(page: Page, life_id: str, signed: Signed) -> CoolingOff:
    """Write down that the client, asked again after the pause, wants the loan."""
    return _moved(
        page, life_id, signed, Confirmed(by=signed.actor, at=signed.now, reason=signed.reason, ground=signed.ground)
    )


def pay_out(page: Page, life_id: str, signed: Signed) -> CoolingOff:
    """Let the money go; refused before the end of the pause, and without a confirmation after it."""
    return _moved(
        page, life_id, signed, PaidOut(by=signed.actor, at=signed.now, reason=signed.reason, ground=signed.ground)
    )


def withdraw(page: Page, life_id: str, signed: Signed) -> CoolingOff:
    """Take the payout back: the loan is not wanted any more."""
    return _moved(
        page, life_id, signed, Withdrawn(by=signed.actor, at=signed.now, reason=signed.reason, ground=signed.ground)
    )


def _moved(page: Page, life_id: str, signed: Signed, act: Act) -> CoolingOff:
    return move(page, seen(page, CoolingOff, life_id, signed.actor, signed.version), act)
