"""Live state of all accounts in this process: the catalogue, ready to answer in microseconds.

`OnlineState` is the in-process `FeatureState`. It is single-threaded: one event loop owns it, and each call
is atomic because nothing in it waits.
"""

from collections.abc import Sequence
from operator import attrgetter
from typing import Final

import numpy as np
import polars as pl

from antifraud.domain.moment import micros
from antifraud.domain.report import Report
from antifraud.domain.transfer import Transfer
from antifraud.workflow.ports import Vectors
from features import kernels, pins
from features.compile import FIELDS, KINDS, compile_catalogue
from features.layout import HEAD, I32, I64, NEVER
from features.rings import EventRing
from features.row import row_vectors
from features.slots import SlotTable
from features.spec import KIND_OF_FIELD, Feature
from features.surprise import surprise_of

_TRANSFERS, _REPORTS = 0, 1
_KIND_OF_COLUMN: Final = tuple(KINDS.index(kind) for kind in KIND_OF_FIELD.values())
_PIECE: Final = 1 << 12  # transfers of a table: large pieces would leave many reserved slots free
_names_of: Final = attrgetter(*FIELDS)


class OnlineState:
    """Exact sliding windows over everything observed; see `features.spec` for what they mean."""

    def __init__(self, catalogue: Sequence[Feature]) -> None:
        self.catalogue = tuple(catalogue)
        self._compiled = compile_catalogue(self.catalogue)
        self.clock: I64 = np.array([NEVER], np.int64)  # microseconds; the latest instant seen
        self.slots = SlotTable(self._compiled.blanks)
        self.events = (self._new_ring(_TRANSFERS), self._new_ring(_REPORTS))
        self.rings = (self.events[_TRANSFERS].arrays, self.events[_REPORTS].arrays)
        pairs = self._compiled.plans[_TRANSFERS].pairs.shape[0]
        self._most_slots = [*map(_KIND_OF_COLUMN.count, range(len(KINDS) - 1)), pairs]  # of each kind for one event
        self._found = np.empty(len(self._compiled.reading.asks), np.int64)
        # (participant, transfer_id) -> sequence number. Kept as long as a transfer stands reported, for years if need
        # be: forgotten, a report that is repeated would count a second time.
        self.active_reports: dict[tuple[str, str], int] = {}

    async def read_then_observe(self, transfers: Sequence[Transfer]) -> Vectors:
        """Return a row for each transfer and make each part of history, in order."""
        return self.take(transfers, observe=True)

    async def observe_report(self, report: Report, about: Transfer) -> None:
        """Make a report about a transfer, of any age, part of history from `report.known_at` on."""
        fields = [getattr(about, name) for name in FIELDS]
        self.take_report(report, fields, about.base_minor, micros(report.known_at))

    def take(self, transfers: Sequence[Transfer], *, observe: bool) -> Vectors:
        """Read a row for each transfer; with `observe` each is history for those after it."""
        count = len(transfers)
        times = np.array([micros(transfer.received_at) for transfer in transfers], np.int64)
        self._reserve(times)
        keys = np.empty((count, len(FIELDS)), np.int32)
        for column, names in enumerate(zip(*map(_names_of, transfers), strict=True)):
            keys[:, column] = self.slots.slots_of(_KIND_OF_COLUMN[column], names)
        out = np.empty((count, len(self.catalogue)))
        self._run(
            times,
            np.array([transfer.base_minor for transfer in transfers], np.int64),
            keys,
            row_vectors(self._compiled.row_values, transfers),
            observe=observe,
            out=out,
        )
        return out

    def observe_table(self, transfers: pl.DataFrame) -> None:
        """Make a table of transfers (columns of `antifraud.tables.TRANSFERS`, in order of arrival) history.

        Nothing is read; this is how a process catches up.
        """
        for piece in transfers.iter_slices(_PIECE):
            times = piece["received_at"].dt.timestamp("us").to_numpy().astype(np.int64)
            self._reserve(times)
            keys = np.empty((piece.height, len(FIELDS)), np.int32)
            for column, name in enumerate(FIELDS):
                keys[:, column] = self.slots.slots_of(_KIND_OF_COLUMN[column], piece[name].to_list())
            self._run(
                times,
                piece["base_minor"].to_numpy().astype(np.int64),
                keys,
                np.empty((piece.height, len(self._compiled.row_values))),
                observe=True,
                out=np.empty((0, len(self.catalogue))),
            )

    def take_report(self, report: Report, about: Sequence[str | None], amount: int, heard: int) -> None:
        """Observe a report about a transfer of `amount` whose FIELDS hold `about`, or its withdrawal.

        `heard` is when, in microseconds: `known_at`, or later if the transfer itself came later. Saying again
        what is already so changes nothing.
        """
        key = (report.participant, report.transfer_id)
        active = self.active_reports.get(key, -1)
        if report.fraud is (active >= 0):
            return
        self._reserve(np.array([heard]), _REPORTS)
        keys = np.full((1, len(FIELDS)), -1, np.int32)
        if report.fraud:
            for column, name in enumerate(about):
                keys[0, column] = self.slots.slots_of(_KIND_OF_COLUMN[column], [name])[0]
        pins.pin(self.slots.arrays, self._compiled.plans[_REPORTS].kinds, keys)
        self.advance(heard)
        surprise = self._surprise(int(keys[0, 0]), amount) if report.fraud else 0
        number = kernels.push_report(
            self.rings, self._compiled.plans, self.slots.arrays, self.clock, keys, surprise, active
        )
        if report.fraud:
            self.active_reports[key] = int(number)
        else:
            del self.active_reports[key]

    def advance(self, now: int) -> None:
        """Move the clock to `now`, microseconds: what is too old leaves, and idle accounts with it."""
        plans, retention = self._compiled.plans, self._compiled.reading.retention
        kernels.advance(self.rings, plans, self.slots.arrays, self.clock, now, retention)
        self._forget()

    def _surprise(self, payer: int, amount: int) -> int:
        """Measure an amount against what the payer's slot knows of the payer's habit now."""
        if self._compiled.payer_mean is None:
            return 0
        arrays = self.slots.arrays
        row = int(arrays.cell_at[0] + payer * arrays.width[0])
        total, count = (arrays.cells[row + cell : row + cell + 1] for cell in self._compiled.payer_mean)
        return int(surprise_of(np.array([amount]), total, count)[0])

    @property
    def transfers(self) -> int:
        """Count the transfers in memory: those of the longest window."""
        marks = self.rings[_TRANSFERS].marks
        return int(marks[HEAD] - marks[-1])

    @property
    def accounts(self) -> int:
        """Count the accounts in memory: those that some transfer or report in memory mentions."""
        return len(self.slots.slot_of[KINDS.index("account")])

    @property
    def nbytes(self) -> int:
        """Return what the arrays take, in bytes; the names of accounts, devices and addresses come on top."""
        return self.slots.nbytes + sum(events.nbytes for events in self.events)

    @property
    def filled(self) -> float:
        """Return what share is taken of that which there is the least room for: transfers, reports, accounts, pairs."""
        return max(self.slots.filled, *(events.filled for events in self.events))

    def _run(self, times: I64, amounts: I64, keys: I32, rows: Vectors, *, observe: bool, out: Vectors) -> None:
        kernels.run(
            self.rings,
            self._compiled.plans,
            self.slots.arrays,
            self._compiled.reading,
            self.clock,
            times,
            amounts,
            keys,
            rows,
            observe,
            self._found,
            out,
        )
        self._forget()

    def _reserve(self, times: I64, stream: int = _TRANSFERS) -> None:
        """Make sure of room for events that come at `times`, before anything changes; raise MemoryError for want of it.

        Where a ring is full, what is too old by then leaves first.
        """
        events = self.events[stream]
        if events.room < times.size:
            self.advance(int(times[0]))
            if events.room < times.size:
                raise MemoryError(f"no room for {times.size} more events beside those of the longest window")
        self.slots.reserve([times.size * most for most in self._most_slots])

    def _forget(self) -> None:
        """Give back what nobody names any more."""
        self.slots.forget()
        for events in self.events:
            events.forget()

    def _new_ring(self, stream: int) -> EventRing:
        compiled = self._compiled
        return EventRing(compiled.plans[stream], compiled.links[stream], compiled.tallies[stream])
