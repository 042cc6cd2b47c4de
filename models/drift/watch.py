"""Measure a past against a reference, day by day.

The limit of an index is the largest of three: FLOOR, twice the largest that a week of the reference itself had (what is
restless by nature stays silent), and what chance alone would exceed once in 100,000 times with so few rows. A share of
alerts or a delay may be twice, or half, of what the reference's weeks had; a share of absent values may leave their
range by a twentieth, or by as much as the range is wide. An account is nearly the same on each day of a week, so seven
rows of a feature or of the score count as one where chance is reckoned.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from math import sqrt
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from features.spec import Feature
from models.days import local_day
from models.drift.bins import STEADY, WEEK, bins_of, by_chance, contributions, counted, index, numbers, weekly
from models.drift.once import OnceADay, owners_of
from models.drift.reference import Baseline, Range, Reference, weekly_medians
from models.drift.signals import Alarm, Day, Kind, Signal, alarms_of

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

FLOOR: Final = 0.2
"""An index below it never alarms; by custom 0.1 is worth a look and 0.25 a large change."""

_SPREAD: Final = 2.0
_ABSENT_ROOM: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Served vectors beside the same features computed again: how many rows, and in how many each feature differs."""

    rows: int
    different: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Everything that was watched. `blind`: rows that were decided without features, and are in no index."""

    first: date
    last: date
    rows: int
    blind: int
    model: str
    reference: tuple[date, date]
    signals: tuple[Signal, ...]
    compared: Compared | None  # None: features were not computed twice
    alarms: tuple[Alarm, ...]

    def document(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


class Tally:
    """Counts of days, taken piece by piece; only they stay in memory."""

    def __init__(self, reference: Reference, catalogue: Sequence[Feature], hold_at: float) -> None:
        self._hold_at = hold_at
        self._cuts = {name: np.array(baseline.cuts) for name, baseline in reference.features.items()}
        self._score_cuts = np.array(reference.score.cuts)
        self._owners = owners_of(catalogue)
        self._once = OnceADay(self._owners)
        self._days: dict[tuple[str, date], Ints] = {}
        self.rows = self.blind = 0

    def take(self, rows: pl.DataFrame, features: pl.DataFrame, score: Floats, blind: NDArray[np.bool_]) -> None:
        """Count rows, in order of arrival, by their day; those that are `blind` have no features."""
        self.rows += rows.height
        self.blind += int(blind.sum())
        days = rows.select(local_day()).to_series()
        every, at = np.unique(days.cast(pl.Int32).to_numpy(), return_inverse=True)
        dates = [date(1970, 1, 1) + timedelta(days=int(each)) for each in every]
        once = self._once.first(rows)
        for name, cuts in self._cuts.items():
            values = features[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
            seen = ~blind & once[self._owners[name]]
            self._add(name, dates, counted(at[seen], numbers(values[seen], cuts), len(dates), bins_of(cuts)))
        cuts = self._score_cuts
        self._add(Kind.SCORE, dates, counted(at, numbers(score, cuts), len(dates), bins_of(cuts)))
        alert = (score >= self._hold_at).astype(np.int64)
        self._add(Kind.ALERTS, dates, counted(at, alert, len(dates), 2))

    def _add(self, name: str, dates: Sequence[date], counts: Ints) -> None:
        for day, row in zip(dates, counts, strict=True):
            before = self._days.get((name, day))
            self._days[name, day] = row if before is None else before + row

    def daily(self, name: str, days: Sequence[date]) -> Ints:
        """Return the counts of each day; zeros for one on which nothing was received."""
        size = next(counts.size for (each, _), counts in self._days.items() if each == name)
        return np.array([self._days.get((name, day), np.zeros(size, np.int64)) for day in days])

    def days(self) -> list[date]:
        """Return every day from the first with a transfer to the last."""
        seen = {day for _, day in self._days}
        return [min(seen) + timedelta(days=number) for number in range((max(seen) - min(seen)).days + 1)]


def drift(tally: Tally, reference: Reference, delays: pl.DataFrame, model: str, compared: Compared | None) -> Drift:
    """Return what moved. `delays` are those of `models.drift.reference.delays_of`."""
    days = tally.days()
    watched = [
        signal
        for name, baseline in reference.features.items()
        for signal in _of_values(Kind.FEATURE, name, tally.daily(name, days), days, baseline)
    ]
    signals = (
        *_of_values(Kind.SCORE, "score", tally.daily(Kind.SCORE, days), days, reference.score),
        _of_alerts(tally.daily(Kind.ALERTS, days), days, reference),
        _of_delays(delays, days, reference),
        _of_types(delays, days, reference),
        *watched,
    )
    return Drift(
        first=days[0],
        last=days[-1],
        rows=tally.rows,
        blind=tally.blind,
        model=model,
        reference=(reference.first, reference.last),
        signals=signals,
        compared=compared,
        alarms=tuple(alarms_of(signals)),
    )


def differences(served: pl.DataFrame, again: pl.DataFrame) -> dict[str, int]:
    """Return in how many rows each feature of two tables differs; absent equals absent."""
    return {
        name: int((served[name].fill_nan(None).ne_missing(again[name].cast(pl.Float64).fill_nan(None))).sum())
        for name in served.columns
    }


def _of_values(kind: Kind, name: str, daily: Ints, days: Sequence[date], baseline: Baseline) -> tuple[Signal, Signal]:
    """Return the index of what is present, and the share of what is absent."""
    then = np.array(baseline.counts)
    present = _of_counts(
        kind, name, daily[:, :-1], days, then[:-1], baseline.restless, list(_spans(baseline.cuts)), WEEK
    )
    return present, _of_absent(name, weekly(daily), days, baseline.absent)


def _of_absent(name: str, weeks: Ints, days: Sequence[date], span: Range | None) -> Signal:
    found: list[Day] = []
    for at, day in enumerate(days):
        rows = int(weeks[at].sum())
        share = float(weeks[at][-1] / rows) if rows else None
        one = Day(day=day, rows=rows, value=share if at + 1 >= WEEK else None)
        if span is not None and rows:
            room = max(_ABSENT_ROOM, span.high - span.low)
            low, high = (
                edge + sign * (room + _by_chance(edge, rows)) for edge, sign in ((span.low, -1), (span.high, 1))
            )
            one = replace(one, low=low if low > 0 else None, high=high if high < 1 else None)
            if one.off:
                one = replace(one, moved=f"absent in {span.low:.1%} to {span.high:.1%} then, {share:.1%} now")
        found.append(one)
    return Signal(kind=Kind.ABSENT, name=name, days=tuple(found))


def _by_chance(share: float, rows: float) -> float:
    """Return how far off a share of so many rows may be by chance."""
    return STEADY * sqrt(max(share * (1 - share), 1 / rows) / rows)


def _of_counts(
    kind: Kind,
    name: str,
    daily: Ints,
    days: Sequence[date],
    then: Ints,
    restless: float | None,
    labels: Sequence[str],
    alike: float = 1.0,
) -> Signal:
    """Return the index of each week against the reference, and which bin moved most where it is off.

    Of `alike` rows each counts for one by itself: the others say nearly the same.
    """
    weeks = weekly(daily)
    values, added = index(weeks, then), contributions(weeks, then)
    found: list[Day] = []
    for at, day in enumerate(days):
        rows = int(weeks[at].sum())
        full = at + 1 >= WEEK and rows > 0
        limit = max(FLOOR, _SPREAD * (restless or 0.0), by_chance(then.size, rows / alike, float(then.sum()) / alike))
        one = Day(day=day, rows=rows, value=float(values[at]) if full else None, high=limit)
        if one.off:
            most = int(np.argmax(added[at]))
            was, now = then[most] / then.sum(), weeks[at][most] / rows
            one = replace(one, moved=f"{labels[most]}: {was:.1%} then, {now:.1%} now")
        found.append(one)
    return Signal(kind=kind, name=name, days=tuple(found))


def _spans(cuts: Sequence[float]) -> Iterator[str]:
    """Name each bin of present values."""
    if not cuts:
        yield "present"
        return
    yield f"below {cuts[0]:,.6g}"
    for low, high in pairwise(cuts):
        yield f"{low:,.6g} to {high:,.6g}"
    yield f"from {cuts[-1]:,.6g}"


def _of_alerts(daily: Ints, days: Sequence[date], reference: Reference) -> Signal:
    """Return the share of alerts; off when it is twice or half of what the reference had, and not by chance."""
    weeks = weekly(daily)
    found: list[Day] = []
    span = reference.alerts
    for at, day in enumerate(days):
        rows = int(weeks[at].sum())
        value = float(weeks[at][1] / rows) if at + 1 >= WEEK and rows else None
        low = high = None
        if span is not None and rows:
            high = _SPREAD * span.high + _by_chance(span.high, rows)
            low = span.low / _SPREAD - _by_chance(span.low, rows)
        one = Day(day=day, rows=rows, value=value, low=None if low is None or low <= 0 else low, high=high)
        if one.off and span is not None:
            one = replace(one, moved=f"{span.low:.2%} to {span.high:.2%} of transfers then, {value:.2%} now")
        found.append(one)
    return Signal(kind=Kind.ALERTS, name="alerts by score", days=tuple(found))


def _of_delays(delays: pl.DataFrame, days: Sequence[date], reference: Reference) -> Signal:
    span = reference.delay_hours
    low, high = (None, None) if span is None else (span.low / _SPREAD, span.high * _SPREAD)
    found: list[Day] = []
    for at, (day, (value, rows)) in enumerate(zip(days, weekly_medians(delays, days), strict=True)):
        one = Day(day=day, rows=rows, value=value if at + 1 >= WEEK else None, low=low, high=high)
        if one.off and span is not None:
            one = replace(one, moved=f"{span.low:.0f} to {span.high:.0f} hours then, {value:.0f} now")
        found.append(one)
    return Signal(kind=Kind.DELAY, name="hours until reported", days=tuple(found))


def _of_types(delays: pl.DataFrame, days: Sequence[date], reference: Reference) -> Signal:
    within = delays.filter(pl.col("day").is_in(days))
    kinds = sorted({*reference.types, *within["fraud_type"]})
    place = {day: at for at, day in enumerate(days)}
    daily = np.zeros((len(days), max(len(kinds), 1)), np.int64)
    for day, kind in within.select("day", "fraud_type").iter_rows():
        daily[place[day], kinds.index(kind)] += 1
    then = np.array([reference.types.get(kind, 0) for kind in kinds] or [0])
    return _of_counts(
        Kind.TYPES, "reported types of fraud", daily, days, then, reference.types_restless, kinds or ["none"]
    )
