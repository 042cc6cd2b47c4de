"""A participant's membership: the journal of who may act for it. Keys and people themselves are kept elsewhere.

The act is written before its effect: when the engine dies between the two, the journal says more than happened,
and never less.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from antifraud.domain.center.act import Act, Looked
from antifraud.domain.center.life import Sight, Step, Table, following, permit
from antifraud.domain.center.membership_acts import (
    CodesSet,
    Joined,
    KeyMade,
    KeyRevoked,
    KeyRotated,
    LockedOut,
    PasswordChanged,
    PasswordReset,
    PersonAdded,
    PersonDisabled,
    PersonEnabled,
    RolesChanged,
    SecondFactorRemoved,
    SecondFactorSet,
    SessionsEnded,
    SignedIn,
)
from antifraud.domain.center.people import PLATFORM, ParticipantKind, Role
from antifraud.domain.errors import NotPermitted


class MembershipStatus(StrEnum):
    """Where a membership stands."""

    ACTIVE = "active"


_ANYBODY: Final = frozenset(Role) - PLATFORM
_OPERATOR: Final = frozenset({Role.OPERATOR})
_BY_ANYBODY: Final = (
    KeyMade,
    KeyRotated,
    KeyRevoked,
    PersonAdded,
    RolesChanged,
    PersonDisabled,
    PersonEnabled,
    PasswordReset,
    PasswordChanged,
    SecondFactorSet,
    SecondFactorRemoved,
    SignedIn,
    SessionsEnded,
    Looked,
)
_NEXT: Final[Table[MembershipStatus]] = {
    **{(MembershipStatus.ACTIVE, act): Step(MembershipStatus.ACTIVE, _ANYBODY) for act in _BY_ANYBODY},
    (MembershipStatus.ACTIVE, CodesSet): Step(MembershipStatus.ACTIVE, _OPERATOR | PLATFORM),
    (MembershipStatus.ACTIVE, LockedOut): Step(MembershipStatus.ACTIVE, PLATFORM),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """What the journal knows of a participant: what it is, since when, and every change of who acts for it."""

    life_id: str
    version: int
    status: MembershipStatus
    participant: str
    kind: ParticipantKind
    since: datetime

    @classmethod
    def begin(cls, life_id: str, act: Joined) -> Self:
        """Return the membership that an act begins; only the operator, or the engine itself, lets anybody in."""
        permit(f"membership of {act.participant}", act, _OPERATOR | PLATFORM)
        return cls(
            life_id=life_id,
            version=1,
            status=MembershipStatus.ACTIVE,
            participant=act.participant,
            kind=act.kind,
            since=act.at,
        )

    @property
    def due_at(self) -> None:
        """Return None: no clock moves a membership."""
        return

    @property
    def parties(self) -> frozenset[str]:
        """Return the participant itself: who acts for it is nobody else's business."""
        return frozenset({self.participant})

    @property
    def keys(self) -> frozenset[str]:
        """Return the participant."""
        return frozenset({f"participant:{self.participant}"})

    def seen_by(self, participant: str) -> Sight:
        """Say how much a participant sees: its own whole, of others nothing."""
        return Sight.WHOLE if participant == self.participant else Sight.NOTHING

    def apply(self, act: Act) -> Self:
        """Return the membership after `act`, or refuse it."""
        name = f"membership of {self.participant}"
        to = following(_NEXT, name, self.status, act)
        own = act.by.participant == self.participant
        if not own and act.by.role not in _OPERATOR | PLATFORM:
            raise NotPermitted(f"{name}: {act.by.participant} can change nothing about it")
        return replace(self, status=to, version=self.version + 1)

    def due(self, now: datetime) -> None:
        """Return None: nothing is ever due."""
