"""From the catalogue to plans: which cells a slot needs, what an event does to them, how a vector is read.

Features that need the same number share its cell. Nothing here runs per transfer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import numpy as np

from antifraud.domain.moment import span_micros
from features import layout as at
from features.layout import I32, I64, Plan, Reading
from features.row import ROW_VALUES
from features.spec import KIND_OF_FIELD, MATURITY, OF_REPORTS, RETENTION, Feature, Measure
from features.surprise import SURPRISE_UNIT

FIELDS: Final = tuple(KIND_OF_FIELD)  # the single key columns of the transfers' ring, in order
KINDS: Final = (*dict.fromkeys(KIND_OF_FIELD.values()), "pair")  # kinds of slot; all pairs are one kind
_PAIR_KIND: Final = len(KINDS) - 1

_CHAINED = {
    Measure.MAX: (at.HEAD_VALUE, 1),
    Measure.SINCE_REPORT: (at.END_SINCE, 0),
    Measure.SINCE_FIRST_REPORT: (at.END_SINCE, 0),
    Measure.MATURED: (at.TAIL_TALLY, 0),
}


@dataclass(frozen=True, slots=True)
class Compiled:
    """A catalogue made ready for the kernels."""

    plans: tuple[Plan, Plan]  # transfers, reports
    links: tuple[int, int]  # columns of links each ring needs
    tallies: tuple[int, int]  # and of tallies
    reading: Reading
    blanks: tuple[I64, ...]  # a fresh slot of each of KINDS
    row_values: tuple[str, ...]  # names, in the order of the rows handed to the kernel
    payer_mean: tuple[int, int] | None  # cells of a payer's total and count over RETENTION, if reports need them


@dataclass(slots=True)
class _Stream:
    """What one ring's events do, as it gathers."""

    windows: tuple[int, ...]
    counters: dict[tuple[object, ...], list[int]] = field(default_factory=dict)
    distincts: dict[tuple[object, ...], list[int]] = field(default_factory=dict)
    chains: dict[tuple[object, ...], list[int]] = field(default_factory=dict)
    heads: dict[tuple[object, ...], list[int]] = field(default_factory=dict)
    runs: dict[tuple[object, ...], list[int]] = field(default_factory=dict)


