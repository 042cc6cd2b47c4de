"""No route reads more than it may, and no digest of a request tells whom it was about."""

import asyncio

import pytest

from api.acting import Asked, _digest
from api.guard import guarded
from tests.center.making import ANALYST

LIMIT = 100


def served(parts, *headers):
    """Serve a request that comes in parts; return the status, and what the application read (None: was not asked)."""
    waiting, sent, seen = list(parts), [], []

    async def receive():
        part = waiting.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(waiting)}

    async def send(message):
        sent.append(message)

    async def app(scope, receive, send):
        body = b""
        while True:
            message = await receive()
            body += message["body"]
            if not message["more_body"]:
                break
        seen.append(body)
        await send({"type": "http.response.start", "status": 200, "headers": []})

    asyncio.run(guarded(app, LIMIT, {"type": "http", "headers": list(headers)}, receive, send))
    return sent[0]["status"], seen[0] if seen else None, len(waiting)


CHUNKED = (b"transfer-encoding", b"chunked")


@pytest.mark.parametrize(
    ("parts", "header", "wanted"),
    [
        ([b"x" * LIMIT], (b"content-length", b"100"), (200, b"x" * LIMIT, 0)),
        ([b"x" * 60, b"y" * 40], CHUNKED, (200, b"x" * 60 + b"y" * 40, 0)),
        ([b"x" * 60, b"y" * 41, b"z"], CHUNKED, (413, None, 1)),
        ([b"x" * 101], (b"content-length", b"101"), (413, None, 1)),
        ([b""], (b"accept", b"*/*"), (200, b"", 0)),
    ],
)
def test_what_is_too_large_is_refused_before_anybody_reads_it(parts, header, wanted):
    assert served(parts, header) == wanted


def test_a_request_is_told_from_another_only_by_who_has_the_key():
    asked = Asked(key="k", version=None, what=b'POST /v1/lists?\n{"kind":"person","value":"001399500016"}')
    one, other = (_digest(ANALYST, asked, key) for key in (b"a fictional key", b"another key"))
    assert one != other
    assert one == _digest(ANALYST, asked, b"a fictional key")
