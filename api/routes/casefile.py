"""The file of an incident, to be handed over on paper or as it is."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response

from antifraud.workflow.center.casefile import case_file
from api.auth import Scope
from api.casefile.document import POLICY, document
from api.casefile.words import Tongue
from api.looking import personal
from api.routes.access import DOCUMENTED_KEYS, refusals
from api.routes.acts import Reading, reading_with

router: Final = APIRouter(tags=["incidents"], dependencies=DOCUMENTED_KEYS)


@router.get(
    "/v1/incidents/{incident_id}/file",
    operation_id="getIncidentFile",
    response_class=Response,
    response_description="One HTML document that loads nothing and runs nothing",
    responses=refusals(401, 403, 404, 422, 503) | {200: {"content": {"text/html": {"schema": {"type": "string"}}}}},
)
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
    headers = {
        "Content-Security-Policy": POLICY,
        "Content-Disposition": f'attachment; filename="incident-{incident_id}.html"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return Response(document(found, language), headers=headers, media_type="text/html; charset=utf-8")
