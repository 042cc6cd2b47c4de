"""What every answer bears, whoever made it: the id of its request, and what keeps browsers from harm."""

import logging
import time
from collections import Counter
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.observing.logs import REQUEST_ID
from api.observing.requests import request_id_of, route_of
from api.observing.traces import Traces

_log: Final = logging.getLogger(__name__)
_SERVER_ERROR: Final = 500
_QUIET_S: Final = 1.0
_ASKED_OFTEN: Final = "/health/ready"  # to hear "not yet" is its purpose

SAFE: Final = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
"""Headers of every answer that does not say otherwise itself."""

BY_TLS_ONLY: Final = (b"strict-transport-security", b"max-age=31536000")


class Envelope:
    """Serves requests through `app`; what fails here is logged, at most one line a second for each status."""

    def __init__(self, app: ASGIApp, *, by_tls: bool = False, traces: Traces | None = None) -> None:
        self._app = app
        self._safe = (*SAFE, BY_TLS_ONLY) if by_tls else SAFE
        self._names = {name for name, _ in self._safe}
        self._traces = traces
        self._quiet_until: dict[int, float] = {}
        self._unsaid: Counter[int] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request_id = request_id_of(scope["headers"])
        REQUEST_ID.set(request_id.decode())  # not reset: the server may still log about this request, in its task

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = self._headers(message.get("headers", ()), request_id)
                if message["status"] >= _SERVER_ERROR and scope["path"] != _ASKED_OFTEN:
                    self._say(scope, message["status"])
            await send(message)

        if self._traces is None:
            await self._app(scope, receive, sealed)
        else:
            await self._traces.request(self._app, scope, receive, sealed, request_id.decode())

    def _headers(self, given: list[tuple[bytes, bytes]], request_id: bytes) -> list[tuple[bytes, bytes]]:
        said = {name for name, _ in given} & self._names
        safe = [each for each in self._safe if each[0] not in said] if said else self._safe
        return [*given, *safe, (b"x-request-id", request_id)]

    def _say(self, scope: Scope, status: int) -> None:
        now = time.monotonic()
        if now < self._quiet_until.get(status, 0.0):
            self._unsaid[status] += 1
            return
        self._quiet_until[status] = now + _QUIET_S
        unsaid = self._unsaid.pop(status, 0)
        more = f"; {unsaid} more since the last line" if unsaid else ""
        _log.error("%s %s was answered %d%s", scope["method"], route_of(scope), status, more)
