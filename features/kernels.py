"""Live state, compiled: what enters a window, what leaves it, and how a feature is read.

Past transfers (and, apart, reports) stand in a ring in order of arrival. Every account, device, ip and
pair has a slot: one row of integer cells. An event adds itself to the cells of its slots once, when the
clock passes it, and takes itself away once per window, when that window's tail passes it. So cells
always hold the exact window, and a transfer costs the same whatever its account did before.

The arrays are described in `features.layout`; the slow definitions that these must equal are in
`tests/parity`.
"""

import numpy as np
from numba import njit

from features.layout import (
    ABSENT,
    AMOUNT,
    CELL,
    DEAD,
    ENTERED,
    F64,
    FEATURE_RATIO,
    FROM_ROW,
    HEAD,
    HEAD_VALUE,
    I32,
    I64,
    KEY,
    LAST_SEQ,
    LATER,
    NEW,
    NEWCOMER,
    ONE,
    QUOTIENT,
    REFS,
    SECONDS_SINCE,
    TAILS,
    WITHDRAWAL,
    Plan,
    Reading,
    Ring,
    Slots,
)
from features.pair_table import find, forget, insert, pair_key


@njit(cache=True)
def _pin_pair(slots: Slots, kind: int, base: int, first: int, second: int) -> int:
    """Return the slot of a pair, made if need be, with one more reference."""
    key = pair_key(first, second)
    keys, places = slots.table_keys[kind - base], slots.table_slots[kind - base]
    slot = find(keys, places, key)
    if slot < 0:
        slots.free_count[kind] -= 1
        slot = np.int64(slots.free[kind][slots.free_count[kind]])
        slots.cells[kind][slot, KEY] = key
        insert(keys, places, key, slot)
    slots.cells[kind][slot, REFS] += 1
    return slot


@njit(cache=True)
def _pin(slots: Slots, kinds: I32, keys: I32) -> None:
    """Add one reference for every mention, first of all: a slot in use is not freed on the way."""
    for index in range(keys.shape[0]):
        for column in range(keys.shape[1]):
            if keys[index, column] >= 0:
                slots.cells[kinds[column]][keys[index, column], REFS] += 1


@njit(cache=True)
def _unpin(slots: Slots, kind: int, base: int, slot: int) -> None:
    """Drop one reference; a slot nobody names any more is wiped and free again."""
    cells = slots.cells[kind]
    cells[slot, REFS] -= 1
    if cells[slot, REFS] > 0:
        return
    if kind >= base:
        forget(slots.table_keys[kind - base], slots.table_slots[kind - base], cells[slot, KEY])
    cells[slot] = slots.blank[kind]
    slots.free[kind][slots.free_count[kind]] = slot
    slots.free_count[kind] += 1


@njit(cache=True)
def _unlink(ring: Ring, cells: I64, slot: int, chain: I32, seq: int) -> None:
    """Take an event out of its chain; one that is not in it stays out."""
    mask, col = ring.times.size - 1, chain[4]
    before, after = ring.links[seq & mask, col], ring.links[seq & mask, col + 1]
    if before == -2:  # out already: a larger amount came after it
        return
    if before >= 0:
        ring.links[before & mask, col + 1] = after
    else:
        cells[slot, chain[2]] = after
    if after >= 0:
        ring.links[after & mask, col] = before
    else:
        cells[slot, chain[3]] = before
    ring.links[seq & mask, col] = -2


@njit(cache=True)
def _append(ring: Ring, cells: I64, slot: int, chain: I32, seq: int) -> None:
    """Put an event at the end of its chain; a chain of maxima first drops all that are not larger."""
    mask, col = ring.times.size - 1, chain[4]
    tail = cells[slot, chain[3]]
    if chain[5]:
        while tail >= 0 and ring.amounts[tail & mask] <= ring.amounts[seq & mask]:
            _unlink(ring, cells, slot, chain, tail)
            tail = cells[slot, chain[3]]
    ring.links[seq & mask, col], ring.links[seq & mask, col + 1] = tail, -1
    if tail >= 0:
        ring.links[tail & mask, col + 1] = seq
    else:
        cells[slot, chain[2]] = seq
    cells[slot, chain[3]] = seq


