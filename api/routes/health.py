"""Health and metrics, for whoever runs the process; no key is asked for."""

from typing import Final

from fastapi import APIRouter, Response

from api.routes.access import TheEngine, public
from api.schemas import Readiness

router: Final = APIRouter(
    tags=["health"], dependencies=public("who watches the process brings no key; keep it inside the network")
)


@router.get("/health/live", operation_id="live", status_code=204, response_description="The process answers")
async def live() -> None:
    """Say that the process runs; nothing is asked of its parts."""


@router.get(
    "/health/ready",
    operation_id="ready",
    response_model=Readiness,
    response_description="Transfers can be decided",
    responses={503: {"model": Readiness, "description": "Transfers cannot be decided now; `missing` says why"}},
)
async def ready(engine: TheEngine, response: Response) -> Readiness:
    """Say whether transfers can be decided now, and what is missing if not."""
    because = engine.live.closed_because
    response.status_code = 200 if because is None else 503
    return Readiness(
        ready=because is None,
        missing=[] if because is None else [because],
        model_version=engine.desk.scorer.version,
        catalogue_version=engine.desk.catalogue_version,
    )


@router.get("/metrics", operation_id="metrics", response_description="Prometheus text format", response_class=Response)
async def metrics(engine: TheEngine) -> Response:
    """Return counters and latency histograms."""
    return Response(engine.metrics.page(), media_type="text/plain; version=0.0.4; charset=utf-8")
