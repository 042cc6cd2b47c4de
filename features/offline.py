"""The catalogue over a table: every feature of every transfer, point in time, column by column.

Everything is ranks. The transfers of each account, device, address or pair stand together, in order of arrival,
and so do those that ask; walking along both once (`features.sweeps`) says how many came before an instant. A
window is the difference of two such ranks, and a sum over it that of two running sums. What becomes known by
reports is "stretches begun" minus "stretches ended".
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
from features.sweeps import distinct_by_clock, order_of, ranks_by_clock

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
    table = _Table(_each_once(transfers), reports)
    columns: dict[str, pl.Series] = {}
    for done, feature in enumerate(catalogue):
        columns[feature.name] = table.column(feature, columns).alias(feature.name)
        progress(done + 1, len(catalogue))
    return table.transfers.select(TRANSFER_KEY).with_columns(columns.values())


def _each_once(transfers: pl.DataFrame) -> pl.DataFrame:
    """Drop transfers that come again; ids that all differ, as nearly always, are seen to differ by themselves."""
    if transfers["transfer_id"].n_unique() == transfers.height:
        return transfers
    return transfers.unique(TRANSFER_KEY, keep="first", maintain_order=True)


@dataclass(frozen=True)
class _Track:
    """The transfers that have a key, sorted by it and then by arrival."""

    rows: Ints  # [n] index of the transfer
    keys: Ints  # [n] ascending
    clock: Ints  # [n] when each came, ascending for each key

    @staticmethod
    def of(keys: Ints, clock: Ints, only: NDArray[np.bool_] | None = None) -> "_Track":
        """Sort by key the transfers whose key is not -1 (and that `only` admits)."""
        present = keys >= 0 if only is None else (keys >= 0) & only
        if present.all():
            rows = order_of(keys)
        else:
            rows = np.flatnonzero(present)
            rows = rows[order_of(keys[rows])]
        return _Track(rows, keys[rows], clock[rows])

    def ranks(self, keys: Ints, instants: Ints) -> Ints:
        """Return how many transfers sort before each key and instant, which may come in any order."""
        order = np.lexsort((instants, keys))
        found = np.empty(order.size, np.int64)
        found[order] = ranks_by_clock(self.keys, self.clock, keys[order], instants[order], 0)
        return found


@dataclass(frozen=True)
class _Probes:
    """What the transfers ask of a track, sorted like it, so that every search is a walk along both."""

    rows: Ints  # [m] index of the asking transfer
    keys: Ints  # [m] the key it asks for
    clock: Ints  # [m] when it came
    track: _Track

    def rank(self, ago: int) -> Ints:
        """Return how many transfers in the track sort before (asked key, `ago` microseconds before the asking one)."""
        return ranks_by_clock(self.track.keys, self.track.clock, self.keys, self.clock, ago)

    def passed(self, keys: Ints, moments: Ints) -> tuple[Ints, Ints]:
        """Return how many of (`keys`, `moments`) each probe has passed, and the order in which it passes them."""
        order = np.lexsort((moments, keys))
        return ranks_by_clock(keys[order], moments[order], self.keys, self.clock, 0), order


class _Table:
    """A table of transfers with all that its features share, each thing computed once."""

    def __init__(self, transfers: pl.DataFrame, reports: pl.DataFrame) -> None:
        self.transfers = transfers
        self.size = transfers.height
        self.clock = np.maximum.accumulate(transfers["received_at"].dt.timestamp("us").to_numpy()).astype(np.int64)
        self.amounts = transfers["base_minor"].to_numpy().astype(np.int64)
        self._reports = reports
        self.keys = cache(self._keys)
        self.dense = cache(self._dense)
        self.track = cache(self._track)
        self.probes = cache(self._probes)
        self.past = cache(lambda ask, role: self.probes(ask, role).rank(0))
        self.window = cache(self._window)
        self.totals = cache(self._totals)
        self.stretches = cache(self._stretches)
        self.neighbours = cache(self._neighbours)

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
        column = np.zeros(self.size)
        column[rows] = values
        if present is None and rows.size == self.size:
            return pl.Series(column)
        valid = np.zeros(self.size, np.bool_)
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
                return self._seconds_since(probes, probes.track.clock, high - 1), high > low
            case Measure.AGE:
                return self._seconds_since(probes, self._run_starts(probes.track), high - 1), high > low
        raise ValueError(f"feature {feature.name}: {feature.measure} has no meaning over a history")

    def _seconds_since(self, probes: _Probes, moments: Ints, positions: Ints) -> Floats:
        if moments.size == 0:
            return np.zeros(positions.size)
        then: Floats = (probes.clock - moments[np.maximum(positions, 0)]) / 1e6
        return then

    def _distinct(self, feature: Feature, probes: _Probes) -> Ints:
        """Count counterparties in the window."""
        track, before, after = self.neighbours(feature.role, feature.field or "")
        return distinct_by_clock(track.keys, track.clock, before, after, probes.keys, probes.clock, _micros(feature))

    def _neighbours(self, role: tuple[str, ...], field: str) -> tuple[_Track, Ints, Ints]:
        """Return the transfers that name a counterparty, and where in that track the same pair stands next to each."""
        track, pair = self.track(role, field), self.track((*role, field))
        place = np.full(self.size, -1, np.int64)
        place[track.rows] = np.arange(track.rows.size)
        before, after = np.full(track.rows.size, -1, np.int64), np.full(track.rows.size, -1, np.int64)
        places = place[pair.rows]
        same = np.flatnonzero(pair.keys[1:] == pair.keys[:-1])
        before[places[same + 1]], after[places[same]] = places[same], places[same + 1]
        return track, before, after

    def _newcomer_sums(self, role: tuple[str, ...], field: str) -> Ints:
        """Return running counts, along the role's track, of transfers whose pair was new."""
        pair = (*role, field)
        low, high = self.window(pair, pair, _RETENTION)
        new = np.zeros(self.size, np.int64)
        new[self.probes(pair, pair).rows] = low == high
        return _running(new[self.track(role).rows])

    def _run_starts(self, track: _Track) -> Ints:
        """Return, for each transfer in the track, when its key's run of activity began."""
        moments, keys = track.clock, track.keys
        begins = np.ones(moments.size, np.bool_)
        begins[1:] = (keys[1:] != keys[:-1]) | (moments[1:] - moments[:-1] > _RETENTION)
        starts: Ints = moments[np.maximum.accumulate(np.where(begins, np.arange(moments.size), 0))]
        return starts

    def _of_reports(self, feature: Feature, probes: _Probes) -> tuple[Ints | Floats, NDArray[np.bool_] | None]:
        """Return a measure of the reports known at each probe, and where it is present."""
        stretches = self.stretches(feature.role)
        until = np.minimum(stretches.after + _micros(feature), stretches.until)
        if feature.measure is Measure.REPORTS:
            return probes.passed(stretches.keys, stretches.after)[0] - probes.passed(stretches.keys, until)[0], None
        if feature.measure is Measure.SURPRISE:
            return _mean_surprise(self._surprises(stretches), stretches, until, probes)
        steps = first_and_last(stretches, until)
        at = ranks_by_clock(steps.keys, steps.since, probes.keys, probes.clock, 0) - 1
        moment = (steps.first if feature.measure is Measure.SINCE_FIRST_REPORT else steps.last)[at]
        known = (steps.keys[at] == probes.keys) & (moment >= 0)
        if feature.measure is Measure.MATURED:
            old_by_now = self.window(feature.ask, feature.role, span_micros(MATURITY))[0]
            old_by_then = probes.track.ranks(steps.keys, steps.last - span_micros(MATURITY))
            return old_by_now - old_by_then[at], known
        return (probes.clock - moment) / 1e6, known

    def _surprises(self, stretches: Stretches) -> Ints:
        """Return how far each reported transfer was out of its payer's habit when it became known."""
        track, payers = self.track(("payer",)), self.keys(("payer",))[stretches.rows]
        low, high = (track.ranks(payers, end) for end in (stretches.after - _RETENTION, stretches.after))
        return surprise_of(self.amounts[stretches.rows], self._total(("payer",), low, high), high - low)

    def _total(self, role: tuple[str, ...], low: Ints, high: Ints) -> Ints:
        sums = self.totals(role)
        total: Ints = sums[high] - sums[low]
        return total

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
        """Return ask keys and role keys as small numbers (asks nobody has in the role: number of roles)."""
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
        return _Track.of(self.dense(role, role)[1], self.clock, only)

    def _probes(self, ask: tuple[str, ...], role: tuple[str, ...]) -> _Probes:
        asked = self.dense(ask, role)[0]
        track = self.track(role)
        asking = track if ask == role else _Track.of(asked, self.clock)
        return _Probes(asking.rows, asking.keys, asking.clock, track)

    def _window(self, ask: tuple[str, ...], role: tuple[str, ...], over: int) -> tuple[Ints, Ints]:
        """Return, for each probe, the bounds of `[t - over, t)` as positions in its track."""
        probes = self.probes(ask, role)
        return probes.rank(over), self.past(ask, role)

    def _totals(self, role: tuple[str, ...]) -> Ints:
        return _running(self.amounts[self.track(role).rows])

    def _stretches(self, role: tuple[str, ...]) -> Stretches:
        """Return when which key was known for fraud."""
        return Stretches.of(self.transfers, self._reports, self.clock, self.dense(role, role)[1])


def _micros(feature: Feature) -> int:
    return span_micros(feature.over or RETENTION)


def _running(values: Ints) -> Ints:
    """Return running sums with a zero in front: the sum over [low, high) is a difference."""
    return np.concatenate(([0], np.cumsum(values)))


def _mean_surprise(
    surprises: Ints, stretches: Stretches, until: Ints, probes: _Probes
) -> tuple[Floats, NDArray[np.bool_]]:
    """Average the surprise of what is known at each probe: what has begun minus what has ended."""
    sums, counts = np.zeros(probes.rows.size, np.int64), np.zeros(probes.rows.size, np.int64)
    for moments, sign in ((stretches.after, 1), (until, -1)):
        passed, order = probes.passed(stretches.keys, moments)
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
