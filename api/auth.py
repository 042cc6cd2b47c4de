"""Who calls, and what they may do: API keys of machines, sessions of people; behind both doors stands one actor."""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Protocol

from antifraud.domain.center.people import Actor, Role
from antifraud.domain.center.person import Session
from antifraud.domain.center.rights import SCOPES_OF, Scope
from antifraud.domain.errors import NotPermitted
from api.errors import NotAuthenticated

__all__ = ["CSRF_HEADER", "Caller", "Gatekeeper", "Keys", "Scope", "Sessions"]

CSRF_HEADER: Final = "X-CSRF-Token"

_BEARER: Final = b"bearer "

Headers = Sequence[tuple[bytes, bytes]]


class Caller(Protocol):
    """What is known of the key, or of the session, that a request brought."""

    @property
    def participant(self) -> str:
        """Name the participant that the caller acts for."""
        ...

    @property
    def role(self) -> Role:
        """Say in which role it acts."""
        ...

    @property
    def person(self) -> str:
        """Name who it is: a sign-in name, or `key:<key_id>`."""
        ...

    @property
    def actor(self) -> Actor:
        """Return all three, as acts are signed."""
        ...

    @property
    def scopes(self) -> frozenset[Scope]:
        """Return which doors are open."""
        ...


class Keys(Protocol):
    """Where keys are kept."""

    async def verify(self, token: str, now: datetime) -> Caller:
        """Return the key that a token is; raise NotPermitted if it opens nothing at `now`."""
        ...


class Sessions(Protocol):
    """Where sessions of people are kept."""

    async def session(self, token: str) -> Session:
        """Return the session that a cookie names; raise NotPermitted if it opens nothing."""
        ...


class Gatekeeper:
    """Lets in whoever brings a key, or a session, with the right scope. A key goes before a session."""

    def __init__(self, keys: Keys, now: Callable[[], datetime], sessions: Sessions, cookie: str) -> None:
        self._keys = keys
        self._now = now
        self._sessions = sessions
        self._cookie = cookie

    async def caller(self, headers: Headers, scope: Scope, *, safe: bool = False) -> Caller:
        """Return the caller; raise NotAuthenticated without a valid key or session, NotPermitted if it lacks `scope`.

        Unless the request is `safe` (it only reads), a session must bring its CSRF token: a browser sends the
        cookie along whoever made it ask.
        """
        token = _token_in(headers)
        if token is None:
            return await self._person(headers, scope, safe=safe)
        try:
            caller = await self._keys.verify(token, self._now())
        except NotPermitted as refused:
            raise NotAuthenticated(str(refused)) from None
        if scope not in caller.scopes:
            raise NotPermitted(f"this API key of {caller.participant} lacks the scope {scope.value}")
        if scope not in SCOPES_OF[caller.role]:  # what was written into the register by hand opens nothing more
            raise NotPermitted(f"a {caller.role.value} may never use the scope {scope.value}")
        return caller

    async def session(self, headers: Headers, *, safe: bool = False) -> tuple[str, Session]:
        """Return the session with its token; raise NotAuthenticated, or NotPermitted without its CSRF token."""
        token = cookie_in(headers, self._cookie)
        if token is None:
            raise NotAuthenticated("send an API key as Authorization: Bearer <key>, or as X-Api-Key; people sign in")
        try:
            session = await self._sessions.session(token)
        except NotPermitted as refused:
            raise NotAuthenticated(str(refused)) from None
        if not safe and not _same(_first(headers, CSRF_HEADER.lower().encode()), session.csrf):
            raise NotPermitted(f"send the CSRF token of the session as {CSRF_HEADER}")
        return token, session

    async def _person(self, headers: Headers, scope: Scope, *, safe: bool) -> Caller:
        _, session = await self.session(headers, safe=safe)
        if session.must_change:
            raise NotPermitted("choose a password of your own first")
        if scope not in session.scopes:
            raise NotPermitted(f"{session.person} may not use the scope {scope.value} as {session.role.value}")
        return session


def cookie_in(headers: Headers, name: str) -> str | None:
    """Return the value of a cookie, if the request brings it."""
    for header, value in headers:
        if header == b"cookie":
            for part in value.decode("latin-1").split(";"):
                given, _, content = part.strip().partition("=")
                if given == name:
                    return content.strip('"')
    return None


def _first(headers: Headers, name: bytes) -> str | None:
    return next((value.decode("latin-1") for header, value in headers if header == name), None)


def _same(given: str | None, wanted: str) -> bool:
    return given is not None and secrets.compare_digest(given.encode(), wanted.encode())


def _token_in(headers: Headers) -> str | None:
    for name, value in headers:
        if name == b"authorization" and value[:7].lower() == _BEARER:
            return value[7:].strip().decode("latin-1")
        if name == b"x-api-key":
            return value.strip().decode("latin-1")
    return None
