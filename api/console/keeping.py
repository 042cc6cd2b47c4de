"""A form whose session ended meanwhile: kept in the sign-in page itself, and only for the browser that sent it."""

import binascii
import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

import orjson


@dataclass(frozen=True, slots=True)
class Kept:
    """A form that was sent: where to, and its fields."""

    path: str
    fields: tuple[tuple[str, str], ...]


def sealed(kept: Kept, token: str) -> str:
    """Return a form as text that only the browser with this session's cookie can bring back.

    The seal is keyed with the cookie: no other site knows it, so none can have a form of its own offered here.

    >>> unsealed(sealed(Kept("/console", (("a", "b"),)), "token"), "token")
    Kept(path='/console', fields=(('a', 'b'),))
    >>> unsealed(sealed(Kept("/console", ()), "token"), "another") is None
    True
    """
    body = orjson.dumps([kept.path, kept.fields])
    return urlsafe_b64encode(_seal(body, token) + body).decode()


def unsealed(text: str, token: str) -> Kept | None:
    """Return the form, or None for what was not sealed for this browser, or is no form."""
    try:
        raw = urlsafe_b64decode(text)
    except (binascii.Error, ValueError):
        return None
    seal, body = raw[:32], raw[32:]
    if not secrets.compare_digest(seal, _seal(body, token)):
        return None
    try:  # whoever has the cookie can seal anything
        path, fields = orjson.loads(body)
        return Kept(str(path), tuple((str(name), str(value)) for name, value in fields))
    except (ValueError, TypeError):
        return None


def _seal(body: bytes, token: str) -> bytes:
    return hmac.digest(token.encode(), body, hashlib.sha256)
