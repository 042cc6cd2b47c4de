"""Reports: the documentation of taking in what became known about a transfer."""

from typing import Any, Final

from fastapi import APIRouter

from api.auth import Scope
from api.routes.access import REPLAYED, declared, refusals
from api.schemas import ReportIn, ReportOut

REPORTS: Final = "/v1/reports"

router: Final = APIRouter(tags=["reports"])
_REPEATED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"model": ReportOut, "description": "The same was said before; nothing changes", "headers": REPLAYED}
}


@router.post(
    REPORTS,
    operation_id="report",
    status_code=201,
    response_description="Known from now on, and durable",
    dependencies=declared(Scope.WRITE_REPORTS),
    responses=_REPEATED | refusals(400, 401, 403, 404, 413, 415, 422, 503),
)
async def report(report: ReportIn) -> ReportOut:
    """Report one of the caller's own transfers as fraud, or withdraw that (`fraud: false`).

    Later decisions see it at once, training sees it from then on; earlier decisions stay as they were. On 503 it
    may become known or not; wait for `Retry-After` and send the same, it counts once.
    """
    raise NotImplementedError("api.posts.Posts.report serves this path")
