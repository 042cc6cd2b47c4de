"""The HTTP application: FastAPI for documentation, errors and all that is only read."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from antifraud.domain.errors import AntifraudError, InvalidValue, NotFound
from api.console.refusing import is_page, refused_page
from api.console.routing import router as console
from api.contract import completed
from api.engine import Engine
from api.errors import PROBLEM_JSON, MalformedBody, Refusal, problem, refusal_of
from api.guard import guarded
from api.observing.envelope import Envelope
from api.observing.requests import EXACT
from api.posts import Posts
from api.reading import invalid_fields
from api.routes import (
    audit,
    casefile,
    cooling_offs,
    decisions,
    entities,
    events,
    health,
    holds,
    incidents,
    inquiries,
    iso20022,
    lists,
    participants,
    people,
    reports,
    returns,
    session,
    usable,
    webhooks,
)

_ABOUT: Final = """\
Scores every money transfer before it is executed and answers **allow**, **hold** or **block**.

Refusals are problem documents (RFC 9457); those about fields name each field and what it was.
"""

_TOPICS: Final = (
    decisions,
    reports,
    holds,
    incidents,
    casefile,
    inquiries,
    returns,
    iso20022,
    usable,
    entities,
    cooling_offs,
    lists,
    events,
    audit,
    webhooks,
    participants,
    people,
    session,
    health,
)

OpenEngine = Callable[[], AbstractAsyncContextManager[Engine]]


class EngineApp(FastAPI):
    """Sends what is posted straight to its endpoint, everything else through FastAPI; all of it in an envelope."""

    posts: dict[str, ASGIApp]
    envelope: ASGIApp
    body_bytes: int = 1 << 20
    refusal: AntifraudError | None = None  # why it cannot start

    def openapi(self) -> dict[str, Any]:
        """Return the contract, made once."""
        if self.openapi_schema is None:
            self.openapi_schema = completed(super().openapi())
        return self.openapi_schema

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        await (self.envelope if scope["type"] == "http" else self.serve)(scope, receive, send)

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let whoever is in charge of a path answer."""
        if scope["type"] == "http" and scope["method"] == "POST" and (endpoint := self.posts.get(scope["path"])):
            scope[EXACT] = scope["path"]
            await endpoint(scope, receive, send)
        elif scope["type"] == "http":
            await guarded(super().__call__, self.body_bytes, scope, receive, send)
        else:
            await super().__call__(scope, receive, partial(self._start, send))

    async def _start(self, send: Send, message: Message) -> None:
        """Say in one line what we refuse ourselves when the server starts, without a trace."""
        if message["type"] == "lifespan.startup.failed" and self.refusal is not None:
            message = {**message, "message": str(self.refusal)}
        await send(message)


def create_app(open_engine: OpenEngine) -> EngineApp:
    """Return the application; the engine is opened when the server starts and closed when it stops."""

    @asynccontextmanager
    async def lifespan(app: EngineApp) -> AsyncIterator[None]:
        async with AsyncExitStack() as parts:
            try:
                engine = await parts.enter_async_context(open_engine())
            except AntifraudError as refusal:
                app.refusal = refusal
                raise
            posts = Posts(engine)
            app.state.engine = engine
            app.envelope = Envelope(app.serve, by_tls=engine.by_tls, traces=engine.traces)
            app.body_bytes = engine.limits.body_bytes
            app.posts = {
                decisions.ONE: posts.decide,
                decisions.BATCH: posts.decide_batch,
                reports.REPORTS: posts.report,
            }
            yield

    app = EngineApp(
        title="Anti-fraud engine",
        version="1.0",  # of the contract, not of the program
        description=_ABOUT,
        lifespan=lifespan,
        redoc_url=None,
        docs_url=None,  # its page would load scripts from elsewhere
    )
    app.posts, app.envelope = {}, Envelope(app.serve)
    for topic in _TOPICS:
        app.include_router(topic.router)
    app.include_router(console)
    app.add_exception_handler(AntifraudError, _refused)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, _no_such_route)
    app.add_exception_handler(Exception, _refused)
    return app


async def _refused(request: Request, error: Exception) -> Response:
    return refused_page(request, error) if is_page(request) else _response(refusal_of(error))


async def _not_valid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class
    if is_page(request):
        first = error.errors()[0]
        return refused_page(request, InvalidValue(str(first["loc"][-1]), first["msg"], first["input"]))
    found = [each | {"loc": _within(each["loc"])} for each in error.errors()]
    return _response(refusal_of(invalid_fields(found, secret=request.url.path.startswith(session.SESSION))))


def _within(loc: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Return where in the body, query or path something stands, as the caller names it."""
    return loc[1:] if len(loc) > 1 and loc[0] in ("body", "query", "path", "header") else loc


async def _no_such_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    if is_page(request):
        return refused_page(request, NotFound(f"there is no page {request.url.path}"))
    status = HTTPStatus(error.status_code)
    if status == HTTPStatus.BAD_REQUEST:  # FastAPI could not even decode it, or it is nested without end
        return _response(refusal_of(MalformedBody("the body is not JSON in UTF-8 that can be read")))
    headers = dict(error.headers or {})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_methods_there(request))
    code = status.phrase.lower().replace(" ", "-")
    return _response(problem(status, code, status.phrase, headers=headers))


def _methods_there(request: Request) -> list[str]:
    """Return the methods of a path; the router by itself names those of one route only."""
    return [
        method
        for method in ("DELETE", "GET", "PATCH", "POST", "PUT")
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in request.app.routes)
    ]


def _response(refusal: Refusal) -> Response:
    return Response(refusal.body, refusal.status, dict(refusal.headers), PROBLEM_JSON)
