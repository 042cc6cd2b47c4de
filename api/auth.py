"""Who calls, and what they may do: API keys."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final, Protocol

from antifraud.domain.center.people import Actor, Role
from antifraud.domain.center.rights import SCOPES_OF, Scope
from antifraud.domain.errors import NotPermitted
from api.errors import NotAuthenticated

__all__ = ["Caller", "Gatekeeper", "Keys", "Scope"]

_BEARER: Final = b"bearer "


class Caller(Protocol):
    """What is known of the key that a request brought."""

    @property
    def participant(self) -> str:
        """Name the participant that the key belongs to."""
        ...

    @property
    def role(self) -> Role:
        """Say in which role it acts."""
        ...

    @property
    def person(self) -> str:
        """Name who it is: `key:<key_id>` for a key."""
        ...

    @property
    def actor(self) -> Actor:
        """Return all three, as acts are signed."""
        ...

    @property
    def scopes(self) -> frozenset[Scope]:
        """Return what the key may be used for."""
        ...


class Keys(Protocol):
    """Where keys are kept."""

    async def verify(self, token: str, now: datetime) -> Caller:
        """Return the key that a token is; raise NotPermitted if it opens nothing at `now`."""
        ...


class Gatekeeper:
    """Lets in whoever brings a key with the right scope."""

    def __init__(self, keys: Keys, now: Callable[[], datetime]) -> None:
        self._keys = keys
        self._now = now

    async def caller(self, headers: Iterable[tuple[bytes, bytes]], scope: Scope) -> Caller:
        """Return the caller; raise NotAuthenticated without a valid key, NotPermitted if it lacks `scope`."""
        token = _token_in(headers)
        if token is None:
            raise NotAuthenticated("send an API key as Authorization: Bearer <key>, or as X-Api-Key")
        try:
            caller = await self._keys.verify(token, self._now())
        except NotPermitted as refused:
            raise NotAuthenticated(str(refused)) from None
        if scope not in caller.scopes:
            raise NotPermitted(f"this API key of {caller.participant} lacks the scope {scope.value}")
        if scope not in SCOPES_OF[caller.role]:  # what was written into the register by hand opens nothing more
            raise NotPermitted(f"a {caller.role.value} may never use the scope {scope.value}")
        return caller


def _token_in(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    for name, value in headers:
        if name == b"authorization" and value[:7].lower() == _BEARER:
            return value[7:].strip().decode("latin-1")
        if name == b"x-api-key":
            return value.strip().decode("latin-1")
    return None
