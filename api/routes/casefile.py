"""Files of incidents and holds, to be handed over on paper or as they are."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response

from antifraud.workflow.center.casefile import case_file, hold_file
from api.auth import Scope
from api.casefile.document import POLICY, hold_document, incident_document
from api.casefile.words import Tongue
from api.looking import personal
from api.routes.access import DOCUMENTED_KEYS, refusals
from api.routes.acts import Reading, reading_with

router: Final = APIRouter(tags=["incidents"], dependencies=DOCUMENTED_KEYS)


_FILE: Final[dict[str, Any]] = {
    "response_class": Response,
    "response_description": "One HTML document that loads nothing and runs nothing",
    "responses": refusals(401, 403, 404, 422, 503) | {200: {"content": {"text/html": {"schema": {"type": "string"}}}}},
}


@router.get("/v1/incidents/{incident_id}/file", operation_id="getIncidentFile", **_FILE)
@personal
async def get_file(
    incident_id: UUID,
    reader: Annotated[Reading, reading_with(Scope.READ_TRACE)],
    language: Annotated[Tongue, Query()] = Tongue.RU,
) -> Response:
    """Return all that the caller may hand over: transfers, trace, banks' answers, holds, returns, and every act.

    Each act comes with its place in the chain of the journal: anybody can check it with SHA-256 alone. Only for those
    who see the incident whole; holds and inquiries that the caller may not see whole are not in it.
    """
    center = reader.engine.center
    policy, now = center.policy.trace, center.now()
    found = await center.read(lambda page: case_file(page, str(incident_id), reader.actor, policy, now))
    await reader.engine.looks.note(reader.caller, [found.incident, *found.inquiries, *found.holds, *found.returns])
    return _handed_over(incident_document(found, language), f"incident-{incident_id}")


@router.get("/v1/holds/{hold_id}/file", operation_id="getHoldFile", **_FILE)
@personal
async def get_hold_file(
    hold_id: UUID,
    reader: Annotated[Reading, reading_with(Scope.READ_HOLDS)],
    language: Annotated[Tongue, Query()] = Tongue.RU,
) -> Response:
    """Return all that the caller may hand over of a hold: its bases, transfer, reasons, and every act with its proof.

    Only for those who see the hold whole: the bank that holds, the police that lead, an auditor.
    """
    engine = reader.engine
    now = engine.center.now()
    found = await engine.center.read(lambda page: hold_file(page, str(hold_id), reader.actor, now))
    birth = found.hold.birth
    recorded = await engine.desk.find(birth.participant, birth.transfer_id)
    shown = [] if recorded is None else [f"{birth.participant}/{birth.transfer_id}"]
    await engine.looks.note(reader.caller, [found.hold], transfers=shown)
    return _handed_over(hold_document(found, recorded, language), f"hold-{hold_id}")


def _handed_over(text: str, name: str) -> Response:
    headers = {
        "Content-Security-Policy": POLICY,
        "Content-Disposition": f'attachment; filename="{name}.html"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return Response(text, headers=headers, media_type="text/html; charset=utf-8")
