"""Slots of accounts, devices, ips and pairs: who has which, and more of them as they are needed.

A slot belongs to a name (or a pair) as long as some event in memory mentions it; then it is wiped and
given to the next. Kernels free slots; this module hears of it afterwards through the stacks of free ones.

Nothing moves when more are needed, so that no transfer waits for it. Only the hash table of pairs becomes too
small: a larger one is filled some pairs at a time, and meanwhile the former one knows the others.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from features.jit import kernel
from features.layout import I32, I64, KEY, REFS, Int, Slots
from features.names import Names
from features.pair_table import MAX_SLOTS, find, insert
from features.room import Room

_GROWTH: Final = 1024  # slots that are made together
_FASTER: Final = 8  # times as many pairs go over to a larger table as come: it knows all long before it is full


@kernel
def _move(slots: Slots, first: Int, last: Int) -> None:
    """Put the pairs of slots [first, last) into the table, unless they are there."""
    kind = slots.width.size - 1
    for slot in range(first, last):
        row = slots.cell_at[kind] + slot * slots.width[kind]
        key = slots.cells[row + KEY]
        if slots.cells[row + REFS] > 0 and find(slots.table_keys, slots.table_slots, key) < 0:
            insert(slots.table_keys, slots.table_slots, key, slot)


class SlotTable:
    """All slots of all kinds; `arrays` is what kernels work on. All kinds but the last, pairs, have names."""

    def __init__(self, blanks: Sequence[I64]) -> None:
        self._blanks = tuple(blanks)
        self._pairs = len(blanks) - 1
        self.slot_of = tuple(Names() for _ in range(self._pairs))
        self.name_of: tuple[list[str | None], ...] = tuple([] for _ in range(self._pairs))
        self._free_before = [0] * self._pairs
        self._sizes = [0] * len(blanks)  # slots of each kind, free or not
        self._unmoved = range(0)  # slots whose pairs only the former table may know
        width = np.array([blank.size for blank in blanks], np.int64)
        kinds = np.arange(len(blanks))
        keys, slots = _table(0)
        self.arrays = Slots(
            cells=Room((MAX_SLOTS * int(width.sum()),), np.int64).array,
            cell_at=MAX_SLOTS * (np.cumsum(width) - width),
            width=width,
            blank=np.concatenate(self._blanks),
            blank_at=np.cumsum(width) - width,
            free=Room((MAX_SLOTS * kinds.size,), np.int32).array,
            free_at=MAX_SLOTS * kinds,
            free_count=np.zeros(kinds.size, np.int64),
            table_keys=keys,
            table_slots=slots,
            former_keys=keys[:0],
            former_slots=slots[:0],
        )
        for kind in kinds.tolist():
            self._grow(kind, _GROWTH)

    @property
    def nbytes(self) -> int:
        """Return what slots, stacks and tables take, in bytes."""
        each = 8 * self.arrays.width + 4
        return int(np.dot(self._sizes, each)) + sum(part.nbytes for part in self.arrays[-4:])

    @property
    def filled(self) -> float:
        """Return the share of all slots that is taken, of the kind of which it is the largest."""
        return float(np.max(self._sizes - self.arrays.free_count)) / MAX_SLOTS

    def slots_of(self, kind: int, names: Iterable[str | None]) -> list[int]:
        """Return the slot of each name, a new one of those that were reserved if need be; -1 for None."""
        slot_of = self.slot_of[kind]
        found = []
        for name in names:
            if name is None:
                found.append(-1)
            else:
                slot = slot_of.get(name)
                found.append(self._new(kind, name) if slot is None else slot)
        return found

    def reserve(self, counts: Sequence[int]) -> None:
        """Make sure of so many more slots of each kind; raise MemoryError before anybody has one."""
        for kind, free in enumerate(self.arrays.free_count.tolist()):
            if free < counts[kind]:
                self._grow(kind, counts[kind])
        if self._unmoved:
            self._move_on(_FASTER * counts[self._pairs])

    def forget(self) -> None:
        """Drop the names of slots that kernels have freed since the last call."""
        counts = self.arrays.free_count.tolist()
        for kind, before in enumerate(self._free_before):
            if counts[kind] > before:
                names, slot_of = self.name_of[kind], self.slot_of[kind]
                start = int(self.arrays.free_at[kind])
                for slot in self.arrays.free[start + before : start + counts[kind]].tolist():
                    if (name := names[slot]) is not None:
                        slot_of.drop(name)
                    names[slot] = None
                self._free_before[kind] = counts[kind]

    def kept(self) -> list[tuple[I64, I32]]:
        """Return the cells and the stack of free slots of each kind."""
        return [(self._cells(kind, 0, size), self._stack(kind)) for kind, size in enumerate(self._sizes)]

    def restore(self, kept: Iterable[tuple[I64, I32]], names: Sequence[Sequence[str | None]]) -> None:
        """Take over what was kept, one kind after the other, and the name of every slot of each named kind."""
        for kind, (cells, free) in enumerate(kept):
            self._sizes[kind] = cells.size // self._blanks[kind].size
            self._cells(kind, 0, self._sizes[kind])[:] = cells
            self.arrays.free_count[kind] = free.size
            self._stack(kind)[:] = free
        self.name_of = tuple(list(of_kind) for of_kind in names)
        self.slot_of = tuple(
            Names((name, slot) for slot, name in enumerate(of_kind) if name is not None) for of_kind in names
        )
        self._free_before = self.arrays.free_count.tolist()[: self._pairs]
        self._unmoved = range(self._sizes[self._pairs])
        keys, slots = _table(len(self._unmoved))
        self.arrays = self.arrays._replace(table_keys=keys, table_slots=slots)
        self._move_on(len(self._unmoved))

    def _new(self, kind: int, name: str) -> int:
        count = int(self.arrays.free_count[kind]) - 1
        self.arrays.free_count[kind] = self._free_before[kind] = count
        slot = int(self.arrays.free[self.arrays.free_at[kind] + count])
        self.slot_of[kind].put(name, slot)
        self.name_of[kind][slot] = name
        return slot

    def _grow(self, kind: int, count: int) -> None:
        """Give a kind at least `count` slots more, to be taken after those that are free already."""
        size, blank = self._sizes[kind], self._blanks[kind]
        added = max(_GROWTH, count)
        if size + added > MAX_SLOTS:
            raise MemoryError(f"more than {MAX_SLOTS} accounts, devices, addresses or pairs in memory")
        if kind == self._pairs:
            self._make_table_for(size + added)
        self._cells(kind, size, size + added)[:] = np.tile(blank, added)
        waiting = self._stack(kind).copy()
        self.arrays.free_count[kind] += added
        self._stack(kind)[:] = np.concatenate((np.arange(size + added - 1, size - 1, -1, dtype=np.int32), waiting))
        self._sizes[kind] += added
        if kind < self._pairs:
            self.name_of[kind].extend([None] * added)
            self._free_before[kind] += added

    def _make_table_for(self, size: int) -> None:
        """Have a table that so many pairs would fill at most to three quarters."""
        old = self.arrays
        if 4 * size <= 3 * old.table_keys.size:
            return
        self._move_on(len(self._unmoved))
        self._unmoved = range(self._sizes[self._pairs])
        keys, slots = _table(size)
        self.arrays = old._replace(
            table_keys=keys, table_slots=slots, former_keys=old.table_keys, former_slots=old.table_slots
        )
        self._move_on(0)  # while there are no pairs there is no former table to look into

    def _move_on(self, count: int) -> None:
        """Let the table learn the next `count` of what only the former one may know."""
        moved, self._unmoved = self._unmoved[:count], self._unmoved[count:]
        _move(self.arrays, moved.start, moved.stop)
        if not self._unmoved:
            keys, slots = self.arrays.former_keys[:0].copy(), self.arrays.former_slots[:0].copy()
            self.arrays = self.arrays._replace(former_keys=keys, former_slots=slots)

    def _cells(self, kind: int, first: int, last: int) -> I64:
        start, width = int(self.arrays.cell_at[kind]), self._blanks[kind].size
        return self.arrays.cells[start + first * width : start + last * width]

    def _stack(self, kind: int) -> I32:
        start = int(self.arrays.free_at[kind])
        return self.arrays.free[start : start + int(self.arrays.free_count[kind])]


def _table(size: int) -> tuple[I64, I32]:
    """Return an empty hash table that so many pairs would fill at most to three quarters."""
    buckets = 1 << (4 * size // 3).bit_length()
    return np.zeros(buckets, np.int64), np.zeros(buckets, np.int32)
