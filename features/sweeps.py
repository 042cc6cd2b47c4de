"""The walks of the offline engine: along what stands in order of key and then of time, once.

Each takes time as long as its input and looks at memory in order, where a search would jump. Windows are given as
places in a track: [low, high) holds what is in the window of each probe, and both only ever grow from one probe to
the next. `rows` says which place of the column a probe's result belongs to. None knows what a feature is; the slow
definitions are in `tests/features/test_sweeps.py`.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from features.jit import sweep

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Places = NDArray[np.int32]

_SPARSE: Final = 16  # numbers so much fewer than the places they may take are sorted by comparing


def order_of(keys: Places) -> Places:
    """Return the places of keys (whole numbers from 0) in ascending order, equal ones as they stand.

    >>> order_of(np.array([2, 0, 2, 1], np.int32)).tolist()
    [1, 3, 0, 2]
    """
    top = int(keys.max(initial=-1)) + 1
    if top > _SPARSE * keys.size:
        return np.argsort(keys, kind="stable").astype(np.int32)
    order = np.empty(keys.size, np.int32)
    _deal(keys, np.zeros(top + 1, np.int32), order)
    return order


def ranks_by_clock(keys: Ints, clock: Ints, asked: Ints, instants: Ints, ago: int) -> Places:
    """Return, for each asked key and instant, how many of (`keys`, `clock`) sort before (key, instant - ago).

    Both stand in order of key, then of time.

    >>> keys, clock = np.array([1, 1, 2]), np.array([10, 20, 15])
    >>> ranks_by_clock(keys, clock, np.array([1, 1, 2, 2]), np.array([20, 21, 15, 30]), 0).tolist()
    [1, 2, 2, 3]
    """
    found = np.empty(asked.size, np.int32)
    _walk_by_clock(keys, clock, asked, instants, ago, found)
    return found


def neighbours(keys: Ints, places: Places, size: int) -> tuple[Places, Places]:
    """Return the places next before and next after each of `size` places, among those of the same key; -1 for none.

    `places` are those of `keys`, which stand in order of key, then of time. A place that has no key is its own
    neighbour on both sides.

    >>> [found.tolist() for found in neighbours(np.array([5, 5, 7]), np.array([0, 3, 1], np.int32), 4)]
    [[-1, -1, 2, 0], [3, -1, 2, -1]]
    """
    before, after = np.arange(size, dtype=np.int32), np.arange(size, dtype=np.int32)
    _link(keys, places, before, after)
    return before, after


@sweep
def counts(rows: Places, low: Places, high: Places, column: Floats) -> None:
    """Count what is in each window."""
    for probe in range(rows.size):
        column[rows[probe]] = high[probe] - low[probe]


@sweep
def totals(rows: Places, low: Places, high: Places, sums: Ints, column: Floats) -> None:
    """Add up what is in each window; `sums` are running ones with a zero in front."""
    for probe in range(rows.size):
        column[rows[probe]] = sums[high[probe]] - sums[low[probe]]


@sweep
def means(rows: Places, low: Places, high: Places, sums: Ints, column: Floats) -> None:
    """Average what is in each window; an empty one leaves the column as it was."""
    for probe in range(rows.size):
        if high[probe] > low[probe]:
            column[rows[probe]] = (sums[high[probe]] - sums[low[probe]]) / (high[probe] - low[probe])


@sweep
def seconds_since(rows: Places, low: Places, high: Places, moments: Ints, clock: Ints, column: Floats) -> None:
    """Measure the time from the last of `moments` in each window to `clock`; an empty one leaves the column."""
    for probe in range(rows.size):
        if high[probe] > low[probe]:
            column[rows[probe]] = (clock[probe] - moments[high[probe] - 1]) / 1e6


@sweep
def largest(rows: Places, low: Places, high: Places, values: Ints, queue: Places, column: Floats) -> None:
    """Take the largest in each window; an empty one leaves the column.

    `queue` (room for all values) holds the places that no later and larger value hides, so values fall along it.
    """
    first, end, entered = np.int64(0), np.int64(0), np.int64(0)
    for probe in range(rows.size):
        while entered < high[probe]:
            while end > first and values[queue[end - 1]] <= values[entered]:
                end -= 1
            queue[end] = entered
            end, entered = end + 1, entered + 1
        while first < end and queue[first] < low[probe]:
            first += 1
        if first < end:
            column[rows[probe]] = values[queue[first]]


@sweep
def distinct(rows: Places, low: Places, high: Places, before: Places, after: Places, column: Floats) -> None:
    """Count the different counterparties in each window; `before` and `after` are `neighbours` of the same one.

    Let in what the window has reached and out what it has left; of a counterparty only the latest counts. What names
    none is its own neighbour, so it neither counts when it enters nor when it leaves.
    """
    head, tail, count = np.int64(0), np.int64(0), np.int64(0)
    for probe in range(rows.size):
        while head < high[probe]:
            count += before[head] < tail
            head += 1
        while tail < low[probe]:
            count -= after[tail] < 0 or after[tail] >= head
            tail += 1
        column[rows[probe]] = count


@sweep
def _walk_by_clock(keys: Ints, clock: Ints, asked: Ints, instants: Ints, ago: int, found: Places) -> None:
    """Walk along both at once: windows of one key only ever move forward."""
    at = np.int64(0)
    for index in range(asked.size):
        key, since = asked[index], instants[index] - ago
        while at < keys.size and (keys[at] < key or (keys[at] == key and clock[at] < since)):
            at += 1
        found[index] = at


@sweep
def _link(keys: Ints, places: Places, before: Places, after: Places) -> None:
    """Join each place with the one that stands next to it under the same key."""
    for index in range(places.size):
        first = index == 0 or keys[index] != keys[index - 1]
        last = index == places.size - 1 or keys[index] != keys[index + 1]
        before[places[index]] = -1 if first else places[index - 1]
        after[places[index]] = -1 if last else places[index + 1]


@sweep
def _deal(keys: Places, starts: Places, order: Places) -> None:
    """Count each key, then deal the places out."""
    for index in range(keys.size):
        starts[keys[index] + 1] += 1
    for key in range(1, starts.size):
        starts[key] += starts[key - 1]
    for index in range(keys.size):
        order[starts[keys[index]]] = index
        starts[keys[index]] += 1