class _Compiler:
    def __init__(self, catalogue: Sequence[Feature]) -> None:
        self.catalogue = catalogue
        self.pairs = _pairs_of(catalogue)
        if len(self.pairs) > at.MOST_PAIRS:
            raise ValueError(
                f"a catalogue has at most {at.MOST_PAIRS} kinds of pair, was {len(self.pairs)}: {self.pairs}"
            )
        self.blanks: list[list[int]] = [[0] for _ in KINDS[:-1]] + [[0, -1, -1]]
        of_reports = [f for f in catalogue if f.measure in OF_REPORTS]
        of_history = [f for f in catalogue if f.measure not in OF_REPORTS]
        maturing = any(f.measure is Measure.MATURED for f in of_reports)
        self.streams = (_Stream(_windows(of_history, *[MATURITY] * maturing)), _Stream(_windows(of_reports)))
        self.asks: dict[tuple[int, ...], int] = {}
        self.rows: dict[str, int] = {}

    def cell(self, kind: int, blank: int) -> int:
        """Give slots of a kind one more cell."""
        self.blanks[kind].append(blank)
        return len(self.blanks[kind]) - 1

    def key(self, role: tuple[str, ...]) -> tuple[int, int]:
        """Return the key column of a role and the kind of its slots."""
        if len(role) == 1:
            return FIELDS.index(role[0]), KINDS.index(KIND_OF_FIELD[role[0]])
        return len(FIELDS) + self.pairs.index(_pair(role)), _PAIR_KIND

    def ask(self, feature: Feature) -> int:
        """Return the number of the slot that a feature asks, the same for the same question."""
        columns = [FIELDS.index(name) for name in feature.ask]
        if len(columns) == 1:
            question = (self.key(feature.role)[1], columns[0], -1, 0)
        else:
            if feature.role != _pair(feature.role):
                columns.reverse()
            question = (_PAIR_KIND, columns[0], columns[1], self.pairs.index(_pair(feature.role)))
        return self.asks.setdefault(question, len(self.asks))

    def counter(self, feature: Feature, how: int) -> int:
        """Return the cell that counts or sums a feature's window."""
        return self._counter(feature, how, self.streams[feature.measure in OF_REPORTS], _micros(feature))

    def _counter(self, feature: Feature, how: int, stream: _Stream, over: int | None) -> int:
        """Return the cell of a counter over one window of a stream, or (None) for ever."""
        window = len(stream.windows) if over is None else stream.windows.index(over)
        key, kind = self.key(feature.role)
        name = (key, window, how)
        if name not in stream.counters:
            stream.counters[name] = [window, key, kind, self.cell(kind, 0), how]
        return stream.counters[name][3]

    def distinct(self, feature: Feature) -> int:
        """Return the cell that counts a feature's distinct counterparties."""
        stream = self.streams[0]
        window = stream.windows.index(_micros(feature))
        key, kind = self.key(feature.role)
        pair = self.pairs.index(_pair((*feature.role, _field(feature))))
        name = (key, window, pair)
        if name not in stream.distincts:
            stream.distincts[name] = [window, key, kind, self.cell(kind, 0), pair]
        return stream.distincts[name][3]

    def chain(self, feature: Feature, maxima: int) -> list[int]:
        """Return the chain of a feature's history, one for all windows: [_, key column, kind, cell of last, ..]."""
        chains = self.streams[feature.measure in OF_REPORTS].chains
        key, kind = self.key(feature.role)
        if (key, maxima) not in chains:
            chains[(key, maxima)] = [0, key, kind, self.cell(kind, -1), 2 * len(chains), maxima, -1, -1, -1]
        return chains[(key, maxima)]

    def head(self, feature: Feature, chain: list[int]) -> int:
        """Return the cell of a chain's first event in the feature's window."""
        stream = self.streams[feature.measure in OF_REPORTS]
        number, window = list(stream.chains.values()).index(chain), stream.windows.index(_micros(feature))
        if (number, window) not in stream.heads:
            stream.heads[(number, window)] = [window, number, self.cell(chain[2], -1)]
        return stream.heads[(number, window)][2]

    def payer_mean(self) -> tuple[int, int] | None:
        """Return the cells that a report's surprise is measured against."""
        if not any(feature.measure is Measure.SURPRISE for feature in self.catalogue):
            return None
        habit = Feature("", Measure.MEAN, "", ("payer",), ("payer",), RETENTION)
        return self.counter(habit, at.AMOUNT), self.counter(habit, at.ONE)

    def tallied(self, feature: Feature, chain: list[int]) -> tuple[int, int]:
        """Make a chain note how many transfers were MATURITY old when each report came; return the two cells."""
        transfers, reports = self.streams
        if chain[8] < 0:
            chain[8] = sum(other[8] >= 0 for other in reports.chains.values())
        chain[6] = self._counter(feature, at.ONE, transfers, None)
        chain[7] = self._counter(feature, at.ONE, transfers, span_micros(MATURITY))
        return chain[6], chain[7]

    def run(self, feature: Feature) -> tuple[int, int]:
        """Return the cells of the last moment and of the run's first moment."""
        key, kind = self.key(feature.role)
        stream = self.streams[0]
        if (key,) not in stream.runs:
            stream.runs[(key,)] = [0, key, kind, self.cell(kind, at.NEVER), self.cell(kind, at.NEVER)]
        return stream.runs[(key,)][3], stream.runs[(key,)][4]

    def read(self, feature: Feature, index_of: dict[str, int]) -> list[int]:
        """Return how the kernel reads a feature: [how, ask, up to four arguments]."""
        measure = feature.measure
        if measure is Measure.VALUE:
            name = _field(feature)
            if name not in ROW_VALUES:
                raise ValueError(f"feature {feature.name}: no value of a transfer is called {name!r}")
            return [at.FROM_ROW, 0, self.rows.setdefault(name, len(self.rows))]
        if feature.operands is not None:
            upper, lower = (index_of[operand] for operand in feature.operands)
            return [at.FEATURE_RATIO, 0, upper, lower]
        ask = self.ask(feature)
        if feature.older_than is not None:
            younger = self._counter(feature, at.ONE, self.streams[0], span_micros(feature.older_than))
            return [at.DIFFERENCE, ask, self.counter(feature, at.ONE), younger]
        if measure in (Measure.COUNT, Measure.REPORTS):
            return [at.CELL, ask, self.counter(feature, at.ONE)]
        if measure is Measure.TOTAL:
            return [at.CELL, ask, self.counter(feature, at.AMOUNT)]
        if measure in (Measure.MEAN, Measure.SURPRISE):
            unit = SURPRISE_UNIT if measure is Measure.SURPRISE else 1
            return [at.QUOTIENT, ask, self.counter(feature, at.AMOUNT), self.counter(feature, at.ONE), unit]
        if measure is Measure.NEWCOMERS:
            pair = self.pairs.index(_pair((*feature.role, _field(feature))))
            return [at.CELL, ask, self.counter(feature, at.NEWCOMER + pair)]
        if measure is Measure.DISTINCT:
            return [at.CELL, ask, self.distinct(feature)]
        if measure in _CHAINED:
            how, maxima = _CHAINED[measure]
            chain = self.chain(feature, maxima)
            if how == at.TAIL_TALLY:
                return [how, ask, chain[3], *self.tallied(feature, chain), chain[8]]
            end = chain[3] if measure is Measure.SINCE_REPORT else self.head(feature, chain)
            return [how, ask, end, int(measure in OF_REPORTS)]
        last, first = self.run(feature)
        return [at.SECONDS_SINCE, ask, last if measure is Measure.SINCE_LAST else first, last]

    def plan(self, stream: _Stream, *, pairs: bool) -> Plan:
        """Return a stream's plan, rows sorted by window; only transfers have pairs."""
        members = [[FIELDS.index(name) for name in pair] for pair in self.pairs]
        kinds = [KINDS.index(kind) for kind in KIND_OF_FIELD.values()]
        counters, counters_from = _by_window(stream.counters, len(stream.windows), 4)
        distincts, distincts_from = _by_window(stream.distincts, len(stream.windows), 4)
        heads, heads_from = _by_window(stream.heads, len(stream.windows), 2)
        return Plan(
            windows=np.array(stream.windows, np.int64),
            kinds=np.array(kinds, np.int32),
            pairs=np.array(members if pairs else [], np.int32).reshape(-1, 2),
            counters=counters,
            counters_from=counters_from,
            distincts=distincts,
            distincts_from=distincts_from,
            chains=_by_window(stream.chains, 1, 8)[0],
            heads=heads,
            heads_from=heads_from,
            runs=_by_window(stream.runs, 1, 4)[0],
        )


