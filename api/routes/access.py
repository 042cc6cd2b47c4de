"""What the routes share: the engine, the caller, and the documents of refusals."""

from typing import Annotated, Any, Final

from fastapi import Depends, Request, Response, Security, params
from fastapi.security import APIKeyCookie, APIKeyHeader, HTTPBearer

from antifraud.domain.center.person import Session
from api import auth
from api.engine import Engine
from api.errors import MEANINGS, PROBLEM_JSON

_BEARER: Final = HTTPBearer(auto_error=False, scheme_name="Bearer", description="An API key, `afk_...`.")
_HEADER: Final = APIKeyHeader(
    name="X-Api-Key", auto_error=False, scheme_name="ApiKey", description="The same key, in a header of its own."
)
REPLAYED: Final = {
    "Idempotent-Replay": {
        "description": "This was sent before; the answer is the first one.",
        "required": True,
        "schema": {"type": "string", "const": "true"},
    }
}
_LATER: Final = frozenset({429, 503})
_RETRY_AFTER: Final = {
    "description": "Seconds to wait before the same is sent again.",
    "required": True,
    "schema": {"type": "integer", "minimum": 1},
}
_SESSION: Final = APIKeyCookie(
    name="__Host-antifraud",
    auto_error=False,
    scheme_name="Session",
    description="A person's session, made by signing in; without https its name is `antifraud`. What changes anything "
    "needs `X-CSRF-Token` besides.",
)
DOCUMENTED_KEYS: Final = [Security(_BEARER), Security(_HEADER), Security(_SESSION)]
DOCUMENTED_SESSION: Final = [Security(_SESSION)]
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


async def engine_of(request: Request) -> Engine:
    """Return the running engine; async, because FastAPI sends whatever is not to a thread, for every request."""
    engine: Engine = request.app.state.engine
    return engine


TheEngine = Annotated[Engine, Depends(engine_of)]


class CallerWith:
    """A dependency that finds the caller and refuses one without the scope; what it asks for can be read off it."""

    def __init__(self, scope: auth.Scope) -> None:
        self.scope = scope

    async def __call__(self, request: Request, engine: TheEngine) -> auth.Caller:
        """Return the caller; raise NotAuthenticated or NotPermitted."""
        return await engine.gatekeeper.caller(request.headers.raw, self.scope, safe=request.method in _SAFE)


def caller_with(scope: auth.Scope) -> CallerWith:
    """Return a dependency that finds the caller and refuses one without `scope`."""
    return CallerWith(scope)


async def no_store(response: Response) -> None:
    """Let nobody on the way keep the answer: it may hold a secret."""
    response.headers["Cache-Control"] = "no-store"


class Public:
    """A dependency that asks for nothing, and says why nobody has to prove anything."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    async def __call__(self) -> None:
        """Let everybody in."""


def public(reason: str) -> list[params.Depends]:
    """Return what a route declares that is open to everybody, for a reason."""
    return [Depends(Public(reason))]


def declared(scope: auth.Scope) -> list[params.Depends]:
    """Return what a route declares that plain ASGI serves: how to prove who one is, and the scope it asks for."""
    return [*DOCUMENTED_KEYS, Depends(caller_with(scope))]


async def own_session(request: Request, engine: TheEngine) -> tuple[str, Session]:
    """Return the session that the request brings, with its token, whatever its role may do."""
    return await engine.gatekeeper.session(request.headers.raw, safe=request.method in _SAFE)


OwnSession = Annotated[tuple[str, Session], Depends(own_session)]


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Document which problems an operation may answer with."""
    titles: dict[int, list[str]] = {500: ["Something went wrong here"]}
    for meaning in MEANINGS.values():
        titles.setdefault(int(meaning.status), []).append(meaning.title)
    document = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": "; or: ".join(dict.fromkeys(titles[status])), "content": document}
        | ({"headers": {"Retry-After": _RETRY_AFTER}} if status in _LATER else {})
        for status in (*statuses, 500)
    }
