"""What is watched for drift, day by day, and the alarms that come of it.

An alarm is one stretch of days on which a week is outside its limits, however long it lasts: what goes on is not new.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Kind(StrEnum):
    """What is watched."""

    FEATURE = "values"  # index of a feature's distribution, where it is present
    ABSENT = "absent"  # share of owners of whom a feature is absent
    SCORE = "score"  # index of the score's
    ALERTS = "alerts"  # share of transfers that the score alone would hold or block
    DELAY = "label delay"  # median hours from a transfer to the report about it
    TYPES = "types of fraud"  # index of the mixture of reported types


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The week that ends with a day: an index, a share or hours; None: too little to say, or no limit there."""

    day: date
    rows: int
    value: float | None
    low: float | None = None
    high: float | None = None
    moved: str = ""  # what has moved, on a day that is off

    @property
    def off(self) -> bool:
        """Say whether the value is outside its limits."""
        if self.value is None:
            return False
        return (self.high is not None and self.value > self.high) or (self.low is not None and self.value < self.low)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One thing that is watched."""

    kind: Kind
    name: str
    days: tuple[Day, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A stretch of days on which something was off, and how it was at its worst."""

    kind: Kind
    name: str
    first: date
    last: date
    worst: date
    value: float
    limit: float
    says: str

    @property
    def times(self) -> float:
        """Return how far outside the limit the worst value lies, 1 is just on it."""
        over, under = self.value / max(self.limit, 1e-12), self.limit / max(self.value, 1e-12)
        return max(over, under)


def alarms_of(signals: Sequence[Signal]) -> list[Alarm]:
    """Return the alarms of all signals, those still going on first, then the farthest off first."""
    found = [alarm for signal in signals for alarm in _stretches(signal)]
    return sorted(found, key=lambda alarm: (-alarm.last.toordinal(), -alarm.times, alarm.name))


def _stretches(signal: Signal) -> list[Alarm]:
    found, begun = [], 0
    for at, day in enumerate(signal.days):
        if not day.off:
            begun = at + 1
        elif at + 1 == len(signal.days) or not signal.days[at + 1].off:
            found.append(_alarm(signal, signal.days[begun : at + 1]))
    return found


def _alarm(signal: Signal, days: Sequence[Day]) -> Alarm:
    worst = max(days, key=_distance)
    value, limit = _outside(worst)
    return Alarm(
        kind=signal.kind,
        name=signal.name,
        first=days[0].day,
        last=days[-1].day,
        worst=worst.day,
        value=value,
        limit=limit,
        says=worst.moved,
    )


def _outside(day: Day) -> tuple[float, float]:
    """Return the value of a day that is off, and the limit that it crossed."""
    value = day.value or 0.0
    if day.high is not None and value > day.high:
        return value, day.high
    return value, day.low or 0.0


def _distance(day: Day) -> float:
    value, limit = _outside(day)
    return abs(value - limit)
