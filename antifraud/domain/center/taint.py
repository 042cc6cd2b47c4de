"""Taint: an account holds stolen money, says a trace. Whoever decides on its next transfer must know at once."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from antifraud.domain.center.act import Act
from antifraud.domain.center.life import Sight, Step, Table, following, permit
from antifraud.domain.center.people import PLATFORM
from antifraud.domain.errors import InvalidValue

_MILLION: Final = 1_000_000


class TaintStatus(StrEnum):
    """Where a taint stands."""

    TAINTED = "tainted"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured(Act):
    """What a trace believes of an account. `share_ppm`: of all money there, in millionths."""

    still_minor: int
    share_ppm: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tainted(Measured):
    """The birth of a taint."""

    incident_id: str
    account: str
    bank: str | None = None
    since: datetime  # when stolen money came first


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared(Act):
    """The incident ended; what is known of the account for good stands in the lists."""


NEXT: Final[Table[TaintStatus]] = {
    (TaintStatus.TAINTED, Measured): Step(TaintStatus.TAINTED, PLATFORM),
    (TaintStatus.TAINTED, Cleared): Step(TaintStatus.CLEARED, PLATFORM),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Taint:
    """One account in one incident; found by `account:` and `incident:`."""

    life_id: str
    version: int
    status: TaintStatus
    birth: Tainted
    still_minor: int
    share_ppm: int

    @classmethod
    def begin(cls, life_id: str, act: Tainted) -> Self:
        """Return the taint that an act begins; raise NotPermitted or InvalidValue."""
        permit(f"taint {life_id}", act, PLATFORM)
        _check_share(act)
        return cls(
            life_id=life_id,
            version=1,
            status=TaintStatus.TAINTED,
            birth=act,
            still_minor=act.still_minor,
            share_ppm=act.share_ppm,
        )

    @property
    def due_at(self) -> datetime | None:
        """Return None: it ends with its incident."""
        return None

    @property
    def parties(self) -> frozenset[str]:
        """Return the bank of the account."""
        return frozenset(filter(None, (self.birth.bank,)))

    @property
    def keys(self) -> frozenset[str]:
        """Return the account and the incident."""
        return frozenset({f"account:{self.birth.account}", f"incident:{self.birth.incident_id}"})

    def seen_by(self, participant: str) -> Sight:
        """Say how much a participant sees."""
        return Sight.WHOLE if participant in self.parties else Sight.NOTHING

    def apply(self, act: Act) -> Self:
        """Return the taint after `act`, or refuse it."""
        to = following(NEXT, f"taint {self.life_id}", self.status, act)
        after = replace(self, status=to, version=self.version + 1)
        if not isinstance(act, Measured):
            return after
        _check_share(act)
        return replace(after, still_minor=act.still_minor, share_ppm=act.share_ppm)

    def due(self, now: datetime) -> Act | None:
        """Return None: no clock moves it."""
        return None


def _check_share(act: Measured) -> None:
    if act.still_minor < 0 or not 0 <= act.share_ppm <= _MILLION:
        raise InvalidValue("share_ppm", "is a share in millionths", act.share_ppm)
