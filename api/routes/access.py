"""What the routes share: the engine, the caller, and the documents of refusals."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPBearer

from api import auth
from api.engine import Engine
from api.errors import MEANINGS, PROBLEM_JSON

_BEARER: Final = HTTPBearer(auto_error=False, scheme_name="Bearer", description="An API key, `afk_...`.")
_HEADER: Final = APIKeyHeader(
    name="X-Api-Key", auto_error=False, scheme_name="ApiKey", description="The same key, in a header of its own."
)
DOCUMENTED_KEYS: Final = [Security(_BEARER), Security(_HEADER)]


def engine_of(request: Request) -> Engine:
    """Return the running engine."""
    engine: Engine = request.app.state.engine
    return engine


TheEngine = Annotated[Engine, Depends(engine_of)]


def caller_with(scope: auth.Scope) -> Callable[..., Awaitable[auth.Caller]]:
    """Return a dependency that finds the caller and refuses one without `scope`."""

    async def caller(request: Request, engine: TheEngine) -> auth.Caller:
        return await engine.gatekeeper.caller(request.headers.raw, scope)

    return caller


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Document which problems an operation may answer with."""
    titles: dict[int, list[str]] = {500: ["Something went wrong here"]}
    for meaning in MEANINGS.values():
        titles.setdefault(int(meaning.status), []).append(meaning.title)
    document = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": "; or: ".join(dict.fromkeys(titles[status])), "content": document}
        for status in (*statuses, 500)
    }
