"""Let go of what an incident holds, and of what stands around it, when it ends."""

from datetime import datetime

from antifraud.domain.center.basis import BasisKind
from antifraud.domain.center.hold import Hold
from antifraud.domain.center.hold_acts import BasisEnded, Released, ReleaseGround
from antifraud.domain.center.inquiry import Inquiry, InquiryStatus
from antifraud.domain.center.inquiry_acts import Ended
from antifraud.domain.center.people import ENGINE
from antifraud.domain.center.return_acts import Lapsed
from antifraud.domain.center.return_order import ReturnOrder, ReturnStatus
from antifraud.domain.center.taint import Cleared, Taint, TaintStatus
from antifraud.workflow.center.moving import again, current, move
from antifraud.workflow.center.ports import Page

_BINDS = frozenset({BasisKind.POLICE_ORDER, BasisKind.SEIZURE, BasisKind.SANCTIONED_RETURN})
_WAITS = frozenset({ReturnStatus.DRAFTED, ReturnStatus.REFUSED})


def open_holds(page: Page, incident_id: str, now: datetime) -> list[Hold]:
    """Return the holds of an incident that hold something at `now`, oldest first."""
    found = [current(page, again(page, each), now) for each in page.found_by(Hold, f"incident:{incident_id}")]
    return [each for each in found if each.held_minor]


def bound(hold: Hold, now: datetime) -> bool:
    """Say whether an order is in force that only who gave it can lift."""
    return any(basis.kind in _BINDS and basis.in_force(now) for basis in hold.bases)


def free(page: Page, hold: Hold, amount_minor: int, now: datetime, reason: str) -> None:
    """Release so much of a hold as the platform may: nothing of what stands on more than a bank's suspicion.

    There the suspicion ends, if all was to be released, and the other bases go on with clocks of their own.
    """
    others = [basis for basis in hold.bases if basis.kind is not BasisKind.BANK_SUSPICION and basis.in_force(now)]
    if not others:
        because = ReleaseGround.INCIDENT_ENDED
        move(page, hold, Released(by=ENGINE, at=now, reason=reason, amount_minor=amount_minor, because=because))
    elif amount_minor == hold.held_minor and any(
        basis.kind is BasisKind.BANK_SUSPICION and basis.in_force(now) for basis in hold.bases
    ):
        move(page, hold, BasisEnded(by=ENGINE, at=now, reason=reason, basis=BasisKind.BANK_SUSPICION))


def let_go(page: Page, incident_id: str, now: datetime, reason: str) -> None:
    """Free all that is held for an incident that was denied or withdrawn."""
    for order in page.found_by(ReturnOrder, f"incident:{incident_id}"):
        if order.status in _WAITS:
            move(page, order, Lapsed(by=ENGINE, at=now, reason=reason))
    for hold in open_holds(page, incident_id, now):
        free(page, hold, hold.held_minor, now, reason)
    wind_up(page, incident_id, now, reason)


def wind_up(page: Page, incident_id: str, now: datetime, reason: str) -> None:
    """End the questions to banks and the marks on accounts."""
    for inquiry in page.found_by(Inquiry, f"incident:{incident_id}"):
        if inquiry.status is not InquiryStatus.ENDED:
            move(page, inquiry, Ended(by=ENGINE, at=now, reason=reason))
    for taint in page.found_by(Taint, f"incident:{incident_id}"):
        if taint.status is TaintStatus.TAINTED:
            move(page, taint, Cleared(by=ENGINE, at=now, reason=reason))
