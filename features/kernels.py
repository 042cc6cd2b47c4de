"""Live state, compiled: what enters a window, what leaves it, and how a feature is read.

Past transfers (and, apart, reports) stand in a ring in order of arrival. Every account, device, ip and
pair has a slot: one row of integer cells. An event adds itself to the cells of its slots once, when the
clock passes it, and takes itself away once per window, when that window's tail passes it. So cells
always hold the exact window, and a transfer costs the same whatever its account did before.

The arrays are described in `features.layout`; the slow definitions that these must equal are in
`tests/parity`. Loops index arrays directly: taking a row as a view costs more than using it.
"""

import numpy as np

from features.jit import kernel
from features.layout import (
    ABSENT,
    AMOUNT,
    CELL,
    DEAD,
    DIFFERENCE,
    ENTERED,
    F64,
    FEATURE_RATIO,
    FROM_ROW,
    HEAD,
    HEAD_VALUE,
    I32,
    I64,
    LAST_SEQ,
    LATER,
    NEW,
    NEWCOMER,
    ONE,
    OUT,
    QUOTIENT,
    SECONDS_SINCE,
    TAIL_TALLY,
    TAILS,
    WITHDRAWAL,
    Int,
    Plan,
    Reading,
    Ring,
    Slots,
)
from features.pair_table import pair_key
from features.pins import pair_slot, pin, pin_pair, row_of, slot_at, unpin, unpin_all


@kernel
def _unlink(ring: Ring, plan: Plan, slots: Slots, chain: Int, slot: Int, seq: Int) -> None:
    """Take an event out of its chain; one that is not in it stays out."""
    mask, col = ring.times.size - 1, plan.chains[chain, 3]
    before, after = ring.links[seq & mask, col], ring.links[seq & mask, col + 1]
    if before == OUT:
        return
    across = before + after if before > 0 and after > 0 else 0
    if before > 0:
        ring.links[(seq - before) & mask, col + 1] = across
    if after > 0:
        ring.links[(seq + after) & mask, col] = across
    else:
        last = row_of(slots, plan.chains[chain, 1], slot) + plan.chains[chain, 2]
        slots.cells[last] = seq - before if before > 0 else -1
    ring.links[seq & mask, col] = OUT


@kernel
def _append(ring: Ring, plan: Plan, slots: Slots, chain: Int, slot: Int, seq: Int) -> None:
    """Put an event at the end of its chain; a chain of maxima first drops all that are not larger.

    A window whose first event is dropped, or that had none, begins with the new one.
    """
    mask, col = ring.times.size - 1, plan.chains[chain, 3]
    row = row_of(slots, plan.chains[chain, 1], slot)
    last = slots.cells[row + plan.chains[chain, 2]]
    if plan.chains[chain, 4]:
        while last >= 0 and ring.amounts[last & mask] <= ring.amounts[seq & mask]:
            before = ring.links[last & mask, col]
            ring.links[last & mask, col] = OUT
            last = last - before if before > 0 else np.int64(-1)
    ring.links[seq & mask, col], ring.links[seq & mask, col + 1] = 0, 0
    if last >= 0:
        ring.links[seq & mask, col] = ring.links[last & mask, col + 1] = seq - last
    slots.cells[row + plan.chains[chain, 2]] = seq
    for index in range(plan.heads.shape[0]):
        if plan.heads[index, 0] == chain:
            head = row + plan.heads[index, 1]
            if slots.cells[head] < 0 or slots.cells[head] > last:
                slots.cells[head] = seq


