"""What can happen to those who act for a participant. No secret stands in any of them."""

from dataclasses import dataclass
from datetime import datetime

from antifraud.domain.center.act import Act
from antifraud.domain.center.people import ParticipantKind, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined(Act):
    """The birth of a membership."""

    participant: str
    name: str
    kind: ParticipantKind


@dataclass(frozen=True, slots=True, kw_only=True)
class CodesSet(Act):
    """Transfers name it by these BICs, and its accounts by these bank codes; by no others any more."""

    bics: tuple[str, ...] = ()
    bank_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyMade(Act):
    """A key opens from now on."""

    key_id: str
    role: Role
    scopes: tuple[str, ...]
    label: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRotated(Act):
    """A key has a successor, and opens until `until` itself."""

    key_id: str
    successor: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRevoked(Act):
    """A key opens nothing any more."""

    key_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonAdded(Act):
    """Somebody may sign in; `issuer`: whose word is taken for who he is, None: his password's."""

    person: str
    full_name: str
    roles: tuple[Role, ...]
    administers: bool = False
    issuer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RolesChanged(Act):
    """Somebody has other roles from now on."""

    person: str
    roles: tuple[Role, ...]
    administers: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDisabled(Act):
    """Somebody may not sign in any more; his sessions ended."""

    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonEnabled(Act):
    """Somebody may sign in again."""

    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordReset(Act):
    """Somebody got a password from somebody else, and has to change it; his sessions ended."""

    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChanged(Act):
    """Somebody changed his own password; his other sessions ended."""

    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorSet(Act):
    """Somebody signs in with a code besides from now on."""

    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorRemoved(Act):
    """Somebody lost what makes his codes, and signs in without until he sets it again."""

    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn(Act):
    """A session began, in the role that the act itself is done in."""

    person: str
    address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionsEnded(Act):
    """All sessions of somebody ended."""

    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedOut(Act):
    """Somebody guessed too often at a sign-in name."""

    person: str
    failures: int
    address: str | None = None
