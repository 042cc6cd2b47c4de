"""Slots of accounts, devices, ips and pairs: who has which, and room for more.

A slot belongs to a name (or a pair) as long as some event in memory mentions it; then it is wiped and
given to the next. Kernels free slots; this module hears of it afterwards through the stacks of free ones.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numba import njit

from features.layout import I32, I64, KEY, REFS, Slots
from features.pair_table import insert

_FIRST_SLOTS: Final = 1024


@njit(cache=True)
def _rehash(cells: I64, keys: I64, slots: I32) -> None:
    for slot in range(cells.shape[0]):
        if cells[slot, REFS] > 0:
            insert(keys, slots, cells[slot, KEY], slot)


class SlotTable:
    """All slots of all kinds; `arrays` is what kernels work on. Kinds below `singles` have names."""

    def __init__(self, blanks: Sequence[I64], singles: int) -> None:
        kinds = len(blanks)
        self.singles = singles
        self.slot_of: tuple[dict[str, int], ...] = tuple({} for _ in range(singles))
        self.name_of: tuple[list[str | None], ...] = tuple([] for _ in range(singles))
        self._free_before = [0] * singles
        self.arrays = Slots(
            cells=tuple(np.empty((0, blank.size), np.int64) for blank in blanks),
            blank=tuple(blanks),
            free=tuple(np.empty(0, np.int32) for _ in blanks),
            free_count=np.zeros(kinds, np.int64),
            table_keys=tuple(np.full(2, -1, np.int64) for _ in range(kinds - singles)),
            table_slots=tuple(np.empty(2, np.int32) for _ in range(kinds - singles)),
        )
        for kind in range(kinds):
            self._grow(kind, _FIRST_SLOTS)

    def slots_of(self, kind: int, names: Iterable[str | None]) -> list[int]:
        """Return the slot of each name, made if need be; -1 for None."""
        slot_of = self.slot_of[kind]
        found = []
        for name in names:
            slot = -1 if name is None else slot_of.get(name)
            found.append(self._new(kind, name) if slot is None and name is not None else slot)
        return found

    def reserve_pairs(self, count: int) -> None:
        """Make room for `count` more pairs of each kind, hash tables at most half full."""
        for kind in range(self.singles, len(self.arrays.cells)):
            if self.arrays.free_count[kind] < count:
                slots = self.arrays.cells[kind].shape[0]
                self._grow(kind, max(2 * slots, slots + count))

    def forget(self) -> None:
        """Drop the names of slots that kernels have freed since the last call."""
        for kind in range(self.singles):
            count = int(self.arrays.free_count[kind])
            before = self._free_before[kind]
            if count > before:
                names, slot_of = self.name_of[kind], self.slot_of[kind]
                for slot in self.arrays.free[kind][before:count].tolist():
                    name = names[slot]
                    if name is not None:
                        del slot_of[name]
                        names[slot] = None
            self._free_before[kind] = count

    def _new(self, kind: int, name: str) -> int:
        if self.arrays.free_count[kind] == 0:
            self._grow(kind, 2 * self.arrays.cells[kind].shape[0])
        self.arrays.free_count[kind] -= 1
        count = int(self.arrays.free_count[kind])
        self._free_before[kind] = count
        slot = int(self.arrays.free[kind][count])
        self.slot_of[kind][name] = slot
        self.name_of[kind][slot] = name
        return slot

    def _grow(self, kind: int, size: int) -> None:
        """Give a kind `size` slots in all; numbers of old slots stay."""
        arrays, old = self.arrays, self.arrays.cells[kind]
        cells = np.empty((size, old.shape[1]), np.int64)
        cells[: old.shape[0]] = old
        cells[old.shape[0] :] = arrays.blank[kind]
        free = np.empty(size, np.int32)
        count = int(arrays.free_count[kind])
        added = size - old.shape[0]
        free[:added] = np.arange(size - 1, old.shape[0] - 1, -1)
        free[added : added + count] = arrays.free[kind][:count]
        arrays.free_count[kind] = added + count
        replaced = {"cells": (kind, cells), "free": (kind, free)}
        if kind < self.singles:
            self.name_of[kind].extend([None] * added)
            self._free_before[kind] = added + count
        else:
            table = kind - self.singles
            keys = np.full(1 << (2 * size - 1).bit_length(), -1, np.int64)
            slots = np.empty(keys.size, np.int32)
            _rehash(cells, keys, slots)
            replaced |= {"table_keys": (table, keys), "table_slots": (table, slots)}
        self.arrays = arrays._replace(
            **{
                name: tuple(new if index == at else was for index, was in enumerate(getattr(arrays, name)))
                for name, (at, new) in replaced.items()
            }
        )
