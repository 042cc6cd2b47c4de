"""Decide on an incident: lead, review, confirm, deny, withdraw, close."""

from collections.abc import Sequence
from datetime import datetime

from antifraud.domain.center.act import Act, LeadNoted
from antifraud.domain.center.hold import Hold
from antifraud.domain.center.hold_acts import JoinedIncident
from antifraud.domain.center.incident import Incident
from antifraud.domain.center.incident_acts import (
    Closed,
    ComplaintDropped,
    Confirmed,
    ConfirmedPart,
    Denied,
    HandedOver,
    LeadTaken,
    ReviewBegun,
    Withdrawn,
)
from antifraud.domain.center.inquiry import Inquiry, InquiryStatus
from antifraud.domain.center.people import ENGINE
from antifraud.domain.center.return_order import ReturnOrder, ReturnStatus
from antifraud.domain.errors import InvalidValue
from antifraud.workflow.center.freeing import bound, free, let_go, open_holds, wind_up
from antifraud.workflow.center.moving import again, move
from antifraud.workflow.center.ports import Page
from antifraud.workflow.center.seeing import Signed, seen
from antifraud.workflow.center.summing import summarise

_LEADABLE = frozenset({ReturnStatus.DRAFTED, ReturnStatus.REFUSED, ReturnStatus.SANCTIONED})


def take_lead(page: Page, incident_id: str, signed: Signed) -> Incident:
    """Return the incident that the actor's police lead from now on: its holds, inquiries and orders know."""
    incident = _at(page, incident_id, signed)
    incident = move(
        page, incident, LeadTaken(by=signed.actor, at=signed.now, reason=signed.reason, ground=signed.ground)
    )
    return _tell_lead(page, incident, signed.actor.participant, signed.now)


def hand_over(page: Page, incident_id: str, police: str, signed: Signed) -> Incident:
    """Return the incident that other police lead from now on; whether they are police is for the caller to know."""
    incident = _at(page, incident_id, signed)
    act = HandedOver(by=signed.actor, at=signed.now, reason=signed.reason, ground=signed.ground, police=police)
    return _tell_lead(page, move(page, incident, act), police, signed.now)


def review(page: Page, incident_id: str, signed: Signed) -> Incident:
    """Return the incident under review."""
    incident = _at(page, incident_id, signed)
    return move(page, incident, ReviewBegun(by=signed.actor, at=signed.now, reason=signed.reason, ground=signed.ground))


def confirm(page: Page, incident_id: str, parts: Sequence[ConfirmedPart], signed: Signed) -> Incident:
    """Return the confirmed incident; what is held for it and not confirmed, now or before, is released at once.

    Raise InvalidValue for a part that its hold does not hold, or when parts add up to more than was lost.
    """
    incident = _at(page, incident_id, signed)
    holds = {hold.life_id: hold for hold in open_holds(page, incident_id, signed.now)}
    for part in parts:
        hold = holds.get(part.hold_id)
        if hold is None or part.amount_minor > hold.held_minor:
            held = 0 if hold is None else hold.held_minor
            raise InvalidValue("parts", f"hold {part.hold_id} holds {held} for this incident", part.amount_minor)
    act = Confirmed(by=signed.actor, at=signed.now, reason=signed.reason, ground=signed.ground, parts=tuple(parts))
    incident = move(page, again(page, incident), act)
    for name in holds:
        hold = page.get(Hold, name)
        beyond = hold.held_minor - incident.confirmed_minor(name)
        if beyond == hold.held_minor or (beyond > 0 and not bound(hold, signed.now)):
            free(page, hold, beyond, signed.now, "not confirmed as the victim's")
    return again(page, incident)


def deny(page: Page, incident_id: str, signed: Signed) -> Incident:
    """Return the denied incident: its money is released, but for what stands on other bases."""
    incident = _at(page, incident_id, signed)
    return _drop(page, incident, Denied(by=signed.actor, at=signed.now, reason=signed.reason, ground=signed.ground))


def withdraw(page: Page, incident_id: str, signed: Signed) -> Incident:
    """Return the incident without the actor's complaint; without the last one it ends, as a denied one does."""
    incident = _at(page, incident_id, signed)
    others = set(incident.complainants) > {signed.actor.participant}
    kind = ComplaintDropped if others else Withdrawn
    act = kind(by=signed.actor, at=signed.now, reason=signed.reason, ground=signed.ground)
    return move(page, incident, act) if others else _drop(page, incident, act)


def close(page: Page, incident_id: str, signed: Signed) -> Incident:
    """Return the closed incident; nothing may be held for it any more."""
    incident = _at(page, incident_id, signed)
    incident = move(page, incident, Closed(by=signed.actor, at=signed.now, reason=signed.reason, ground=signed.ground))
    wind_up(page, incident_id, signed.now, "the incident was closed")
    return again(page, incident)


def _at(page: Page, incident_id: str, signed: Signed) -> Incident:
    """Return an incident as it stands at that moment: clocks of its holds first, then people."""
    incident = seen(page, Incident, incident_id, signed.actor, signed.version)
    open_holds(page, incident_id, signed.now)
    return again(page, incident)


def _drop(page: Page, incident: Incident, act: Act) -> Incident:
    incident = move(page, incident, act)
    let_go(page, incident.life_id, act.at, f"the incident was {incident.status.value}")
    return summarise(page, incident.life_id, act.at)  # where nothing was held at all


def _tell_lead(page: Page, incident: Incident, police: str, now: datetime) -> Incident:
    key = f"incident:{incident.life_id}"
    for hold in open_holds(page, incident.life_id, now):
        move(page, hold, JoinedIncident(by=ENGINE, at=now, incident_id=incident.life_id, police=police))
    for inquiry in page.found_by(Inquiry, key):
        if inquiry.status is not InquiryStatus.ENDED:
            move(page, inquiry, LeadNoted(by=ENGINE, at=now, police=police))
    for order in page.found_by(ReturnOrder, key):
        if order.status in _LEADABLE:
            move(page, order, LeadNoted(by=ENGINE, at=now, police=police))
    return again(page, incident)