@kernel
def _share(ring: Ring, at: Int, how: Int) -> Int:
    """Return how much an event adds to a counter."""
    if how == ONE:
        return np.int64(1)
    if how == AMOUNT:
        return np.int64(ring.amounts[at])
    return np.int64((ring.flags[at] // (NEW << (how - NEWCOMER))) & 1)


@kernel
def _count(ring: Ring, plan: Plan, slots: Slots, at: Int, first: Int, last: Int, sign: Int) -> None:
    """Add an event to the counters [first, last), or take it away."""
    for index in range(first, last):
        slot = slot_at(ring, plan, slots, at, plan.counters[index, 0])
        if slot >= 0:
            cell = row_of(slots, plan.counters[index, 1], slot) + plan.counters[index, 2]
            slots.cells[cell] += sign * _share(ring, at, plan.counters[index, 3])


@kernel
def _enter(ring: Ring, plan: Plan, slots: Slots, seq: Int, retention: Int) -> None:
    """Add an event to every window: the clock has passed it."""
    mask = ring.times.size - 1
    at, now = seq & mask, ring.times[seq & mask]
    if ring.flags[at] & WITHDRAWAL:
        _withdraw(ring, plan, slots, seq - ring.links[at, 0])
        return
    _count(ring, plan, slots, at, 0, plan.counters.shape[0], 1)
    for window in range(plan.windows.size):
        for index in range(plan.distincts_from[window], plan.distincts_from[window + 1]):
            owner = ring.keys[at, plan.distincts[index, 0]]
            pair = slot_at(ring, plan, slots, at, plan.kinds.size + plan.distincts[index, 3])
            if owner >= 0 and pair >= 0:
                earlier = slots.cells[row_of(slots, slots.width.size - 1, pair) + LAST_SEQ]
                if earlier < ring.marks[TAILS + window]:
                    slots.cells[row_of(slots, plan.distincts[index, 1], owner) + plan.distincts[index, 2]] += 1
    for index in range(plan.pairs.shape[0]):
        pair = slot_at(ring, plan, slots, at, plan.kinds.size + index)
        if pair >= 0:
            last = row_of(slots, slots.width.size - 1, pair) + LAST_SEQ
            if slots.cells[last] >= ring.marks[TAILS + plan.windows.size - 1]:
                ring.flags[slots.cells[last] & mask] |= LATER << index
            slots.cells[last] = seq
    for index in range(plan.runs.shape[0]):
        slot = slot_at(ring, plan, slots, at, plan.runs[index, 0])
        if slot >= 0:
            row = row_of(slots, plan.runs[index, 1], slot)
            if slots.cells[row + plan.runs[index, 2]] < now - retention:
                slots.cells[row + plan.runs[index, 3]] = now
            slots.cells[row + plan.runs[index, 2]] = now
    for index in range(plan.chains.shape[0]):
        slot = slot_at(ring, plan, slots, at, plan.chains[index, 0])
        if slot >= 0:
            _append(ring, plan, slots, index, slot, seq)


@kernel
def _leave(ring: Ring, plan: Plan, slots: Slots, seq: Int, window: Int) -> None:
    """Take an event out of one window: the window's tail has passed it."""
    at = seq & (ring.times.size - 1)
    if ring.flags[at] & (DEAD | WITHDRAWAL):
        return
    _count(ring, plan, slots, at, plan.counters_from[window], plan.counters_from[window + 1], -1)
    for index in range(plan.distincts_from[window], plan.distincts_from[window + 1]):
        owner, pair = ring.keys[at, plan.distincts[index, 0]], plan.distincts[index, 3]
        both = ring.keys[at, plan.pairs[pair, 0]] >= 0 and ring.keys[at, plan.pairs[pair, 1]] >= 0
        if both and not ring.flags[at] & (LATER << pair):
            slots.cells[row_of(slots, plan.distincts[index, 1], owner) + plan.distincts[index, 2]] -= 1
    for index in range(plan.heads_from[window], plan.heads_from[window + 1]):
        chain = plan.heads[index, 0]
        slot = slot_at(ring, plan, slots, at, plan.chains[chain, 0])
        if slot >= 0:
            head = row_of(slots, plan.chains[chain, 1], slot) + plan.heads[index, 1]
            if slots.cells[head] == seq:
                after = ring.links[at, plan.chains[chain, 3] + 1]
                slots.cells[head] = seq + after if after > 0 else -1
    if window == plan.windows.size - 1:
        for chain in range(plan.chains.shape[0]):
            slot = slot_at(ring, plan, slots, at, plan.chains[chain, 0])
            if slot >= 0:
                _unlink(ring, plan, slots, chain, slot, seq)


@kernel
def _withdraw(ring: Ring, plan: Plan, slots: Slots, seq: Int) -> None:
    """Take an event out of all windows it is still in, for good."""
    if seq < ring.marks[TAILS + plan.windows.size - 1]:
        return  # its place may hold another event by now
    for window in range(plan.windows.size):
        if seq >= ring.marks[TAILS + window]:
            _leave(ring, plan, slots, seq, window)
    ring.flags[seq & (ring.times.size - 1)] |= DEAD


@kernel
def _advance_ring(ring: Ring, plan: Plan, slots: Slots, now: Int, clock: Int, retention: Int) -> None:
    """Let in what the clock passes on its way to `now`, and let out what gets too old."""
    mask, longest = ring.times.size - 1, plan.windows.size - 1
    if now > clock:
        while ring.marks[ENTERED] < ring.marks[HEAD]:
            _enter(ring, plan, slots, ring.marks[ENTERED], retention)
            ring.marks[ENTERED] += 1
    for window in range(plan.windows.size):
        edge, tail = now - plan.windows[window], ring.marks[TAILS + window]
        while tail < ring.marks[ENTERED] and ring.times[tail & mask] < edge:
            _leave(ring, plan, slots, tail, window)
            if window == longest:
                unpin_all(ring, plan, slots, tail & mask)
            tail += 1
            ring.marks[TAILS + window] = tail


@kernel
def _ask(slots: Slots, asks: I32, keys: I32, index: Int, out: I64) -> None:
    """Find the slot of every ask: -1 for a pair never seen, -2 where the transfer names nothing."""
    for number in range(asks.shape[0]):
        first, second = keys[index, asks[number, 1]], np.int32(0)
        if asks[number, 2] >= 0:
            second = keys[index, asks[number, 2]]
        if first < 0 or second < 0:
            out[number] = -2
        elif asks[number, 2] < 0:
            out[number] = first
        else:
            out[number] = pair_slot(slots, pair_key(asks[number, 3], first, second))


@kernel
def _chained(ring: Ring, seq: Int, how: Int, now: Int) -> float:
    """Read the event at one end of a chain."""
    if seq < 0:
        return ABSENT
    at = seq & (ring.times.size - 1)
    return float(ring.amounts[at]) if how == HEAD_VALUE else (now - ring.times[at]) / 1e6


@kernel
def _read(
    rings: tuple[Ring, Ring], slots: Slots, reading: Reading, found: I64, rows: F64, index: Int, now: Int, out: F64
) -> None:
    """Fill one vector, each feature in its way; later features may divide earlier ones."""
    reads = reading.reads
    for number in range(reads.shape[0]):
        how, a, b, c = reads[number, 0], reads[number, 2], reads[number, 3], reads[number, 4]
        result = ABSENT
        if how == FROM_ROW:
            result = rows[index, a]
        elif how == FEATURE_RATIO:
            if out[index, b] != 0.0:
                result = out[index, a] / out[index, b]
        else:
            slot = found[reads[number, 1]]
            if slot >= 0:
                row = row_of(slots, reading.asks[reads[number, 1], 0], slot)
                cell = slots.cells[row + a]
                if how == CELL:
                    result = float(cell)
                elif how == DIFFERENCE:
                    result = float(cell - slots.cells[row + b])
                elif how == QUOTIENT:
                    if slots.cells[row + b] != 0:
                        result = cell / (slots.cells[row + b] * c)
                elif how == SECONDS_SINCE:  # a: the moment; b: the last sign of life
                    if slots.cells[row + b] >= now - reading.retention:
                        result = (now - cell) / 1e6
                elif how == TAIL_TALLY:  # what has come since the tally that the last event took
                    if cell >= 0:
                        tally = rings[1].tallies[cell & (rings[1].times.size - 1), reads[number, 5]]
                        result = float(slots.cells[row + b] - slots.cells[row + c] - tally)
                elif b == 0:
                    result = _chained(rings[0], cell, how, now)
                else:
                    result = _chained(rings[1], cell, how, now)
            elif slot == -1 and how in (CELL, DIFFERENCE):
                result = 0.0
        out[index, number] = result


@kernel
def _push(ring: Ring, plan: Plan, slots: Slots, keys: I32, index: Int, now: Int, amount: Int) -> None:
    """Put an event at the ring's head; it enters the windows when the clock passes it."""
    at = ring.marks[HEAD] & (ring.times.size - 1)
    ring.times[at], ring.amounts[at], ring.flags[at] = now, amount, 0
    for column in range(ring.links.shape[1]):
        ring.links[at, column] = OUT
    for chain in range(plan.chains.shape[0]):
        if plan.chains[chain, 7] < 0:
            continue
        owner = keys[index, plan.chains[chain, 0]]
        if owner >= 0:
            row = row_of(slots, plan.chains[chain, 1], owner)
            tally = slots.cells[row + plan.chains[chain, 5]] - slots.cells[row + plan.chains[chain, 6]]
            ring.tallies[at, plan.chains[chain, 7]] = tally
    for column in range(keys.shape[1]):
        ring.keys[at, column] = keys[index, column]
    kind = slots.width.size - 1
    for pair in range(plan.pairs.shape[0]):
        first, second = keys[index, plan.pairs[pair, 0]], keys[index, plan.pairs[pair, 1]]
        if first >= 0 and second >= 0:
            slot = pin_pair(slots, kind, pair, first, second)
            if slots.cells[row_of(slots, kind, slot) + LAST_SEQ] < ring.marks[TAILS + plan.windows.size - 1]:
                ring.flags[at] |= NEW << pair
    ring.marks[HEAD] += 1


@kernel
def advance(
    rings: tuple[Ring, Ring], plans: tuple[Plan, Plan], slots: Slots, clock: I64, now: Int, retention: Int
) -> None:
    """Move the clock to `now` (never back): what it passes enters, what is too old leaves."""
    now = max(now, clock[0])
    _advance_ring(rings[0], plans[0], slots, now, clock[0], retention)
    _advance_ring(rings[1], plans[1], slots, now, clock[0], retention)
    clock[0] = now


@kernel
def run(
    rings: tuple[Ring, Ring],
    plans: tuple[Plan, Plan],
    slots: Slots,
    reading: Reading,
    clock: I64,
    times: I64,  # [n] microseconds
    amounts: I64,  # [n]
    keys: I32,  # [n, single key columns] slots of the names
    rows: F64,  # [n, row values]
    observe: bool,
    found: I64,
    out: F64,  # [n, features], or [0, features]: nothing is read
) -> None:
    """For each transfer in order: read its vector if `out` has rows, then make it history if `observe`."""
    pin(slots, plans[0].kinds, keys)
    for index in range(times.size):
        advance(rings, plans, slots, clock, times[index], reading.retention)
        if out.shape[0] > 0:
            _ask(slots, reading.asks, keys, index, found)
            _read(rings, slots, reading, found, rows, index, clock[0], out)
        if observe:
            _push(rings[0], plans[0], slots, keys, index, clock[0], amounts[index])
        else:
            for column in range(keys.shape[1]):
                if keys[index, column] >= 0:
                    unpin(slots, plans[0].kinds[column], keys[index, column])


@kernel
def push_report(
    rings: tuple[Ring, Ring],
    plans: tuple[Plan, Plan],
    slots: Slots,
    clock: I64,
    keys: I32,  # [1, single key columns] slots of the names, pinned; all -1 for a withdrawal
    surprise: Int,  # of the transfer it is about
    withdrawn: Int,  # sequence number of the report that is taken back, or -1
) -> Int:
    """Put a report or a withdrawal of this very instant at its ring's head; return its sequence number."""
    seq = rings[1].marks[HEAD]
    _push(rings[1], plans[1], slots, keys, 0, clock[0], surprise)
    if withdrawn >= 0:
        at = seq & (rings[1].times.size - 1)
        rings[1].flags[at] |= WITHDRAWAL
        rings[1].links[at, 0] = seq - withdrawn
    return np.int64(seq)