def compile_catalogue(catalogue: Sequence[Feature]) -> Compiled:
    """Return the plans of a catalogue; raise ValueError naming the feature that cannot be compiled."""
    compiler = _Compiler(catalogue)
    index_of: dict[str, int] = {}
    reads = []
    for index, feature in enumerate(catalogue):
        try:
            reads.append(compiler.read(feature, index_of))
        except KeyError as operand:
            raise ValueError(f"feature {feature.name}: {operand} does not stand earlier in the catalogue") from None
        index_of[feature.name] = index
    asks = np.array(list(compiler.asks), np.int32).reshape(-1, 4)
    transfers, reports = compiler.streams
    payer_mean = compiler.payer_mean()
    return Compiled(
        plans=(compiler.plan(transfers, pairs=True), compiler.plan(reports, pairs=False)),
        links=(2 * len(transfers.chains), max(1, 2 * len(reports.chains))),
        tallies=(0, sum(chain[8] >= 0 for chain in reports.chains.values())),
        reading=Reading(
            asks, np.array([(*read, 0, 0, 0)[:6] for read in reads], np.int32).reshape(-1, 6), span_micros(RETENTION)
        ),
        blanks=tuple(np.array(blank, np.int64) for blank in compiler.blanks),
        row_values=tuple(compiler.rows),
        payer_mean=payer_mean,
    )


def _field(feature: Feature) -> str:
    if feature.field is None:
        raise ValueError(f"feature {feature.name}: {feature.measure} needs a field")
    return feature.field


def _micros(feature: Feature) -> int:
    return span_micros(feature.over or RETENTION)


def _windows(features: Sequence[Feature], *besides: timedelta) -> tuple[int, ...]:
    """Return the windows in use, ascending; RETENTION is always there: events leave memory by it."""
    spans = {RETENTION, *besides, *(f.over for f in features), *(f.older_than for f in features)}
    return tuple(sorted(span_micros(span) for span in spans if span is not None))


def _pair(role: tuple[str, ...]) -> tuple[str, ...]:
    """Return a pair's fields in the one order that names it."""
    return tuple(sorted(role, key=FIELDS.index))


def _pairs_of(catalogue: Sequence[Feature]) -> list[tuple[str, ...]]:
    wanted: list[tuple[str, ...]] = [f.role for f in catalogue if len(f.role) == 2]
    wanted += [(*f.role, _field(f)) for f in catalogue if f.measure in (Measure.DISTINCT, Measure.NEWCOMERS)]
    return list(dict.fromkeys(_pair(role) for role in wanted))


def _by_window(rows: dict[tuple[object, ...], list[int]], windows: int, width: int) -> tuple[I32, I32]:
    """Return rows [window, ...] sorted by window without that column, and each window's bounds."""
    ordered = sorted(rows.values(), key=lambda row: row[0])
    bounds = np.searchsorted([row[0] for row in ordered], np.arange(windows + 1))
    return np.array([row[1:] for row in ordered], np.int32).reshape(-1, width), bounds.astype(np.int32)
