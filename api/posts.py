"""Everything that is posted, as plain ASGI: read, call one use case, send.

Decisions are nearly all requests, so nothing stands between the server and them: no middleware, no
dependency solving, no second rendering. `api.routes` has the documentation of these endpoints.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from starlette.types import Receive, Scope, Send

from antifraud.domain.errors import AntifraudError, InvalidValue
from antifraud.workflow.decide import Answer
from antifraud.workflow.report import ReportRequest
from api import auth
from api.engine import Engine
from api.errors import PROBLEM_JSON, BodyTooLarge, Refusal, WrongContentType, refusal_of
from api.observing.logs import REQUEST_ID
from api.reading import Incoming, read_object, refuse_packed
from api.render import render_report
from api.schemas import BUDGET_HEADER, ReportIn

_log: Final = logging.getLogger(__name__)
_JSON: Final = (b"content-type", b"application/json")
_REPLAY: Final = (b"idempotent-replay", b"true")
_BUDGET: Final = BUDGET_HEADER.lower().encode()

Headers = Iterable[tuple[bytes, bytes]]
Answerer = Callable[[Scope, Receive], Awaitable[tuple[int, bytes, Headers]]]


class Posts:
    """Serves every POST."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def decide(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Decide one transfer: 201, or 200 with `Idempotent-Replay: true` when it was decided before."""
        await self._serve(self._decide_one, scope, receive, send)

    async def decide_batch(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Decide a JSON array of transfers in order: 200 with an item for each, which has its own status."""
        await self._serve(self._decide_batch, scope, receive, send)

    async def report(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take in a report: 201, or 200 when the same was said before."""
        await self._serve(self._report, scope, receive, send)

    async def _serve(self, answerer: Answerer, scope: Scope, receive: Receive, send: Send) -> None:
        metrics = self._engine.metrics
        since = metrics.now()
        try:
            status, body, headers = await answerer(scope, receive)
        except ClientGone:
            return
        except Exception as error:
            if not isinstance(error, AntifraudError):
                _log.exception("a request failed")
            refusal = refusal_of(error)
            metrics.refused(refusal.status)
            status, body, headers = refusal.status, refusal.body, problem_headers(refusal)
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [*headers, (b"content-length", b"%d" % len(body))],
            }
        )
        await send({"type": "http.response.body", "body": body})
        metrics.took("request", since)

    async def _decide_one(self, scope: Scope, receive: Receive) -> tuple[int, bytes, Headers]:
        engine = self._engine
        caller = await engine.gatekeeper.caller(scope["headers"], auth.Scope.WRITE_DECISIONS)
        due = due_of(scope["headers"], engine.limits.budget_ms)
        body = await read_json(scope, receive, engine.limits.body_bytes)
        async with engine.door.seat(caller.participant, due) as desk:
            request = engine.reader.one(caller.participant, body)
            (answer,) = await desk.decide([request], due, REQUEST_ID.get())
        if not isinstance(answer, Answer):
            raise answer
        if answer.repeated:
            engine.metrics.repeated()
            return 200, answer.body, (_JSON, _REPLAY)
        return 201, answer.body, (_JSON,)

    async def _decide_batch(self, scope: Scope, receive: Receive) -> tuple[int, bytes, Headers]:
        engine = self._engine
        caller = await engine.gatekeeper.caller(scope["headers"], auth.Scope.WRITE_DECISIONS)
        due = due_of(scope["headers"], engine.limits.batch_budget_ms)
        body = await read_json(scope, receive, engine.limits.batch_bytes)
        async with engine.door.seat(caller.participant, due) as desk:
            read = engine.reader.batch(caller.participant, body)
            incoming = [each for each in read if isinstance(each, Incoming)]
            answers = iter(await desk.decide(incoming, due, REQUEST_ID.get()))
        items = (self._item(next(answers) if isinstance(each, Incoming) else each) for each in read)
        return 200, b"[" + b",\n".join(items) + b"]", (_JSON,)

    async def _report(self, scope: Scope, receive: Receive) -> tuple[int, bytes, Headers]:
        engine = self._engine
        caller = await engine.gatekeeper.caller(scope["headers"], auth.Scope.WRITE_REPORTS)
        due = due_of((), engine.limits.budget_ms)
        body = await read_json(scope, receive, engine.limits.body_bytes)
        async with engine.door.seat(caller.participant, due):
            request = ReportRequest(participant=caller.participant, **read_object(ReportIn, body).__dict__)
            standing, repeated = await engine.reports.report(request, due)
        return 200 if repeated else 201, render_report(standing), (_JSON, *((_REPLAY,) if repeated else ()))

    def _item(self, answer: Answer | AntifraudError) -> bytes:
        """Return one item of a batch's answer; the first answer's bytes stand in it unchanged."""
        if isinstance(answer, Answer):
            if answer.repeated:
                self._engine.metrics.repeated()
            return b'{"status":%d,"decision":%s}' % (200 if answer.repeated else 201, answer.body)
        refusal = refusal_of(answer)
        self._engine.metrics.refused(refusal.status)
        return b'{"status":%d,"problem":%s}' % (refusal.status, refusal.body)


class ClientGone(Exception):
    """The client hung up before its request was complete: there is nobody to answer."""


def due_of(headers: Iterable[tuple[bytes, bytes]], most: int) -> float:
    """Return when a decision is due, by the event loop's time: after the budget asked for, or `most` ms."""
    budget = most
    for name, value in headers:
        if name == _BUDGET:
            if not (value.isdigit() and len(value) < 10 and 1 <= int(value) <= most):
                raise InvalidValue(BUDGET_HEADER, f"must be 1 to {most} milliseconds", value.decode("latin-1"))
            budget = int(value)
    return asyncio.get_running_loop().time() + budget / 1_000


async def read_json(scope: Scope, receive: Receive, limit: int) -> bytes:
    """Return the body of a JSON request; raise WrongContentType or BodyTooLarge, the latter as early as possible."""
    content_type = b""
    for name, value in scope["headers"]:
        if name == b"content-type":
            content_type = value
        elif name == b"content-length" and int(value) > limit:  # the server has checked that it is a number
            raise BodyTooLarge(f"the body has {value.decode()} bytes, at most {limit} are read")
        elif name == b"content-encoding":
            refuse_packed(value.decode("latin-1"))
    if content_type != b"application/json" and not _is_json(content_type):
        raise WrongContentType(f"the content type must be application/json, was {content_type.decode('latin-1')!r}")
    parts: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        part: bytes = message.get("body", b"")
        parts.append(part)
        length += len(part)
        if length > limit:
            raise BodyTooLarge(f"the body has more than the {limit} bytes that are read")
        if not message.get("more_body", False):
            return b"".join(parts)


def problem_headers(refusal: Refusal) -> list[tuple[bytes, bytes]]:
    """Return the headers of a problem document."""
    given = [(name.lower().encode(), value.encode()) for name, value in refusal.headers.items()]
    return [(b"content-type", PROBLEM_JSON.encode()), *given]


def _is_json(content_type: bytes) -> bool:
    kind, _, rest = content_type.partition(b";")
    parameters = rest.replace(b" ", b"").lower()
    return kind.strip().lower() == b"application/json" and parameters in (b"", b"charset=utf-8", b'charset="utf-8"')
