"""The catalogue over a table: every feature of every transfer, point in time, column by column.

Everything is ranks. The transfers of each account, device, address or pair stand together, in order of arrival,
and so do those that ask; walking along both once (`features.sweeps`) says how many came before an instant. A
window is the difference of two such ranks, and a sum over it that of two running sums. What becomes known by
reports is "stretches begun" minus "stretches ended". Inside, columns are float64 with NaN for absent.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from typing import Final, TypeVar, TypeVarTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from antifraud.domain.moment import span_micros
from antifraud.tables import TRANSFER_KEY
from features import sweeps
from features.known import Steps, Stretches, first_and_last
from features.row import ROW_VALUES
from features.spec import KIND_OF_FIELD, MATURITY, OF_REPORTS, RETENTION, Feature, Measure
from features.surprise import SURPRISE_UNIT, surprise_of

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Places = NDArray[np.int32]
Asked = TypeVarTuple("Asked")
Made = TypeVar("Made")

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
    absent is null. `progress` hears (features done, of how many). Features are computed on as many threads as
    polars has; what they share is computed once.
    """
    table = _Table(_each_once(transfers), reports)
    columns: dict[str, Floats] = {}
    with ThreadPoolExecutor(pl.thread_pool_size()) as threads:
        direct = {f.name: threads.submit(table.column, f) for f in catalogue if f.operands is None}
        for done, feature in enumerate(catalogue):
            if feature.operands is None:
                columns[feature.name] = direct[feature.name].result()
            else:
                columns[feature.name] = _quotient(*(columns[name] for name in feature.operands))
            progress(done + 1, len(catalogue))
    features = [pl.Series(name, column, nan_to_null=True) for name, column in columns.items()]
    return table.transfers.select(TRANSFER_KEY).with_columns(features)


def _each_once(transfers: pl.DataFrame) -> pl.DataFrame:
    """Drop transfers that come again; ids that all differ, as nearly always, are seen to differ by themselves."""
    if transfers["transfer_id"].n_unique() == transfers.height:
        return transfers
    return transfers.unique(TRANSFER_KEY, keep="first", maintain_order=True)


def _quotient(upper: Floats, lower: Floats) -> Floats:
    """Divide; absent where either is, or where the lower is 0."""
    column = np.full(upper.size, np.nan)
    np.divide(upper, lower, out=column, where=lower != 0)
    return column


def _once(make: Callable[[*Asked], Made]) -> Callable[[*Asked], Made]:
    """Make the same thing once, whichever thread asks for it first; the others wait."""
    locks: dict[tuple[*Asked], Lock] = {}
    made: dict[tuple[*Asked], Made] = {}

    def of(*asked: *Asked) -> Made:
        with locks.setdefault(asked, Lock()):
            if asked not in made:
                made[asked] = make(*asked)
        return made[asked]

    return of


@dataclass(frozen=True, slots=True)
class _Track:
    """The transfers that have a key, sorted by it and then by arrival."""

    rows: Places  # [n] index of the transfer
    keys: Ints  # [n] ascending
    clock: Ints  # [n] when each came, ascending for each key

    def rank(self, keys: Ints, instants: Ints) -> Places:
        """Return how many transfers sort before each key and instant, which may come in any order."""
        order = np.lexsort((instants, keys))
        found = np.empty(order.size, np.int32)
        found[order] = sweeps.ranks_by_clock(self.keys, self.clock, keys[order], instants[order], 0)
        return found

    def passed(self, keys: Ints, moments: Ints) -> tuple[Places, Places]:
        """Return how many of (`keys`, `moments`) each transfer here has passed, and the order in which it does."""
        order = np.lexsort((moments, keys))
        found = sweeps.ranks_by_clock(keys[order], moments[order], self.keys, self.clock, 0)
        return found, order.astype(np.int32)


