"""What a caller may use at all: scopes of keys and sessions, and which of them a role may ever have.

A scope opens a door; what may be done behind it is said by the lives themselves. The operator runs the exchange and
the register: it can hold, trace, list or delist nobody, whatever its keys say.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final

from antifraud.domain.center.people import ROLES_OF, ParticipantKind, Role
from antifraud.domain.errors import InvalidValue


class Scope(StrEnum):
    """One door of the engine."""

    WRITE_DECISIONS = "decisions:write"
    READ_DECISIONS = "decisions:read"
    WRITE_REPORTS = "reports:write"
    READ_HOLDS = "holds:read"
    WRITE_HOLDS = "holds:write"
    READ_INCIDENTS = "incidents:read"
    WRITE_INCIDENTS = "incidents:write"
    READ_LISTS = "lists:read"
    WRITE_LISTS = "lists:write"
    READ_TRACE = "trace:read"
    READ_FEED = "feed:read"
    WRITE_WEBHOOKS = "webhooks:write"
    WRITE_ISO = "iso:write"
    READ_AUDIT = "audit:read"
    WRITE_PEOPLE = "people:write"
    WRITE_KEYS = "keys:write"
    WRITE_PARTICIPANTS = "participants:write"


ADMINISTRATION: Final = frozenset({Scope.WRITE_PEOPLE, Scope.WRITE_KEYS, Scope.WRITE_PARTICIPANTS})
"""What a key gets only when it is asked for by name: it makes further people, keys and participants."""

_READS: Final = frozenset(
    {Scope.READ_HOLDS, Scope.READ_INCIDENTS, Scope.READ_LISTS, Scope.READ_TRACE, Scope.READ_FEED, Scope.READ_AUDIT}
)
_OWN_ACCESS: Final = frozenset({Scope.WRITE_PEOPLE, Scope.WRITE_KEYS})
_BANK: Final = (
    _READS
    | {Scope.READ_DECISIONS, Scope.WRITE_DECISIONS, Scope.WRITE_REPORTS}
    | {Scope.WRITE_HOLDS, Scope.WRITE_INCIDENTS, Scope.WRITE_LISTS, Scope.WRITE_WEBHOOKS, Scope.WRITE_ISO}
)
_INFORMANT: Final = frozenset(
    {Scope.READ_INCIDENTS, Scope.WRITE_INCIDENTS, Scope.READ_LISTS, Scope.READ_FEED, Scope.READ_AUDIT}
    | {Scope.WRITE_WEBHOOKS}
)

SCOPES_OF: Final[Mapping[Role, frozenset[Scope]]] = {
    Role.BANK_ANALYST: _BANK,
    Role.BANK_OFFICER: _BANK | _OWN_ACCESS,  # who signs second is who answers for the bank's people and keys
    Role.INVESTIGATOR: _READS
    | _OWN_ACCESS
    | {Scope.WRITE_HOLDS, Scope.WRITE_INCIDENTS, Scope.WRITE_LISTS, Scope.WRITE_WEBHOOKS},
    Role.PROSECUTOR: _READS | _OWN_ACCESS | {Scope.WRITE_INCIDENTS, Scope.WRITE_WEBHOOKS},
    Role.TELECOM_DESK: _INFORMANT | _OWN_ACCESS,
    Role.BUREAU_FEED: _INFORMANT | _OWN_ACCESS,
    Role.OPERATOR: _OWN_ACCESS | {Scope.WRITE_PARTICIPANTS, Scope.READ_FEED, Scope.READ_AUDIT, Scope.WRITE_WEBHOOKS},
    Role.AUDITOR: _READS | {Scope.READ_DECISIONS},
    Role.PLATFORM: frozenset(),  # the engine needs no door to itself, and nobody can call in its name
}


def usual_scopes(role: Role) -> frozenset[Scope]:
    """Return what a key of that role gets when nothing was asked for: all but administration."""
    return SCOPES_OF[role] - ADMINISTRATION


def allowed_role(kind: ParticipantKind, role: Role) -> Role:
    """Return the role if a participant of that kind may have it; raise InvalidValue otherwise.

    >>> allowed_role(ParticipantKind.POLICE, Role.BANK_OFFICER)
    Traceback (most recent call last):
        ...
    antifraud.domain.errors.InvalidValue: role: a police may have investigator, was 'bank_officer'
    """
    if role not in ROLES_OF[kind]:
        roles = ", ".join(sorted(ROLES_OF[kind]))
        raise InvalidValue("role", f"a {kind.value} may have {roles}", role.value)
    return role


def allowed_scopes(role: Role, scopes: Collection[str]) -> frozenset[Scope]:
    """Return the scopes if the role may have all of them; raise InvalidValue naming the first that it may not.

    >>> allowed_scopes(Role.OPERATOR, ["participants:write", "holds:write"])
    Traceback (most recent call last):
        ...
    antifraud.domain.errors.InvalidValue: scope: an operator may never have it, was 'holds:write'
    """
    for scope in sorted(scopes):
        if scope not in Scope.__members__.values():
            raise InvalidValue("scope", f"is none of {', '.join(Scope)}", scope)
        if scope not in SCOPES_OF[role]:
            article = "an" if role.value[0] in "aeiou" else "a"
            raise InvalidValue("scope", f"{article} {role.value} may never have it", str(scope))
    return frozenset(map(Scope, scopes))
