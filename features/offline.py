"""The catalogue over a table: every feature of every transfer, point in time, column by column.

Everything is ranks. Transfers stand in order of arrival, so an instant becomes the index of the first
transfer at or after it, and `(key, index)` pairs sorted as one number turn "how many of this key before
that instant" into a binary search. A window is the difference of two such ranks; a distinct count is
"stretches of presence begun" minus "stretches ended".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from antifraud.domain.moment import span_micros
from antifraud.tables import TRANSFER_KEY
from features.known import Stretches, first_and_last
from features.row import ROW_VALUES
from features.spec import KIND_OF_FIELD, MATURITY, OF_REPORTS, RETENTION, Feature, Measure
from features.surprise import SURPRISE_UNIT, surprise_of

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_RETENTION: Final = span_micros(RETENTION)


def offline_features(
    transfers: pl.DataFrame,
    reports: pl.DataFrame,
    catalogue: Sequence[Feature],
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> pl.DataFrame:
    """Return one row per transfer, in order of arrival: participant, transfer_id, then the catalogue.

    `transfers` has the columns of `antifraud.tables.TRANSFERS` in order of arrival; a transfer id that comes
    again is dropped. `reports` has those of `antifraud.tables.REPORTS`, in any order. Features are Float64,
    absent is null. `progress` hears (features done, of how many).
    """
    table = _Table(transfers.unique(TRANSFER_KEY, keep="first", maintain_order=True), reports)
    columns: dict[str, pl.Series] = {}
    for done, feature in enumerate(catalogue):
        columns[feature.name] = table.column(feature, columns).alias(feature.name)
        progress(done + 1, len(catalogue))
    return table.transfers.select(TRANSFER_KEY).with_columns(columns.values())


@dataclass(frozen=True)
class _Track:
    """The transfers that have a key, sorted by it and then by arrival."""

    rows: Ints  # [n] index of the transfer
    codes: Ints  # [n] key * stride + index of the transfer, ascending

    @staticmethod
    def of(keys: Ints, stride: int, only: NDArray[np.bool_] | None = None) -> "_Track":
        """Sort by key the transfers whose key is not -1 (and that `only` admits)."""
        present = keys >= 0 if only is None else (keys >= 0) & only
        rows = np.flatnonzero(present)
        codes = keys[rows] * stride + rows
        order = np.argsort(codes, kind="stable")
        return _Track(rows[order], codes[order])


@dataclass(frozen=True)
class _Probes:
    """What the transfers ask of a track, in the order of their keys, so that searches walk forward."""

    rows: Ints  # [m] index of the asking transfer
    base: Ints  # [m] asked key * stride
    track: _Track

    def rank(self, instants: Ints) -> Ints:
        """Return how many transfers in the track sort before (asked key, instant as an index)."""
        return np.searchsorted(self.track.codes, self.base + instants[self.rows])


class _Table:
    """A table of transfers with all that its features share, each thing computed once."""

    def __init__(self, transfers: pl.DataFrame, reports: pl.DataFrame) -> None:
        self.transfers = transfers
        self.size = transfers.height
        self.stride = self.size + 2
        self.clock = np.maximum.accumulate(transfers["received_at"].dt.timestamp("us").to_numpy()).astype(np.int64)
        self.amounts = transfers["base_minor"].to_numpy().astype(np.int64)
        self.now = np.searchsorted(self.clock, self.clock)
        self._reports = reports
        self.keys = cache(self._keys)
        self.track = cache(self._track)
        self.probes = cache(self._probes)
        self.window = cache(self._window)
        self.totals = cache(self._totals)
        self.stretches = cache(self._stretches)

    def column(self, feature: Feature, earlier: dict[str, pl.Series]) -> pl.Series:
        """Return one feature of every transfer; `earlier` holds those that ratios divide."""
        if feature.measure is Measure.VALUE:
            return self.transfers.select(ROW_VALUES[feature.field or ""].column).to_series()
        if feature.operands is not None:
            upper, lower = (earlier[name] for name in feature.operands)
            return pl.select(pl.when(lower != 0).then(upper / lower)).to_series()
        probes = self.probes(feature.ask, feature.role)
        if feature.measure in OF_REPORTS:
            values, present = self._of_reports(feature, probes)
        else:
            values, present = self._of_history(feature, probes)
        return self._scatter(probes.rows, values, present)

    def _scatter(self, rows: Ints, values: Ints | Floats, present: NDArray[np.bool_] | None) -> pl.Series:
        """Put values at their transfers' places; everything else is null."""
        column, valid = np.zeros(self.size), np.zeros(self.size, np.bool_)
        column[rows] = values
        valid[rows] = True if present is None else present
        return pl.select(pl.when(pl.Series(valid)).then(pl.Series(column))).to_series()

    def _of_history(self, feature: Feature, probes: _Probes) -> tuple[Ints | Floats, NDArray[np.bool_] | None]:
        """Return a measure of past transfers for each probe, and where it is present (None: everywhere)."""
        low, high = self.window(feature.ask, feature.role, _micros(feature))
        if feature.older_than is not None:
            high = self.window(feature.ask, feature.role, span_micros(feature.older_than))[0]
        rows = probes.track.rows
        match feature.measure:
            case Measure.COUNT:
                return high - low, None
            case Measure.TOTAL:
                return self._total(feature.role, low, high), None
            case Measure.MEAN:
                with np.errstate(invalid="ignore"):
                    return self._total(feature.role, low, high) / (high - low), high > low
            case Measure.MAX:
                return _range_max(self.amounts[rows], low, high), high > low
            case Measure.DISTINCT:
                return self._distinct(feature, probes), None
            case Measure.NEWCOMERS:
                sums = self._newcomer_sums(feature.role, feature.field or "")
                return sums[high] - sums[low], None
            case Measure.SINCE_LAST:
                return self._seconds_since(probes, self.clock[rows], high - 1), high > low
            case Measure.AGE:
                return self._seconds_since(probes, self._run_starts(probes.track), high - 1), high > low
        raise ValueError(f"feature {feature.name}: {feature.measure} has no meaning over a history")

    def _seconds_since(self, probes: _Probes, moments: Ints, positions: Ints) -> Floats:
        if moments.size == 0:
            return np.zeros(positions.size)
        then: Floats = (self.clock[probes.rows] - moments[np.maximum(positions, 0)]) / 1e6
        return then

    def _distinct(self, feature: Feature, probes: _Probes) -> Ints:
        """Count counterparties present in the window.

        One is present from strictly after each of its transfers until the window loses that transfer or the
        next of the same pair takes over, so each transfer is one stretch and stretches never overlap.
        """
        field = feature.field or ""
        begun = self.track(feature.role, field)
        pair = self.track((*feature.role, field))
        following = np.full(self.size, -1, np.int64)
        same = np.flatnonzero(pair.codes[1:] // self.stride == pair.codes[:-1] // self.stride)
        following[pair.rows[same]] = pair.rows[same + 1]
        mine = following[begun.rows]
        gone = np.searchsorted(self.clock, self.clock[begun.rows] + _micros(feature), side="right")
        taken_over = np.where(mine >= 0, self.after[mine], self.size + 1)
        ended = np.sort(begun.codes - begun.rows + np.minimum(gone, taken_over))
        now = probes.base + self.now[probes.rows]
        return np.searchsorted(begun.codes, now) - np.searchsorted(ended, now, side="right")

    def _newcomer_sums(self, role: tuple[str, ...], field: str) -> Ints:
        """Return running counts, along the role's track, of transfers whose pair was new."""
        pair = (*role, field)
        low, high = self.window(pair, pair, _RETENTION)
        new = np.zeros(self.size, np.int64)
        new[self.probes(pair, pair).rows] = low == high
        return _running(new[self.track(role).rows])

    def _run_starts(self, track: _Track) -> Ints:
        """Return, for each transfer in the track, when its key's run of activity began."""
        moments, keys = self.clock[track.rows], track.codes // self.stride
        begins = np.ones(moments.size, np.bool_)
        begins[1:] = (keys[1:] != keys[:-1]) | (moments[1:] - moments[:-1] > _RETENTION)
        starts: Ints = moments[np.maximum.accumulate(np.where(begins, np.arange(moments.size), 0))]
        return starts

    def _of_reports(self, feature: Feature, probes: _Probes) -> tuple[Ints | Floats, NDArray[np.bool_] | None]:
        """Return a measure of the reports known at each probe, and where it is present."""
        stretches = self.stretches(feature.role)
        until = np.minimum(stretches.after + _micros(feature), stretches.until)
        seen, gone = (np.searchsorted(self.clock, moments, side="right") for moments in (stretches.after, until))
        now = probes.base + self.now[probes.rows]
        if feature.measure is Measure.REPORTS:
            begun, ended = np.sort(stretches.keys * self.stride + seen), np.sort(stretches.keys * self.stride + gone)
            return np.searchsorted(begun, now, side="right") - np.searchsorted(ended, now, side="right"), None
        if feature.measure is Measure.SURPRISE:
            return _mean_surprise(self._surprises(stretches), stretches.keys * self.stride, seen, gone, now)
        codes, first, last = first_and_last(stretches, seen, gone, self.stride)
        at = np.searchsorted(codes, now, side="right") - 1
        moment = (first if feature.measure is Measure.SINCE_FIRST_REPORT else last)[at]
        known = (codes[at] // self.stride == now // self.stride) & (moment >= 0)
        if feature.measure is Measure.MATURED:
            old_by_then = np.searchsorted(self.clock, moment - span_micros(MATURITY))
            old_by_now = self.window(feature.ask, feature.role, span_micros(MATURITY))[0]
            return old_by_now - np.searchsorted(probes.track.codes, probes.base + old_by_then), known
        return (self.clock[probes.rows] - moment) / 1e6, known

    def _surprises(self, stretches: Stretches) -> Ints:
        """Return how far each reported transfer was out of its payer's habit when it became known."""
        track = self.track(("payer",))
        base = self.keys(("payer",))[stretches.rows] * self.stride
        ends = (stretches.after - _RETENTION, stretches.after)
        low, high = (np.searchsorted(track.codes, base + np.searchsorted(self.clock, end)) for end in ends)
        return surprise_of(self.amounts[stretches.rows], self._total(("payer",), low, high), high - low)

    def _total(self, role: tuple[str, ...], low: Ints, high: Ints) -> Ints:
        sums = self.totals(role)
        total: Ints = sums[high] - sums[low]
        return total

    @cached_property
    def after(self) -> Ints:
        """Return, for each transfer, the index of the first one after its instant."""
        return np.searchsorted(self.clock, self.clock, side="right")

    @cached_property
    def _names(self) -> dict[str, Ints]:
        """Return each field as numbers, the same for the same name of the same kind; -1 for None."""
        codes: dict[str, Ints] = {}
        for kind in dict.fromkeys(KIND_OF_FIELD.values()):
            fields = [field for field in KIND_OF_FIELD if KIND_OF_FIELD[field] == kind]
            together = pl.concat([self.transfers[field] for field in fields]).cast(pl.Categorical).to_physical()
            numbers = together.cast(pl.Int64).fill_null(-1).to_numpy()
            codes |= {field: numbers[i * self.size : (i + 1) * self.size] for i, field in enumerate(fields)}
        return codes

    def _keys(self, fields: tuple[str, ...]) -> Ints:
        """Return what `fields` hold as one number per transfer, -1 where one is None.

        Payer and payee, asked in either order, number the same two accounts alike.
        """
        if len(fields) == 1:
            return self._names[fields[0]]
        first, second = (self._names[field] for field in fields)
        width = max(int(codes.max(initial=0)) for codes in self._names.values()) + 1
        return np.where((first >= 0) & (second >= 0), first * width + second, -1)

    def _dense(self, ask: tuple[str, ...], role: tuple[str, ...]) -> tuple[Ints, Ints]:
        """Return role keys and ask keys as small numbers (asks nobody has in the role: number of roles)."""
        if len(role) == 1:
            return self.keys(ask), self.keys(role)
        known, numbers = np.unique(self.keys(role), return_inverse=True)
        absent = int(known.size > 0 and known[0] == -1)
        if ask == role:
            return numbers - absent, numbers - absent
        asked = self.keys(ask)
        at = np.minimum(np.searchsorted(known, asked), known.size - 1)
        found = np.where(known[at] == asked, at - absent, known.size)
        return np.where(asked < 0, -1, found), numbers - absent

    def _track(self, role: tuple[str, ...], named: str | None = None) -> _Track:
        only = None if named is None else self._names[named] >= 0
        return _Track.of(self._dense(role, role)[1], self.stride, only)

    def _probes(self, ask: tuple[str, ...], role: tuple[str, ...]) -> _Probes:
        asked = self._dense(ask, role)[0]
        track = self.track(role)
        order = track.rows if ask == role else _Track.of(asked, self.stride).rows
        return _Probes(order, asked[order] * self.stride, track)

    def _window(self, ask: tuple[str, ...], role: tuple[str, ...], over: int) -> tuple[Ints, Ints]:
        """Return, for each probe, the bounds of `[t - over, t)` as positions in its track."""
        probes = self.probes(ask, role)
        start = np.searchsorted(self.clock, self.clock - over)
        return probes.rank(start), probes.rank(self.now)

    def _totals(self, role: tuple[str, ...]) -> Ints:
        return _running(self.amounts[self.track(role).rows])

    def _stretches(self, role: tuple[str, ...]) -> Stretches:
        """Return when which key was known for fraud."""
        return Stretches.of(self.transfers, self._reports, self.clock, self._dense(role, role)[1])


def _micros(feature: Feature) -> int:
    return span_micros(feature.over or RETENTION)


def _running(values: Ints) -> Ints:
    """Return running sums with a zero in front: the sum over [low, high) is a difference."""
    return np.concatenate(([0], np.cumsum(values)))


def _mean_surprise(surprises: Ints, keys: Ints, seen: Ints, gone: Ints, now: Ints) -> tuple[Floats, NDArray[np.bool_]]:
    """Average the surprise of what is known at each probe: what has begun minus what has ended."""
    sums, counts = np.zeros(now.size, np.int64), np.zeros(now.size, np.int64)
    for moments, sign in ((seen, 1), (gone, -1)):
        order = np.argsort(keys + moments, kind="stable")
        passed = np.searchsorted((keys + moments)[order], now, side="right")
        sums += sign * _running(surprises[order])[passed]
        counts += sign * passed
    with np.errstate(invalid="ignore"):
        return sums / (counts * SURPRISE_UNIT), counts > 0


def _range_max(values: Ints, low: Ints, high: Ints) -> Ints:
    """Return the largest value in each [low, high); 0 where that is empty.

    Two overlapping blocks of the same power of two cover a range; blocks double from one level to the next.
    """
    result = np.zeros(low.size, np.int64)
    length, blocks, level = high - low, values, 1
    while True:
        here = np.flatnonzero((length >= level) & (length < 2 * level))
        result[here] = np.maximum(blocks[low[here]], blocks[high[here] - level])
        if not np.any(length >= 2 * level):
            return result
        blocks = np.maximum(blocks[:-level], blocks[level:])
        level *= 2
