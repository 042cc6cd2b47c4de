"""Incidents: one for each fraud, from the complaint until the money is back, and the trace of its money."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response

from antifraud.domain.center.incident import UNLED, Incident
from antifraud.domain.center.incident_steps import IncidentStatus
from antifraud.domain.center.life import Sight
from antifraud.domain.center.mixing import MixingRule
from antifraud.domain.center.people import POLICE, ParticipantKind
from antifraud.domain.errors import Conflict, NotPermitted
from antifraud.workflow.center import opening, reviewing
from antifraud.workflow.center.opening import Complaint
from antifraud.workflow.center.ports import Page
from antifraud.workflow.center.seeing import Signed, seen, sight_of
from antifraud.workflow.center.stopping import stoppable
from antifraud.workflow.center.trace import traced
from api.auth import Scope
from api.claims import passages_of
from api.looking import personal
from api.paging import Cursor, Limit, selection_of
from api.routes.access import DOCUMENTED_KEYS, refusals
from api.routes.acts import READS_MANY, READS_ONE, Acting, Reading, acting_with, acts, begins, reading_with
from api.schemas import OpaqueId
from api.views.asking import ActIn
from api.views.incident import ConfirmIn, HandOverIn, IncidentIn, IncidentOut, IncidentPage
from api.views.trace import TraceOut

INCIDENTS: Final = "/v1/incidents"
_ONE: Final = INCIDENTS + "/{incident_id}"

router: Final = APIRouter(tags=["incidents"], dependencies=DOCUMENTED_KEYS)
Reader = Annotated[Reading, reading_with(Scope.READ_INCIDENTS)]
Tracer = Annotated[Reading, reading_with(Scope.READ_TRACE)]
Writer = Annotated[Acting, acting_with(Scope.WRITE_INCIDENTS)]
_ACTS: Final = acts(IncidentOut)


@router.post(INCIDENTS, operation_id="openIncident", **begins(IncidentOut))
async def open_incident(body: IncidentIn, acting: Writer) -> Response:
    """Open an incident about transfers that were sent for a decision; their banks are told at once.

    The same transfers again (or the same `end_to_end_id`) are the same incident: a repeated complaint is noted, another
    participant's joins it. What ended is not opened again: the new incident names it as its parent.
    """
    engine = acting.engine
    complaint = Complaint(
        source=body.source,
        fraud_type=body.fraud_type,
        transfers=await passages_of(engine, body.transfers, acting.actor),
        reason=body.reason,
        ground=body.ground,
    )

    def work(page: Page, now: datetime) -> IncidentOut:
        incident, _ = opening.open_incident(page, complaint, acting.actor, now, engine.center.policy.trace)
        return IncidentOut.of(incident, acting.actor)

    return await acting.begin(work)


@router.get(INCIDENTS, operation_id="listIncidents", **READS_MANY)
async def list_incidents(
    reader: Reader,
    status: Annotated[list[IncidentStatus] | None, Query(description="May be given again; default: all.")] = None,
    transfer: Annotated[
        str | None, Query(max_length=130, description="Only that of this transfer, as `participant/transfer_id`.")
    ] = None,
    end_to_end_id: Annotated[OpaqueId | None, Query(description="Only that of this chain of messages.")] = None,
    unled: Annotated[bool, Query(description="Police: those that nobody leads, whoever opened them.")] = False,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> IncidentPage:
    """List the incidents that the caller's organisation may see, page by page."""
    named = (("transfer", transfer), ("end-to-end", end_to_end_id))
    keys = [f"{kind}:{value}" for kind, value in named if value is not None]
    selection = replace(selection_of(reader.caller, status or (), cursor, limit), keys=keys)
    if unled:
        if reader.actor.role not in POLICE:
            raise NotPermitted("only police ask for incidents that nobody leads")
        selection = replace(selection, party=None, keys=[*keys, UNLED])
    shown, more = await reader.page(Incident, selection)
    return IncidentPage(items=[IncidentOut.of(each, reader.actor) for each in shown], next=more)


@router.get(_ONE, operation_id="getIncident", **READS_ONE)
@personal
async def get_incident(incident_id: UUID, reader: Reader, response: Response) -> IncidentOut:
    """Return an incident; send its ETag as `If-Match` with an act, so that nobody acts on what changed meanwhile."""
    return IncidentOut.of(await reader.one(Incident, incident_id, response), reader.actor)


