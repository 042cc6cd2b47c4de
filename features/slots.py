"""Slots of accounts, devices, ips and pairs: who has which, and room for more.

A slot belongs to a name (or a pair) as long as some event in memory mentions it; then it is wiped and
given to the next. Kernels free slots; this module hears of it afterwards through the stacks of free ones.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from features.jit import kernel
from features.layout import I32, I64, KEY, REFS, Slots
from features.pair_table import MAX_SLOTS, insert

_FIRST_SLOTS: Final = 1024


@kernel
def _rehash(cells: I64, width: int, keys: I64, slots: I32) -> None:
    for slot in range(cells.size // width):
        if cells[slot * width + REFS] > 0:
            insert(keys, slots, cells[slot * width + KEY], slot)


class SlotTable:
    """All slots of all kinds; `arrays` is what kernels work on. All kinds but the last, pairs, have names."""

    def __init__(self, blanks: Sequence[I64]) -> None:
        self._blanks = tuple(blanks)
        self._pairs = len(blanks) - 1
        self.slot_of: tuple[dict[str, int], ...] = tuple({} for _ in range(self._pairs))
        self.name_of: tuple[list[str | None], ...] = tuple([] for _ in range(self._pairs))
        self._free_before = [0] * self._pairs
        cells = [np.tile(blank, _FIRST_SLOTS) for blank in blanks]
        free = [np.arange(_FIRST_SLOTS - 1, -1, -1, dtype=np.int32) for _ in blanks]
        self.arrays = self._joined(
            cells, free, np.full(len(blanks), _FIRST_SLOTS, np.int64), _table_of(cells[-1], blanks[-1])
        )
        self._after_growth()

    def slots_of(self, kind: int, names: Iterable[str | None]) -> list[int]:
        """Return the slot of each name, made if need be; -1 for None."""
        slot_of = self.slot_of[kind]
        found = []
        for name in names:
            if name is None:
                found.append(-1)
            else:
                slot = slot_of.get(name)
                found.append(self._new(kind, name) if slot is None else slot)
        return found

    def reserve_pairs(self, count: int) -> None:
        """Make room for `count` more pairs."""
        if self.arrays.free_count[self._pairs] < count:
            self._grow(self._pairs, count)

    def forget(self) -> None:
        """Drop the names of slots that kernels have freed since the last call."""
        counts = self.arrays.free_count.tolist()
        for kind, before in enumerate(self._free_before):
            if counts[kind] > before:
                names, slot_of = self.name_of[kind], self.slot_of[kind]
                start = int(self.arrays.free_at[kind])
                for slot in self.arrays.free[start + before : start + counts[kind]].tolist():
                    slot_of.pop(names[slot] or "")
                    names[slot] = None
                self._free_before[kind] = counts[kind]

    def restore(self, arrays: Slots, names: Sequence[Sequence[str | None]]) -> None:
        """Take over what a snapshot holds: all arrays, and the name of every slot of each named kind."""
        self.arrays = arrays
        self.name_of = tuple(list(of_kind) for of_kind in names)
        self.slot_of = tuple({name: slot for slot, name in enumerate(of_kind) if name is not None} for of_kind in names)
        self._after_growth()

    def _new(self, kind: int, name: str) -> int:
        if self.arrays.free_count[kind] == 0:
            self._grow(kind, 1)
        count = int(self.arrays.free_count[kind]) - 1
        self.arrays.free_count[kind] = self._free_before[kind] = count
        slot = int(self.arrays.free[self.arrays.free_at[kind] + count])
        self.slot_of[kind][name] = slot
        self.name_of[kind][slot] = name
        return slot

    def _grow(self, grown: int, count: int) -> None:
        """Give a kind half as many slots again, at least `count`; the numbers of old slots stay."""
        old, cells, free = self.arrays, [], []
        free_count = old.free_count.copy()
        for kind, blank in enumerate(self._blanks):
            start, size = int(old.cell_at[kind]), self.size(kind)
            mine = old.cells[start : start + size * blank.size]
            stack = old.free[old.free_at[kind] : old.free_at[kind] + size]
            if kind == grown:
                added = max(size // 2, count)
                if size + added > MAX_SLOTS:
                    raise MemoryError(f"more than {MAX_SLOTS} accounts, devices, addresses or pairs in memory")
                mine = np.concatenate([mine, np.tile(blank, added)])
                fresh = np.arange(size + added - 1, size - 1, -1, dtype=np.int32)
                stack = np.concatenate([fresh, stack])
                free_count[kind] += added
            cells.append(mine)
            free.append(stack)
        table = (old.table_keys, old.table_slots) if grown < self._pairs else _table_of(cells[-1], self._blanks[-1])
        self.arrays = self._joined(cells, free, free_count, table)
        self._after_growth()

    def size(self, kind: int) -> int:
        """Count the slots of a kind, free or not."""
        following = [*self.arrays.free_at.tolist()[1:], self.arrays.free.size]
        return int(following[kind] - self.arrays.free_at[kind])

    def _joined(self, cells: Sequence[I64], free: Sequence[I32], free_count: I64, table: tuple[I64, I32]) -> Slots:
        return Slots(
            cells=np.concatenate(cells),
            cell_at=_starts(cells),
            width=np.array([blank.size for blank in self._blanks], np.int64),
            blank=np.concatenate(self._blanks),
            blank_at=_starts(self._blanks),
            free=np.concatenate(free),
            free_at=_starts(free),
            free_count=free_count,
            table_keys=table[0],
            table_slots=table[1],
        )

    def _after_growth(self) -> None:
        for kind, names in enumerate(self.name_of):
            names.extend([None] * (self.size(kind) - len(names)))
            self._free_before[kind] = int(self.arrays.free_count[kind])


def _table_of(cells: I64, blank: I64) -> tuple[I64, I32]:
    """Return a hash table of all pairs in use, which even all slots would fill at most to three quarters."""
    keys = np.full(1 << (4 * (cells.size // blank.size) // 3).bit_length(), -1, np.int64)
    slots = np.empty(keys.size, np.int32)
    _rehash(cells, blank.size, keys, slots)
    return keys, slots


def _starts(parts: Sequence[I64] | Sequence[I32]) -> I64:
    """Return where each part begins when they are joined."""
    return np.concatenate(([0], np.cumsum([part.size for part in parts])[:-1])).astype(np.int64)
