"""What follows for an incident from its holds, inquiries and orders: pure, and the only place that says it."""

from collections.abc import Sequence
from datetime import datetime

from antifraud.domain.center import incident_acts as acts
from antifraud.domain.center.hold import Hold
from antifraud.domain.center.hold_table import HoldStatus
from antifraud.domain.center.incident import Incident
from antifraud.domain.center.incident_acts import Counted, Sums
from antifraud.domain.center.incident_steps import ASKING, DROPPED, RETURNING, IncidentStatus
from antifraud.domain.center.inquiry import Inquiry
from antifraud.domain.center.people import ENGINE
from antifraud.domain.center.return_order import ReturnOrder, ReturnStatus


def summed(
    incident: Incident, holds: Sequence[Hold], inquiries: Sequence[Inquiry], orders: Sequence[ReturnOrder], at: datetime
) -> Counted | None:
    """Return the platform's act that brings an incident in line with what is below it, None when it is."""
    sums = Sums(
        held_minor=sum(hold.held_minor for hold in holds),
        released_minor=sum(hold.released_minor for hold in holds),
        refused_minor=sum(hold.refused_minor for hold in holds),
        returned_minor=sum(hold.returned_minor for hold in holds),
        ordered_minor=sum(order.amount_minor for order in orders if order.binds),
    )
    if incident.status in RETURNING:
        kind = _returning(incident, sums, orders)
    elif incident.status in DROPPED:
        kind = acts.LetGo if sums.held_minor == 0 else None
    else:
        kind = _asking(incident, sums, holds, any(inquiry.waits for inquiry in inquiries))
    if kind is not None:
        return kind(by=ENGINE, at=at, sums=sums)
    return None if sums == incident.sums else Counted(by=ENGINE, at=at, sums=sums)


def _asking(incident: Incident, sums: Sums, holds: Sequence[Hold], waiting: bool) -> type[Counted] | None:
    """Return where undecided incidents go, by what is held; a review goes on unless clocks took all of it."""
    status = incident.status
    ran_out = incident.sums.held_minor > 0 and any(hold.status is HoldStatus.EXPIRED for hold in holds)
    if sums.held_minor == 0:
        if ran_out and (status in ASKING or status is IncidentStatus.UNDER_REVIEW):
            return acts.RanOut
        nothing = status in ASKING and status is not IncidentStatus.NO_FUNDS and not waiting
        return acts.NothingHeld if nothing else None
    if status not in (*ASKING, IncidentStatus.EXPIRED, IncidentStatus.RETURNED):
        return None
    full = sums.held_minor + sums.refused_minor + sums.returned_minor + incident.came_back_minor
    kind, to = (
        (acts.HeldInFull, IncidentStatus.FUNDS_HELD)
        if full >= incident.claimed_minor
        else (acts.HeldInPart, IncidentStatus.PARTIALLY_HELD)
    )
    return None if status is to else kind


def _returning(incident: Incident, sums: Sums, orders: Sequence[ReturnOrder]) -> type[Counted] | None:
    """Return where a confirmed incident goes: the order that is furthest from its end speaks."""
    present = {order.status for order in orders}
    ended = sums.held_minor == 0 and sums.returned_minor > 0
    leads: tuple[tuple[bool, type[Counted], IncidentStatus], ...] = (
        (ReturnStatus.DRAFTED in present, acts.ReturnDrafted, IncidentStatus.RETURN_DRAFTED),
        (ReturnStatus.SANCTIONED in present, acts.ReturnSanctioned, IncidentStatus.RETURN_SANCTIONED),
        (ReturnStatus.REFUSED in present, acts.ReturnRefused, IncidentStatus.RETURN_REFUSED),
        (ended, acts.AllReturned, IncidentStatus.RETURNED),
        (True, acts.ReturnsEnded, IncidentStatus.CONFIRMED),
    )
    kind, to = next((kind, to) for speaks, kind, to in leads if speaks)
    return None if incident.status is to else kind