@njit(cache=True)
def _share(ring: Ring, at: int, how: int) -> int:
    if how == ONE:
        return np.int64(1)
    if how == AMOUNT:
        return ring.amounts[at]
    return np.int64((ring.flags[at] // (NEW << (how - NEWCOMER))) & 1)


@njit(cache=True)
def _enter(ring: Ring, plan: Plan, slots: Slots, seq: int, retention: int) -> None:
    """Add an event to every window: the clock has passed it."""
    at, keys = seq & (ring.times.size - 1), ring.keys[seq & (ring.times.size - 1)]
    mask = ring.times.size - 1
    if ring.flags[at] & WITHDRAWAL:
        _withdraw(ring, plan, slots, ring.links[at, 0])
        return
    for counter in plan.counters:
        slot = keys[counter[0]]
        if slot >= 0:
            slots.cells[counter[1]][slot, counter[2]] += _share(ring, at, counter[3])
    for window in range(plan.windows.size):
        for row in range(plan.distincts_from[window], plan.distincts_from[window + 1]):
            distinct = plan.distincts[row]
            owner, pair = keys[distinct[0]], keys[plan.pairs[distinct[3], 0]]
            if owner >= 0 and pair >= 0:
                earlier = slots.cells[distinct[4]][pair, LAST_SEQ]
                if earlier < ring.marks[TAILS + window]:
                    slots.cells[distinct[1]][owner, distinct[2]] += 1
    for index in range(plan.pairs.shape[0]):
        pair = keys[plan.pairs[index, 0]]
        if pair >= 0:
            cells = slots.cells[plan.kinds[plan.pairs[index, 0]]]
            earlier = cells[pair, LAST_SEQ]
            if earlier >= ring.marks[TAILS + plan.windows.size - 1]:
                ring.flags[earlier & mask] |= LATER << index
            cells[pair, LAST_SEQ] = seq
    for run in plan.runs:
        slot = keys[run[0]]
        if slot >= 0:
            cells = slots.cells[run[1]]
            if cells[slot, run[2]] < ring.times[at] - retention:
                cells[slot, run[3]] = ring.times[at]
            cells[slot, run[2]] = ring.times[at]
    for chain in plan.chains:
        slot = keys[chain[0]]
        if slot >= 0:
            _append(ring, slots.cells[chain[1]], slot, chain, seq)


@njit(cache=True)
def _leave(ring: Ring, plan: Plan, slots: Slots, seq: int, window: int) -> None:
    """Take an event out of one window: the window's tail has passed it."""
    at, keys = seq & (ring.times.size - 1), ring.keys[seq & (ring.times.size - 1)]
    if ring.flags[at] & (DEAD | WITHDRAWAL):
        return
    for row in range(plan.counters_from[window], plan.counters_from[window + 1]):
        counter = plan.counters[row]
        slot = keys[counter[0]]
        if slot >= 0:
            slots.cells[counter[1]][slot, counter[2]] -= _share(ring, at, counter[3])
    for row in range(plan.distincts_from[window], plan.distincts_from[window + 1]):
        distinct = plan.distincts[row]
        owner, pair = keys[distinct[0]], keys[plan.pairs[distinct[3], 0]]
        if owner >= 0 and pair >= 0 and not ring.flags[at] & (LATER << distinct[3]):
            slots.cells[distinct[1]][owner, distinct[2]] -= 1
    for row in range(plan.chains_from[window], plan.chains_from[window + 1]):
        chain = plan.chains[row]
        slot = keys[chain[0]]
        if slot >= 0:
            _unlink(ring, slots.cells[chain[1]], slot, chain, seq)


@njit(cache=True)
def _withdraw(ring: Ring, plan: Plan, slots: Slots, seq: int) -> None:
    """Take an event out of all windows it is still in, for good."""
    at = seq & (ring.times.size - 1)
    if seq < ring.marks[TAILS + plan.windows.size - 1]:
        return  # its place may hold another event by now
    for window in range(plan.windows.size):
        if seq >= ring.marks[TAILS + window]:
            _leave(ring, plan, slots, seq, window)
    ring.flags[at] |= DEAD


@njit(cache=True)
def _advance_ring(ring: Ring, plan: Plan, slots: Slots, base: int, now: int, clock: int, retention: int) -> None:
    mask = ring.times.size - 1
    if now > clock:
        while ring.marks[ENTERED] < ring.marks[HEAD]:
            _enter(ring, plan, slots, ring.marks[ENTERED], retention)
            ring.marks[ENTERED] += 1
    longest = plan.windows.size - 1
    for window in range(plan.windows.size):
        edge, tail = now - plan.windows[window], ring.marks[TAILS + window]
        while tail < ring.marks[ENTERED] and ring.times[tail & mask] < edge:
            _leave(ring, plan, slots, tail, window)
            if window == longest:
                for column in range(plan.kinds.size):
                    slot = ring.keys[tail & mask, column]
                    if slot >= 0:
                        _unpin(slots, plan.kinds[column], base, slot)
            tail += 1
            ring.marks[TAILS + window] = tail


@njit(cache=True)
def _ask(slots: Slots, base: int, asks: I32, keys: I32, out: I64) -> None:
    """Find the slot of every ask: -1 for a pair never seen, -2 where the transfer names nothing."""
    for index in range(asks.shape[0]):
        kind, first, second = asks[index, 0], asks[index, 1], asks[index, 2]
        if keys[first] < 0 or (second >= 0 and keys[second] < 0):
            out[index] = -2
        elif second < 0:
            out[index] = keys[first]
        else:
            key = pair_key(keys[first], keys[second])
            out[index] = find(slots.table_keys[kind - base], slots.table_slots[kind - base], key)


@njit(cache=True)
def _since(now: int, then: int) -> float:
    return (now - then) / 1e6


@njit(cache=True)
def _read(
    rings: tuple[Ring, Ring], slots: Slots, reading: Reading, found: I64, row: F64, now: int, out: F64
) -> None:
    """Fill one vector, each feature in its way; later features may divide earlier ones."""
    for index in range(reading.reads.shape[0]):
        line = reading.reads[index]
        how, ask, a, b, c = line[0], line[1], line[2], line[3], line[4]
        out[index] = ABSENT
        if how == FROM_ROW:
            out[index] = row[a]
            continue
        if how == FEATURE_RATIO:
            if out[b] != 0.0:
                out[index] = out[a] / out[b]
            continue
        slot = found[ask]
        if slot == -2:
            continue
        cells = slots.cells[reading.asks[ask, 0]]
        if how == CELL:
            out[index] = 0.0 if slot < 0 else float(cells[slot, a])
        elif slot < 0:
            continue
        elif how == QUOTIENT:
            if cells[slot, b] != 0:
                out[index] = cells[slot, a] / cells[slot, b]
        elif how == SECONDS_SINCE:  # a: the moment; b: the last sign of life
            if cells[slot, b] >= now - reading.retention:
                out[index] = _since(now, cells[slot, a])
        else:
            ring = rings[c]
            seq, mask = cells[slot, a], ring.times.size - 1
            if seq >= 0:
                if how == HEAD_VALUE:
                    out[index] = float(ring.amounts[seq & mask])
                else:  # HEAD_SINCE and TAIL_SINCE differ in the cell only
                    out[index] = _since(now, ring.times[seq & mask])


@njit(cache=True)
def _push(
    ring: Ring, plan: Plan, slots: Slots, base: int, keys: I32, now: int, amount: int
) -> None:
    """Put a transfer at the ring's head; it enters the windows when the clock passes it."""
    at = ring.marks[HEAD] & (ring.times.size - 1)
    ring.times[at], ring.amounts[at], ring.flags[at] = now, amount, 0
    ring.links[at] = -2
    singles = plan.kinds.size - plan.pairs.shape[0]
    ring.keys[at, :singles] = keys
    for index in range(plan.pairs.shape[0]):
        column, first, second = plan.pairs[index, 0], plan.pairs[index, 1], plan.pairs[index, 2]
        slot = np.int64(-1)
        if keys[first] >= 0 and keys[second] >= 0:
            kind = plan.kinds[column]
            slot = _pin_pair(slots, kind, base, keys[first], keys[second])
            earlier = slots.cells[kind][slot, LAST_SEQ]
            if earlier < ring.marks[TAILS + plan.windows.size - 1]:
                ring.flags[at] |= NEW << index
        ring.keys[at, column] = slot
    ring.marks[HEAD] += 1


@njit(cache=True)
def advance(
    rings: tuple[Ring, Ring], plans: tuple[Plan, Plan], slots: Slots, base: int, clock: I64, now: int, retention: int
) -> None:
    """Move the clock to `now` (never back): what it passes enters, what is too old leaves."""
    now = max(now, clock[0])
    _advance_ring(rings[0], plans[0], slots, base, now, clock[0], retention)
    _advance_ring(rings[1], plans[1], slots, base, now, clock[0], retention)
    clock[0] = now


@njit(cache=True)
def run(
    rings: tuple[Ring, Ring],
    plans: tuple[Plan, Plan],
    slots: Slots,
    reading: Reading,
    base: int,
    clock: I64,
    times: I64,  # [n] microseconds
    amounts: I64,  # [n]
    keys: I32,  # [n, single key columns] slots of the names
    rows: F64,  # [n, row values]; n = 0: nothing is read
    observe: bool,
    out: F64,  # [n, features]
) -> None:
    """For each transfer in order: read its vector if `out` has rows, then make it history if `observe`."""
    found = np.empty(reading.asks.shape[0], np.int64)
    _pin(slots, plans[0].kinds, keys)
    for index in range(times.size):
        advance(rings, plans, slots, base, clock, times[index], reading.retention)
        if out.shape[0] > 0:
            _ask(slots, base, reading.asks, keys[index], found)
            _read(rings, slots, reading, found, rows[index], clock[0], out[index])
        if observe:
            _push(rings[0], plans[0], slots, base, keys[index], clock[0], amounts[index])
        else:
            for column in range(keys.shape[1]):
                if keys[index, column] >= 0:
                    _unpin(slots, plans[0].kinds[column], base, keys[index, column])



@njit(cache=True)
def push_report(
    rings: tuple[Ring, Ring],
    plans: tuple[Plan, Plan],
    slots: Slots,
    base: int,
    clock: I64,
    now: int,
    keys: I32,  # [1, single key columns] slots of the names; all -1 for a withdrawal
    withdrawn: int,  # sequence number of the report that is taken back, or -1
    retention: int,
) -> int:
    """Put a report or a withdrawal at its ring's head; return its sequence number."""
    _pin(slots, plans[1].kinds, keys)
    advance(rings, plans, slots, base, clock, now, retention)
    ring, seq = rings[1], rings[1].marks[HEAD]
    _push(ring, plans[1], slots, base, keys[0], clock[0], 0)
    if withdrawn >= 0:
        at = seq & (ring.times.size - 1)
        ring.flags[at] |= WITHDRAWAL
        ring.links[at, 0] = withdrawn
    return np.int64(seq)
