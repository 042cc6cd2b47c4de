"""A limit on what one request may bring, for every route that reads its body through FastAPI."""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import BodyTooLarge, refusal_of
from api.posts import problem_headers

_BODY_NAMED_BY: Final = frozenset({b"content-length", b"transfer-encoding"})


async def guarded(app: ASGIApp, limit: int, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve a request whose body has at most `limit` bytes; refuse it (413) as soon as it has more.

    The body is read before the application sees the request: what is too large is never parsed, sent in chunks or not.
    """
    named = {name: value for name, value in scope["headers"] if name in _BODY_NAMED_BY}
    if not named:  # a request without a body
        await app(scope, receive, send)
        return
    if int(named.get(b"content-length", b"0")) > limit:  # the server has checked that it is a number
        await _refuse(limit, send)
        return
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message.get("body", b"")
        if len(body) > limit:
            await _refuse(limit, send)
            return
        if not message.get("more_body", False):
            break
    read = False

    async def again() -> Message:
        nonlocal read
        if read:
            return await receive()
        read = True
        return {"type": "http.request", "body": body, "more_body": False}

    await app(scope, again, send)


async def _refuse(limit: int, send: Send) -> None:
    refusal = refusal_of(BodyTooLarge(f"the body has more than the {limit} bytes that are read"))
    headers = [*problem_headers(refusal), (b"content-length", b"%d" % len(refusal.body)), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": refusal.body})
