"""People who sign in: whose they are, which roles they have, how long a session lasts, how long a guesser waits."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from antifraud.domain.center.people import Actor, Role
from antifraud.domain.center.rights import SCOPES_OF, Scope, usual_scopes
from antifraud.domain.errors import InvalidValue

IDLE: Final = timedelta(minutes=30)
LONGEST_SESSION: Final = timedelta(hours=12)
SHORTEST_PASSWORD: Final = 12  # characters
LONGEST_PASSWORD: Final = 200
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@\-]{0,63}")  # without a colon: nobody can be called `key:...`


def sign_in_name(text: str) -> str:
    """Return the one spelling of a sign-in name; raise InvalidValue if it cannot be one.

    >>> sign_in_name(" Aliya@bank-1 ")
    'aliya@bank-1'
    """
    name = text.strip().casefold()
    if _NAME.fullmatch(name) is None:
        raise InvalidValue("person", "a sign-in name is 1 to 64 small letters, digits or . _ @ -", text)
    return name


def acceptable_password(text: str, name: str) -> str:
    """Return a password in its one spelling; raise InvalidValue, without saying it, when it is too easy or too long."""
    password = spelt(text)
    problem = None
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        problem = f"has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters"
    elif name in password.casefold():
        problem = "does not contain the sign-in name"
    elif len(set(password)) < SHORTEST_PASSWORD // 2:
        problem = f"has at least {SHORTEST_PASSWORD // 2} different characters"
    if problem is not None:
        raise InvalidValue("password", problem, "***")
    return password


def spelt(password: str) -> str:
    """Return a password as it is hashed: keyboards compose the same letter in different ways."""
    return unicodedata.normalize("NFKC", password)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who may sign in for one participant, in one of his roles at a time.

    Either he has a password here, or a provider answers for him: then `issuer` and `subject` say who he is there.
    """

    name: str
    full_name: str
    participant: str
    roles: frozenset[Role]
    administers: bool = False  # he may let others act for his participant
    created_at: datetime
    disabled_at: datetime | None = None
    must_change: bool = False  # the password was given to him by somebody else
    second_factor: bool = False
    issuer: str | None = None
    subject: str | None = None

    def role(self, wanted: Role | None) -> Role:
        """Return the role he wants to act in, or of those he has the one that opens least; raise InvalidValue."""
        if wanted is None:
            return min(self.roles, key=lambda role: (len(SCOPES_OF[role]), role))
        if wanted not in self.roles:
            raise InvalidValue("role", f"{self.name} may act as {', '.join(sorted(self.roles))}", wanted.value)
        return wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A person at work in one role; a `Caller`. `csrf` proves that a form came from our own page."""

    person: str
    participant: str
    role: Role
    roles: frozenset[Role]
    administers: bool
    csrf: str
    created_at: datetime
    seen_at: datetime
    ends_at: datetime
    revoked_at: datetime | None = None
    disabled_at: datetime | None = None  # of the person
    must_change: bool = False

    @property
    def scopes(self) -> frozenset[Scope]:
        """Return what the role may have, administration only for who administers; nothing with a lent password."""
        if self.must_change:
            return frozenset()
        return SCOPES_OF[self.role] if self.administers else usual_scopes(self.role)

    @property
    def actor(self) -> Actor:
        """Return who acts."""
        return Actor(self.participant, self.role, self.person)

    def refusal(self, now: datetime) -> str | None:
        """Say why the session opens nothing at `now`, or None if it does."""
        if self.revoked_at is not None:
            return "was ended"
        if self.disabled_at is not None or self.role not in self.roles:
            return "is of somebody who may not work in this role any more"
        if now >= self.ends_at:
            return "has lasted as long as a session may"
        if now - self.seen_at >= IDLE:
            return "was idle for too long"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How many failures are free, and how the wait grows with each one more."""

    free: int
    first: timedelta
    longest: timedelta
    forgotten_after: timedelta

    def wait(self, failures: int) -> timedelta:
        """Return how long after the last of so many failures nobody may try again.

        >>> [int(WITH_A_PERSON.wait(count).total_seconds()) for count in (4, 5, 6, 9, 10, 1000)]
        [0, 30, 60, 480, 900, 900]
        """
        if failures < self.free:
            return timedelta(0)
        doublings = min(failures - self.free, 30)
        return min(self.first * (1 << doublings), self.longest)


WITH_A_PERSON: Final = Patience(
    free=5, first=timedelta(seconds=30), longest=timedelta(minutes=15), forgotten_after=timedelta(days=1)
)
WITH_AN_ADDRESS: Final = Patience(  # an office may share one
    free=30, first=timedelta(seconds=10), longest=timedelta(minutes=15), forgotten_after=timedelta(hours=1)
)