@router.get(
    _ONE + "/trace",
    operation_id="traceIncident",
    response_description="The money as it can be followed now",
    responses=refusals(401, 403, 404, 409, 422, 503),
)
@personal
async def trace_incident(
    incident_id: UUID,
    reader: Tracer,
    response: Response,
    rule: Annotated[
        MixingRule | None, Query(description="What if another rule were used; default: the policy's.")
    ] = None,
) -> TraceOut:
    """Follow the victim's money over accounts, banks and time, and say where it can still be stopped.

    Nothing is written: banks are asked by the incident itself, at its opening and again as time passes. 409 while all
    of its transfers are stopped: then no money moved.
    """
    incident = await reader.one(Incident, incident_id, response)
    if sight_of(incident, reader.actor) is not Sight.WHOLE:
        raise NotPermitted(f"incident {incident_id}: only who complains, leads or sanctions follows its money")
    center = reader.engine.center
    policy = center.policy.trace if rule is None else replace(center.policy.trace, rule=rule)

    def follow(page: Page) -> TraceOut:
        current = seen(page, Incident, str(incident_id), reader.actor)
        found = traced(page, current, policy, center.now())
        if found is None:
            raise Conflict(f"incident {incident_id}: all of its transfers are stopped, no money moved")
        return TraceOut.of(found, stoppable(page, current, found), policy.rule, current.currency)

    return await center.read(follow)


@router.post(_ONE + "/lead", operation_id="leadIncident", **_ACTS)
async def lead(incident_id: UUID, body: ActIn, acting: Writer) -> Response:
    """Take the lead, as police, of an incident that nobody leads."""
    return await acting.on(
        body, lambda page, signed: reviewing.take_lead(page, str(incident_id), signed), IncidentOut.of
    )


@router.post(_ONE + "/hand-over", operation_id="handOverIncident", **_ACTS)
async def hand_over(incident_id: UUID, body: HandOverIn, acting: Writer) -> Response:
    """Give the lead to other police."""
    office = acting.engine.identity.keys
    police = await office.check_kind("police", body.police, ParticipantKind.POLICE)

    def work(page: Page, signed: Signed) -> Incident:
        return reviewing.hand_over(page, str(incident_id), police, signed)

    return await acting.on(body, work, IncidentOut.of)


@router.post(_ONE + "/review", operation_id="reviewIncident", **_ACTS)
async def review(incident_id: UUID, body: ActIn, acting: Writer) -> Response:
    """Begin to look at what the banks found."""
    return await acting.on(body, lambda page, signed: reviewing.review(page, str(incident_id), signed), IncidentOut.of)


@router.post(_ONE + "/confirm", operation_id="confirmIncident", **_ACTS)
async def confirm(incident_id: UUID, body: ConfirmIn, acting: Writer) -> Response:
    """Decide, as the police that lead, that it was fraud. What is held beyond the named parts is released at once."""
    parts = [each.part for each in body.parts]

    def work(page: Page, signed: Signed) -> Incident:
        return reviewing.confirm(page, str(incident_id), parts, signed)

    return await acting.on(body, work, IncidentOut.of)


@router.post(_ONE + "/deny", operation_id="denyIncident", **_ACTS)
async def deny(incident_id: UUID, body: ActIn, acting: Writer) -> Response:
    """Decide that it was no fraud: its money is released, but for what stands on other bases."""
    return await acting.on(body, lambda page, signed: reviewing.deny(page, str(incident_id), signed), IncidentOut.of)


@router.post(_ONE + "/withdraw", operation_id="withdrawIncident", **_ACTS)
async def withdraw(incident_id: UUID, body: ActIn, acting: Writer) -> Response:
    """Take one's own complaint back; without the last one the incident ends as a denied one does."""
    return await acting.on(
        body, lambda page, signed: reviewing.withdraw(page, str(incident_id), signed), IncidentOut.of
    )


@router.post(_ONE + "/close", operation_id="closeIncident", **_ACTS)
async def close(incident_id: UUID, body: ActIn, acting: Writer) -> Response:
    """End what is settled; nothing may be held for it any more."""
    return await acting.on(body, lambda page, signed: reviewing.close(page, str(incident_id), signed), IncidentOut.of)
