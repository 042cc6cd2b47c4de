"""What people do about holds: each use case finds the hold as they may see it, and moves it by one act."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from antifraud.domain.center.act import Act
from antifraud.domain.center.basis import BasisKind
from antifraud.domain.center.hold import Hold
from antifraud.domain.center.hold_acts import (
    BasisAdded,
    BasisEnded,
    ClientAnswered,
    ClientSays,
    Countersigned,
    Declined,
    Held,
    HeldWhat,
    RefusalGround,
    Refused,
    Released,
    ReleaseGround,
    ReleaseProposed,
)
from antifraud.domain.center.people import Actor
from antifraud.domain.center.policy import CenterPolicy
from antifraud.domain.errors import Conflict
from antifraud.workflow.center.moving import move
from antifraud.workflow.center.ports import Page
from antifraud.workflow.center.seeing import OnLife, seen


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
    return page.act(None, Hold.begin(page.new_id(now), act), act)


def release(page: Page, on: OnLife, amount_minor: int | None, because: ReleaseGround) -> Hold:
    """Let money go, all that is held unless an amount is named; above the limit that is a proposal."""

    def act(hold: Hold) -> Act:
        amount = hold.held_minor if amount_minor is None else amount_minor
        kind = ReleaseProposed if hold.needs_second_signature(amount) else Released
        return kind(by=on.actor, at=on.now, reason=on.reason, ground=on.ground, amount_minor=amount, because=because)

    return _moved(page, on, act)


def countersign(page: Page, on: OnLife) -> Hold:
    """Agree with a proposed release, as another person than who proposed it."""
    return _moved(page, on, lambda _: Countersigned(by=on.actor, at=on.now, reason=on.reason, ground=on.ground))


def decline(page: Page, on: OnLife) -> Hold:
    """Do not agree with a proposed release."""
    return _moved(page, on, lambda _: Declined(by=on.actor, at=on.now, reason=on.reason, ground=on.ground))


def refuse(page: Page, on: OnLife, because: RefusalGround) -> Hold:
    """Do not carry out the instruction."""
    return _moved(
        page, on, lambda _: Refused(by=on.actor, at=on.now, reason=on.reason, ground=on.ground, because=because)
    )


def add_basis(page: Page, on: OnLife, basis: BasisKind, document: str | None, until: datetime | None) -> Hold:
    """Hold the money on a further basis."""
    return _moved(
        page,
        on,
        lambda _: BasisAdded(
            by=on.actor,
            at=on.now,
            reason=on.reason,
            ground=on.ground,
            basis=basis,
            document=document,
            until=until,
        ),
    )


def end_basis(page: Page, on: OnLife, basis: BasisKind, document: str | None) -> Hold:
    """Take a basis back; if it was the last, the clock lets the money go at once."""
    return _moved(
        page,
        on,
        lambda _: BasisEnded(
            by=on.actor, at=on.now, reason=on.reason, ground=on.ground, basis=basis, document=document
        ),
    )


def note_answer(page: Page, on: OnLife, says: ClientSays) -> Hold:
    """Write down what the client answered."""
    return _moved(
        page, on, lambda _: ClientAnswered(by=on.actor, at=on.now, reason=on.reason, ground=on.ground, says=says)
    )


def _moved(page: Page, on: OnLife, act: Callable[[Hold], Act]) -> Hold:
    hold = seen(page, Hold, on.life_id, on.actor, on.version)
    return move(page, hold, act(hold))
