"""What a desk's numbers are made of: transfers by action, and money by what became of it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from antifraud.domain.decision import Action

STEP: Final = timedelta(minutes=5)
"""How long one `Flow` is."""


class Became(StrEnum):
    """What became of money at one bank."""

    HELD = "held"  # it began to wait
    RELEASED = "released"  # a person let it go
    EXPIRED = "expired"  # the clock let it go
    REFUSED = "refused"  # it stayed with the payer
    RETURNED = "returned"  # it went back to whom it was taken from


SAVED: Final = frozenset({Became.REFUSED, Became.RETURNED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Transfers that were answered in one way in `[at, at + STEP)`; money in minor units of the base currency."""

    at: datetime
    action: Action
    count: int
    base_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What became of money on one local day, in one currency."""

    day: date
    became: Became
    currency: str
    count: int  # of acts
    minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Open holds of one person (None: of nobody), by how long is left: ended by each of the asked moments, or later."""

    assignee: str | None
    by: tuple[int, ...]
    later: int

    @property
    def all(self) -> int:
        """Return how many."""
        return sum(self.by) + self.later
