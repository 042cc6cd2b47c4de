"""Slots that events name: where their cells are, and that no slot is given away while an event in memory names it."""

import numpy as np

from features.jit import kernel
from features.layout import I32, KEY, REFS, Int, Plan, Ring, Slots
from features.pair_table import find, forget, insert, pair_key


@kernel
def row_of(slots: Slots, kind: Int, slot: Int) -> Int:
    """Return where the cells of a slot begin."""
    return np.int64(slots.cell_at[kind] + slot * slots.width[kind])


@kernel
def pair_slot(slots: Slots, key: Int) -> Int:
    """Return the slot of a pair by its key, or -1.

    The former table tells where a pair was: that counts as long as the slot is still this pair's.
    """
    slot = find(slots.table_keys, slots.table_slots, key)
    if slot < 0 and slots.former_keys.size > 0:
        slot = find(slots.former_keys, slots.former_slots, key)
        if slot >= 0 and slots.cells[row_of(slots, slots.width.size - 1, slot) + KEY] != key:
            slot = np.int64(-1)
    return slot


@kernel
def pin_pair(slots: Slots, kind: Int, pair: Int, first: Int, second: Int) -> Int:
    """Return the slot of a pair, made if need be, with one more reference."""
    key = pair_key(pair, first, second)
    slot = pair_slot(slots, key)
    if slot < 0:
        slots.free_count[kind] -= 1
        slot = np.int64(slots.free[slots.free_at[kind] + slots.free_count[kind]])
        slots.cells[row_of(slots, kind, slot) + KEY] = key
        insert(slots.table_keys, slots.table_slots, key, slot)
    slots.cells[row_of(slots, kind, slot) + REFS] += 1
    return slot


@kernel
def pin(slots: Slots, kinds: I32, keys: I32) -> None:
    """Add one reference for every mention, first of all: a slot in use is not freed on the way."""
    for index in range(keys.shape[0]):
        for column in range(keys.shape[1]):
            if keys[index, column] >= 0:
                slots.cells[row_of(slots, kinds[column], keys[index, column]) + REFS] += 1


@kernel
def unpin(slots: Slots, kind: Int, slot: Int) -> None:
    """Drop one reference; a slot nobody names any more is wiped and free again."""
    row = row_of(slots, kind, slot)
    slots.cells[row + REFS] -= 1
    if slots.cells[row + REFS] > 0:
        return
    if kind == slots.width.size - 1:  # the last kind is that of pairs
        forget(slots.table_keys, slots.table_slots, slots.cells[row + KEY])
    for cell in range(slots.width[kind]):
        slots.cells[row + cell] = slots.blank[slots.blank_at[kind] + cell]
    slots.free[slots.free_at[kind] + slots.free_count[kind]] = slot
    slots.free_count[kind] += 1


@kernel
def slot_at(ring: Ring, plan: Plan, slots: Slots, at: Int, column: Int) -> Int:
    """Return the slot that an event has in a key column: its name's, or its pair's."""
    names = ring.keys.shape[1]
    if column < names:
        return np.int64(ring.keys[at, column])
    pair = column - names
    first, second = ring.keys[at, plan.pairs[pair, 0]], ring.keys[at, plan.pairs[pair, 1]]
    if first < 0 or second < 0:
        return np.int64(-1)
    return pair_slot(slots, pair_key(pair, first, second))


@kernel
def unpin_all(ring: Ring, plan: Plan, slots: Slots, at: Int) -> None:
    """Drop what an event names, pairs first: they are found through their members."""
    for pair in range(plan.pairs.shape[0]):
        slot = slot_at(ring, plan, slots, at, plan.kinds.size + pair)
        if slot >= 0:
            unpin(slots, slots.width.size - 1, slot)
    for column in range(plan.kinds.size):
        if ring.keys[at, column] >= 0:
            unpin(slots, plan.kinds[column], ring.keys[at, column])
