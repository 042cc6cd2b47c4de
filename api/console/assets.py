"""What pages load besides themselves, and where browsers report what they refused."""

from typing import Final

from fastapi import APIRouter, Request, Response

from antifraud.domain.errors import NotFound
from api.console.pages import CSP_REPORTS, STATIC
from api.routes.access import TheEngine, public

router: Final = APIRouter(include_in_schema=False)
_KEPT: Final = "public, max-age=31536000, immutable"


@router.get(STATIC + "/{name}", dependencies=public("styles and scripts are the same for all and say nothing"))
async def asset(name: str, request: Request, engine: TheEngine) -> Response:
    """Return a file; one that is asked for by its present version may be kept for ever."""
    found = engine.pages.assets.get(name)
    if found is None:
        raise NotFound(f"there is no {name}")
    known = found.address.endswith(f"?{request.url.query}")
    headers = {"Cache-Control": _KEPT if known else "no-cache", "X-Content-Type-Options": "nosniff"}
    return Response(found.content, headers=headers, media_type=found.media_type)


@router.post(CSP_REPORTS, status_code=204, dependencies=public("browsers report without any proof; it is only counted"))
async def report(engine: TheEngine) -> None:
    """Count that a page tried what it may not."""
    engine.pages.violations += 1
