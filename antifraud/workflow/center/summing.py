"""What follows for an incident from anything that happens below it, inside the same transaction."""

from datetime import datetime

from antifraud.domain.center.hold import Hold
from antifraud.domain.center.incident import Incident
from antifraud.domain.center.incident_sums import summed
from antifraud.domain.center.inquiry import Inquiry
from antifraud.domain.center.life import Life
from antifraud.domain.center.people import ENGINE
from antifraud.domain.center.return_acts import Lapsed
from antifraud.domain.center.return_order import ReturnOrder, ReturnStatus
from antifraud.workflow.center.chasing import chase_released
from antifraud.workflow.center.ports import Page

_WAITS = frozenset({ReturnStatus.DRAFTED, ReturnStatus.REFUSED})


def follow(page: Page, before: Life | None, life: Life, at: datetime) -> None:
    """Bring the incident that a hold, an inquiry or a return order belongs to in line with what an act made of it."""
    if isinstance(before, Hold) and isinstance(life, Hold):
        chase_released(page, before, life, at)
    match life:
        case Hold() if life.incident_id is not None:
            _lapse(page, life, at)
            summarise(page, life.incident_id, at)
        case Inquiry() | ReturnOrder():
            summarise(page, life.birth.incident_id, at)
        case _:
            pass


def summarise(page: Page, incident_id: str, at: datetime) -> Incident:
    """Return the incident with the state and the sums that its holds, inquiries and orders give it."""
    incident = page.get(Incident, incident_id)
    key = f"incident:{incident_id}"
    holds, inquiries = page.found_by(Hold, key), page.found_by(Inquiry, key)
    act = summed(incident, holds, inquiries, page.found_by(ReturnOrder, key), at)
    return incident if act is None else page.act(incident, incident.apply(act), act)


def _lapse(page: Page, hold: Hold, at: datetime) -> None:
    """End the unsanctioned orders of a hold that holds less than they would return."""
    for order in page.found_by(ReturnOrder, f"hold:{hold.life_id}"):
        if order.status in _WAITS and order.amount_minor > hold.held_minor:
            lapsed = Lapsed(by=ENGINE, at=at, reason="less is held than it would return")
            page.act(order, order.apply(lapsed), lapsed)
