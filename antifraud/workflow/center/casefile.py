"""Files of incidents and holds: everything that somebody may hand over about one, with the proof that it was so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from antifraud.domain.center.hold import Hold
from antifraud.domain.center.incident import Incident
from antifraud.domain.center.inquiry import Inquiry
from antifraud.domain.center.life import Life, Sight
from antifraud.domain.center.people import Actor
from antifraud.domain.center.return_order import ReturnOrder
from antifraud.domain.center.trace import Trace, TracePolicy
from antifraud.domain.errors import NotPermitted
from antifraud.workflow.center.ports import Page, Sealed
from antifraud.workflow.center.seeing import seen, sight_of
from antifraud.workflow.center.stopping import Stoppable, stoppable
from antifraud.workflow.center.trace import traced

L = TypeVar("L", bound=Life)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """An incident as one reader may know it whole, at one moment. `found` None: all of its transfers are stopped."""

    incident: Incident
    made_at: datetime
    made_for: Actor
    found: Trace | None
    stoppable: Sequence[Stoppable]
    inquiries: Sequence[Inquiry]
    holds: Sequence[Hold]
    returns: Sequence[ReturnOrder]
    acts: Sequence[Sealed]  # of all these, in the order of the journal


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldFile:
    """A hold as one reader may know it whole, at one moment; its transfer and answer stand in the decision log."""

    hold: Hold
    made_at: datetime
    made_for: Actor
    acts: Sequence[Sealed]


def hold_file(page: Page, hold_id: str, actor: Actor, now: datetime) -> HoldFile:
    """Return the file of a hold; raise NotFound, or NotPermitted for who sees only the minimum of it."""
    hold = seen(page, Hold, hold_id, actor)
    if sight_of(hold, actor) is not Sight.WHOLE:
        raise NotPermitted(f"hold {hold_id}: only the bank that holds and the police that lead have its file")
    return HoldFile(hold=hold, made_at=now, made_for=actor, acts=page.sealed_of(hold_id))


def case_file(page: Page, incident_id: str, actor: Actor, policy: TracePolicy, now: datetime) -> CaseFile:
    """Return the file; raise NotFound, or NotPermitted for who sees only the minimum of the incident."""
    incident = seen(page, Incident, incident_id, actor)
    if sight_of(incident, actor) is not Sight.WHOLE:
        raise NotPermitted(f"incident {incident_id}: only who complains, leads or sanctions has its file")
    key = f"incident:{incident_id}"
    inquiries = _whole(page.found_by(Inquiry, key), actor)
    holds, returns = _whole(page.found_by(Hold, key), actor), _whole(page.found_by(ReturnOrder, key), actor)
    found = traced(page, incident, policy, now)
    lives: list[Life] = [incident, *inquiries, *holds, *returns]
    acts = [each for life in lives for each in page.sealed_of(life.life_id)]
    return CaseFile(
        incident=incident,
        made_at=now,
        made_for=actor,
        found=found,
        stoppable=() if found is None else stoppable(page, incident, found),
        inquiries=inquiries,
        holds=holds,
        returns=returns,
        acts=sorted(acts, key=lambda each: each.written.seq),
    )


def _whole(lives: Sequence[L], actor: Actor) -> list[L]:
    return [each for each in lives if sight_of(each, actor) is Sight.WHOLE]
