"""Open an incident: one for each fraud, whoever complains of it and however often."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from antifraud.domain.center.hold import Hold
from antifraud.domain.center.hold_acts import JoinedIncident
from antifraud.domain.center.incident import Incident
from antifraud.domain.center.incident_acts import (
    ComplaintJoined,
    IncidentSource,
    Opened,
    OpenedAgain,
)
from antifraud.domain.center.passage import Passage
from antifraud.domain.center.people import ENGINE, Actor
from antifraud.domain.center.trace import TracePolicy
from antifraud.domain.errors import Conflict
from antifraud.domain.typology import FraudType
from antifraud.workflow.center.clocks import after_clock
from antifraud.workflow.center.moving import again, begin, current, move, move_on
from antifraud.workflow.center.ports import Page
from antifraud.workflow.center.trace import follow_money


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What somebody says happened."""

    source: IncidentSource
    fraud_type: FraudType
    transfers: tuple[Passage, ...]  # the victim's
    reason: str | None = None
    ground: str | None = None


def open_incident(
    page: Page, complaint: Complaint, actor: Actor, now: datetime, policy: TracePolicy
) -> tuple[Incident, bool]:
    """Return the incident about these transfers, and whether it is new; its banks are told in the same transaction.

    The same complaint again is noted; another participant's joins it. What ended is not opened again: a new
    incident names it as its parent. Raise Conflict when the transfers belong to several incidents.
    """
    about = _about(page, complaint.transfers)
    open_ones = [each for each in about if not each.ended]
    if len(open_ones) > 1:
        names = ", ".join(each.life_id for each in open_ones)
        raise Conflict(f"these transfers belong to several incidents: {names}")
    if open_ones:
        move_on(page, open_ones[0], now, lambda page, life, act: after_clock(page, life, act, policy))
        incident = again(page, open_ones[0])
        if not incident.ended:  # its last clock may have come
            return _join(page, incident, complaint, actor, now, policy), False
    act = Opened(
        by=actor,
        at=now,
        source=complaint.source,
        fraud_type=complaint.fraud_type,
        transfers=complaint.transfers,
        reason=complaint.reason,
        ground=complaint.ground,
        parent_incident=about[-1].life_id if about else None,
    )
    incident = begin(page, Incident.begin(page.new_id(now), act), act)
    _join_holds(page, incident, complaint.transfers, now)
    return follow_money(page, again(page, incident), policy, now), True


def _about(page: Page, transfers: Sequence[Passage]) -> list[Incident]:
    """Return all incidents about any of the transfers, oldest first."""
    found = {life.life_id: life for each in transfers for key in each.keys for life in page.found_by(Incident, key)}
    return [found[name] for name in sorted(found)]


def _join(
    page: Page, incident: Incident, complaint: Complaint, actor: Actor, now: datetime, policy: TracePolicy
) -> Incident:
    known = {key for each in incident.transfers for key in each.keys}
    further = tuple(each for each in complaint.transfers if not known & set(each.keys))
    said = {"reason": complaint.reason, "ground": complaint.ground}
    if actor.participant in incident.complainants:
        incident = move(page, incident, OpenedAgain(by=actor, at=now, transfers=further, **said))
    else:
        act = ComplaintJoined(by=actor, at=now, transfers=further, source=complaint.source, **said)
        incident = move(page, incident, act)
    if not further:
        return incident
    _join_holds(page, incident, further, now)
    return follow_money(page, again(page, incident), policy, now)


def _join_holds(page: Page, incident: Incident, transfers: Sequence[Passage], now: datetime) -> None:
    """Make what is held of these transfers already part of the incident."""
    for transfer in transfers:
        for hold in page.found_by(Hold, f"transfer:{transfer.participant}/{transfer.transfer_id}"):
            held = current(page, hold, now)
            if held.held_minor and held.incident_id is None:
                act = JoinedIncident(by=ENGINE, at=now, incident_id=incident.life_id, police=incident.police)
                move(page, held, act)