class _Table:
    """A table of transfers with all that its features share, each thing made once.

    `ask` and `role` say, as in a feature, who asks (a probe) and what track of past transfers is asked.
    """

    def __init__(self, transfers: pl.DataFrame, reports: pl.DataFrame) -> None:
        self.transfers = transfers
        self.size = transfers.height
        self.clock = np.maximum.accumulate(transfers["received_at"].dt.timestamp("us").to_numpy()).astype(np.int64)
        self.amounts = transfers["base_minor"].to_numpy().astype(np.int64)
        self._reports = reports
        self.keys = _once(self._keys)
        self.names = _once(self._names)
        self.track = _once(self._track)
        self.bound = _once(self._bound)
        self.totals = _once(self._totals)
        self.newcomers = _once(self._newcomers)
        self.neighbours = _once(self._neighbours)
        self.runs = _once(self._runs)
        self.stretches = _once(self._stretches)
        self.begun = _once(self._begun)
        self.steps = _once(self._steps)

    def column(self, feature: Feature) -> Floats:
        """Return one feature of every transfer; ratios are not made here."""
        if feature.measure is Measure.VALUE:
            return self.transfers.select(ROW_VALUES[feature.field or ""].column).to_series().to_numpy()
        column = np.full(self.size, np.nan)
        if feature.measure in OF_REPORTS:
            self._of_reports(feature, column)
        else:
            self._of_history(feature, column)
        return column

    def _of_history(self, feature: Feature, column: Floats) -> None:
        """Fill in a measure of past transfers."""
        ask, role, younger = feature.ask, feature.role, feature.older_than
        track, probes = self.track(role), self.track(ask)
        low, high = self.bound(ask, role, _micros(feature)), self.bound(ask, role, _span(younger))
        rows = probes.rows
        match feature.measure:
            case Measure.COUNT:
                sweeps.counts(rows, low, high, column)
            case Measure.TOTAL:
                sweeps.totals(rows, low, high, self.totals(role), column)
            case Measure.MEAN:
                sweeps.means(rows, low, high, self.totals(role), column)
            case Measure.MAX:
                queue = np.empty(track.rows.size, np.int32)
                sweeps.largest(rows, low, high, self.amounts[track.rows], queue, column)
            case Measure.DISTINCT:
                sweeps.distinct(rows, low, high, *self.neighbours(role[0], feature.field or ""), column)
            case Measure.NEWCOMERS:
                sweeps.totals(rows, low, high, self.newcomers(role[0], feature.field or ""), column)
            case Measure.SINCE_LAST:
                sweeps.seconds_since(rows, low, high, track.clock, probes.clock, column)
            case Measure.AGE:
                sweeps.seconds_since(rows, low, high, self.runs(role), probes.clock, column)
            case _:
                raise ValueError(f"feature {feature.name}: {feature.measure} has no meaning over a history")

    def _neighbours(self, role: str, field: str) -> tuple[Places, Places]:
        """Return where in the role's track the same counterparty stands before and after each place."""
        track, pair = self.track((role,)), self.track((role, field))
        place = np.empty(self.size, np.int32)
        place[track.rows] = np.arange(track.rows.size, dtype=np.int32)
        return sweeps.neighbours(pair.keys, place[pair.rows], track.rows.size)

    def _newcomers(self, role: str, field: str) -> Ints:
        """Return running counts, along the role's track, of transfers whose pair was new."""
        pair = (role, field)
        new = np.zeros(self.size, np.int64)
        new[self.track(pair).rows] = self.bound(pair, pair, _RETENTION) == self.bound(pair, pair, 0)
        return _running(new[self.track((role,)).rows])

    def _runs(self, role: tuple[str, ...]) -> Ints:
        """Return, for each transfer in the track, when its key's run of activity began."""
        moments, keys = self.track(role).clock, self.track(role).keys
        begins = np.ones(moments.size, np.bool_)
        begins[1:] = (keys[1:] != keys[:-1]) | (moments[1:] - moments[:-1] > _RETENTION)
        starts: Ints = moments[np.maximum.accumulate(np.where(begins, np.arange(moments.size), 0))]
        return starts

    def _of_reports(self, feature: Feature, column: Floats) -> None:
        """Fill in a measure of the reports known at each probe."""
        ask, role, over = feature.ask, feature.role, _micros(feature)
        probes, stretches = self.track(ask), self.stretches(role)
        if feature.measure is Measure.REPORTS:
            ended = probes.passed(stretches.keys, stretches.within(over))[0]
            sweeps.counts(probes.rows, ended, self.begun(ask, role)[0], column)
            return
        if feature.measure is Measure.SURPRISE:
            column[probes.rows] = self._mean_surprise(ask, role, over)
            return
        steps = self.steps(role, over)
        at = sweeps.ranks_by_clock(steps.keys, steps.since, probes.keys, probes.clock, 0) - 1
        moment = (steps.first if feature.measure is Measure.SINCE_FIRST_REPORT else steps.last)[at]
        known = np.flatnonzero((steps.keys[at] == probes.keys) & (moment >= 0))
        if feature.measure is Measure.MATURED:
            old_by_now = self.bound(ask, role, span_micros(MATURITY))
            old_by_then = self.track(role).rank(steps.keys, steps.last - span_micros(MATURITY))
            column[probes.rows[known]] = old_by_now[known] - old_by_then[at[known]]
        else:
            column[probes.rows[known]] = (probes.clock[known] - moment[known]) / 1e6

    def _mean_surprise(self, ask: tuple[str, ...], role: tuple[str, ...], over: int) -> Floats:
        """Average the surprise of what is known at each probe: what has begun minus what has ended."""
        stretches = self.stretches(role)
        surprises = self._surprises(stretches)
        begun, beginning = self.begun(ask, role)
        ended, ending = self.track(ask).passed(stretches.keys, stretches.within(over))
        sums = _running(surprises[beginning])[begun] - _running(surprises[ending])[ended]
        with np.errstate(invalid="ignore"):
            mean: Floats = sums / ((begun - ended) * np.int64(SURPRISE_UNIT))
        return mean

    def _surprises(self, stretches: Stretches) -> Ints:
        """Return how far each reported transfer was out of its payer's habit when it became known."""
        track, payers = self.track(("payer",)), self.keys(("payer",))[stretches.rows]
        low, high = (track.rank(payers, end) for end in (stretches.after - _RETENTION, stretches.after))
        sums = self.totals(("payer",))
        return surprise_of(self.amounts[stretches.rows], sums[high] - sums[low], high - low)

    def _names(self, kind: str) -> dict[str, Places]:
        """Return each field of a kind as numbers, the same for the same name; -1 for None."""
        fields = [field for field in KIND_OF_FIELD if KIND_OF_FIELD[field] == kind]
        together = pl.concat([self.transfers[field] for field in fields]).cast(pl.Categorical).to_physical()
        numbers = together.cast(pl.Int32).fill_null(-1).to_numpy()
        return {field: numbers[i * self.size : (i + 1) * self.size] for i, field in enumerate(fields)}

    def _named(self, field: str) -> Places:
        return self.names(KIND_OF_FIELD[field])[field]

    def _keys(self, fields: tuple[str, ...]) -> Ints:
        """Return what `fields` hold as one number per transfer, -1 where one is None.

        Payer and payee, asked in either order, number the same two accounts alike.
        """
        if len(fields) == 1:
            return self._named(fields[0]).astype(np.int64)
        first, second = (self._named(field) for field in fields)
        return np.where((first >= 0) & (second >= 0), (first.astype(np.int64) << 32) | second, -1)

    def _track(self, fields: tuple[str, ...]) -> _Track:
        """Sort by what `fields` hold: by the last of them first, so that the first one decides."""
        keys = self.keys(fields)
        present = keys >= 0
        rows = np.arange(self.size, dtype=np.int32) if present.all() else np.flatnonzero(present).astype(np.int32)
        for field in reversed(fields):
            rows = rows[sweeps.order_of(self._named(field)[rows])]
        return _Track(rows, keys[rows], self.clock[rows])

    def _bound(self, ask: tuple[str, ...], role: tuple[str, ...], ago: int) -> Places:
        """Return how many transfers in the track sort before each probe's key and instant, `ago` microseconds back."""
        track, probes = self.track(role), self.track(ask)
        return sweeps.ranks_by_clock(track.keys, track.clock, probes.keys, probes.clock, ago)

    def _totals(self, role: tuple[str, ...]) -> Ints:
        return _running(self.amounts[self.track(role).rows])

    def _stretches(self, role: tuple[str, ...]) -> Stretches:
        """Return when which key was known for fraud."""
        return Stretches.of(self.transfers, self._reports, self.clock, self.keys(role))

    def _begun(self, ask: tuple[str, ...], role: tuple[str, ...]) -> tuple[Places, Places]:
        stretches = self.stretches(role)
        return self.track(ask).passed(stretches.keys, stretches.after)

    def _steps(self, role: tuple[str, ...], over: int) -> Steps:
        stretches = self.stretches(role)
        return first_and_last(stretches, stretches.within(over))


def _micros(feature: Feature) -> int:
    return span_micros(feature.over or RETENTION)


def _span(span: timedelta | None) -> int:
    return 0 if span is None else span_micros(span)


def _running(values: Ints) -> Ints:
    """Return running sums with a zero in front: the sum over [low, high) is a difference."""
    sums = np.zeros(values.size + 1, np.int64)
    np.cumsum(values, out=sums[1:])
    return sums
