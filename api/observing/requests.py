"""How a request is called in logs and traces: its id, and its route."""

import random
import re
from collections.abc import Iterable
from typing import Final

from starlette.types import Scope

_ID: Final = re.compile(rb"[A-Za-z0-9._~-]{8,64}")
_TRACE: Final = re.compile(rb"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

_DRAWS: Final = random.Random()  # noqa: S311 - a name, no secret; seeded by the system, and no call of it each time

EXACT: Final = "antifraud.exact"
"""In the scope of a request whose path is a route without parameters, for who knows that: the path."""


def request_id_of(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return how a request is called: by its caller's X-Request-Id, by its trace, or by a new id.

    >>> trace = (b"traceparent", b"00-" + b"ab" * 16 + b"-" + b"cd" * 8 + b"-01")
    >>> request_id_of([(b"x-request-id", b"no/../id"), trace])
    b'abababababababababababababababab'
    """
    trace = None
    for name, value in headers:
        if name == b"x-request-id" and _ID.fullmatch(value):
            return value
        if name == b"traceparent" and (found := _TRACE.fullmatch(value)):
            trace = found[1]
    return trace or b"%032x" % _DRAWS.getrandbits(128)


def route_of(scope: Scope) -> str:
    """Return the route of a request without what its caller wrote into the path: that may name a person."""
    if EXACT in scope:
        return str(scope[EXACT])
    path = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) else "(no route)"
