"""What people do about holds: each use case finds the hold as they may see it, and moves it by one act."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from antifraud.domain.center.act import Act
from antifraud.domain.center.basis import BasisKind
from antifraud.domain.center.hold import Hold
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
    Held,
    HeldWhat,
    Noted,
    RefusalGround,
    Refused,
    Released,
    ReleaseGround,
    ReleaseProposed,
)
from antifraud.domain.center.people import Actor
from antifraud.domain.center.policy import CenterPolicy
from antifraud.domain.center.trace import TracePolicy
from antifraud.domain.errors import Conflict
from antifraud.workflow.center.moving import again, begin, move
from antifraud.workflow.center.opening import Complaint, open_incident
from antifraud.workflow.center.ports import Page
from antifraud.workflow.center.seeing import Signed, seen


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRequest:
    """Money that a bank holds by a person's decision. Amounts are minor units of `currency`."""

    what: HeldWhat
    participant: str
    transfer_id: str
    account: str
    amount_minor: int
    currency: str
    basis: BasisKind
    document: str | None = None
    until: datetime | None = None
    fraud_type: str | None = None
    safe_account: bool = False
    reason: str


def hold_money(page: Page, request: HoldRequest, policy: CenterPolicy, actor: Actor, now: datetime) -> Hold:
    """Begin a hold at the actor's bank; raise Conflict when it held money of that transfer before.

    Otherwise a bank could hold for ever, one term after another.
    """
    for other in page.found_by(Hold, f"transfer:{request.participant}/{request.transfer_id}"):
        if (other.birth.bank, other.birth.account) == (actor.participant, request.account):
            raise Conflict(f"hold {other.life_id} is of the same transfer: add a basis to it while it is open")
    act = Held(
        by=actor,
        at=now,
        reason=request.reason,
        bank=actor.participant,
        what=request.what,
        participant=request.participant,
        transfer_id=request.transfer_id,
        account=request.account,
        amount_minor=request.amount_minor,
        currency=request.currency,
        basis=request.basis,
        document=request.document,
        until=request.until,
        fraud_type=request.fraud_type,
        safe_account=request.safe_account,
        second_signature_above=policy.second_signature_above(request.currency),
    )
    return begin(page, Hold.begin(page.new_id(now), act), act)


def release(page: Page, hold_id: str, signed: Signed, amount_minor: int | None, because: ReleaseGround) -> Hold:
    """Let money go, all that is held unless an amount is named; above the limit that is a proposal."""

    def act(hold: Hold) -> Act:
        amount = hold.held_minor if amount_minor is None else amount_minor
        kind = ReleaseProposed if hold.needs_second_signature(amount) else Released
        return kind(
            by=signed.actor,
            at=signed.now,
            reason=signed.reason,
            ground=signed.ground,
            amount_minor=amount,
            because=because,
        )

    return _moved(page, hold_id, signed, act)


def countersign(page: Page, hold_id: str, signed: Signed) -> Hold:
    """Agree with a proposed release, as another person than who proposed it."""
    return _moved(
        page,
        hold_id,
        signed,
        lambda _: Countersigned(by=signed.actor, at=signed.now, reason=signed.reason, ground=signed.ground),
    )


def decline(page: Page, hold_id: str, signed: Signed) -> Hold:
    """Do not agree with a proposed release."""
    return _moved(
        page,
        hold_id,
        signed,
        lambda _: Declined(by=signed.actor, at=signed.now, reason=signed.reason, ground=signed.ground),
    )


def refuse(page: Page, hold_id: str, signed: Signed, because: RefusalGround) -> Hold:
    """Do not carry out the instruction."""
    return _moved(
        page,
        hold_id,
        signed,
        lambda _: Refused(by=signed.actor, at=signed.now, reason=signed.reason, ground=signed.ground, because=because),
    )


def add_basis(
    page: Page, hold_id: str, signed: Signed, basis: BasisKind, document: str | None, until: datetime | None
) -> Hold:
    """Hold the money on a further basis."""
    return _moved(
        page,
        hold_id,
        signed,
        lambda _: BasisAdded(
            by=signed.actor,
            at=signed.now,
            reason=signed.reason,
            ground=signed.ground,
            basis=basis,
            document=document,
            until=until,
        ),
    )


def end_basis(page: Page, hold_id: str, signed: Signed, basis: BasisKind, document: str | None) -> Hold:
    """Take a basis back; if it was the last, the clock lets the money go at once."""
    return _moved(
        page,
        hold_id,
        signed,
        lambda _: BasisEnded(
            by=signed.actor, at=signed.now, reason=signed.reason, ground=signed.ground, basis=basis, document=document
        ),
    )


def note_answer(page: Page, hold_id: str, signed: Signed, says: ClientSays) -> Hold:
    """Write down what the client answered."""
    return _moved(
        page,
        hold_id,
        signed,
        lambda _: ClientAnswered(by=signed.actor, at=signed.now, reason=signed.reason, ground=signed.ground, says=says),
    )


def assign(page: Page, hold_id: str, signed: Signed, to: str | None) -> Hold:
    """Let somebody of the bank work on it, oneself or, for an officer, anybody; None: nobody."""
    return _moved(
        page,
        hold_id,
        signed,
        lambda _: Assigned(by=signed.actor, at=signed.now, reason=signed.reason, ground=signed.ground, to=to),
    )


def note(page: Page, hold_id: str, signed: Signed) -> Hold:
    """Write down, as the reason, what others should know."""
    return _moved(
        page,
        hold_id,
        signed,
        lambda _: Noted(by=signed.actor, at=signed.now, reason=signed.reason, ground=signed.ground),
    )


def ask_officer(page: Page, hold_id: str, signed: Signed) -> Hold:
    """Ask an officer of the same bank to go on with it."""
    return _moved(page, hold_id, signed, lambda _: _escalated(signed, EscalatedTo.OFFICER))


def call_police(page: Page, hold_id: str, signed: Signed, complaint: Complaint, policy: TracePolicy) -> Hold:
    """Open an incident about the held transfer: any police may take the lead of it from then on."""
    hold = _moved(page, hold_id, signed, lambda _: _escalated(signed, EscalatedTo.POLICE))
    open_incident(page, complaint, signed.actor, signed.now, policy)
    return again(page, hold)


def _escalated(signed: Signed, whom: EscalatedTo) -> Escalated:
    return Escalated(by=signed.actor, at=signed.now, reason=signed.reason, ground=signed.ground, whom=whom)


def _moved(page: Page, hold_id: str, signed: Signed, act: Callable[[Hold], Act]) -> Hold:
    hold = seen(page, Hold, hold_id, signed.actor, signed.version)
    return move(page, hold, act(hold))
