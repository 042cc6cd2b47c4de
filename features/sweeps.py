"""The walks of the offline engine: along what stands in order of key and then of time, once.

Each takes time as long as its input and looks at memory in order, where a search would jump. None knows what a feature
is; the slow definitions are in `tests/features/test_sweeps.py`.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from features.jit import kernel

Ints = NDArray[np.int64]

_SPARSE: Final = 16  # numbers so much fewer than the places they may take are sorted by comparing


def ranks_by_clock(keys: Ints, clock: Ints, asked: Ints, instants: Ints, ago: int) -> Ints:
    """Return, for each asked key and instant, how many of (`keys`, `clock`) sort before (key, instant - ago).

    Both stand in order of key, then of time.

    >>> keys, clock = np.array([1, 1, 2]), np.array([10, 20, 15])
    >>> ranks_by_clock(keys, clock, np.array([1, 1, 2, 2]), np.array([20, 21, 15, 30]), 0).tolist()
    [1, 2, 2, 3]
    """
    found = np.empty(asked.size, np.int64)
    _walk_by_clock(keys, clock, asked, instants, ago, found)
    return found


def distinct_by_clock(
    keys: Ints, clock: Ints, before: Ints, after: Ints, asked: Ints, instants: Ints, over: int
) -> Ints:
    """Count, for each asked key and instant, the different counterparties of that key in [instant - over, instant).

    `before` and `after` are the places of the same counterparty's neighbours under the same key; -1 for none.

    >>> keys, clock = np.array([1, 1, 1]), np.array([10, 20, 30])  # the first and the last are of one counterparty
    >>> before, after = np.array([-1, -1, 0]), np.array([2, -1, -1])
    >>> distinct_by_clock(keys, clock, before, after, np.array([1, 1, 1]), np.array([11, 31, 45]), 20).tolist()
    [1, 2, 1]
    """
    found = np.empty(asked.size, np.int64)
    _count_distinct(keys, clock, before, after, asked, instants, over, found)
    return found


def order_of(keys: Ints) -> Ints:
    """Return the places of keys (whole numbers from 0) in ascending order, equal ones as they stand.

    >>> order_of(np.array([2, 0, 2, 1])).tolist()
    [1, 3, 0, 2]
    """
    top = int(keys.max(initial=-1)) + 1
    if top > _SPARSE * keys.size:
        return np.argsort(keys, kind="stable")
    order = np.empty(keys.size, np.int64)
    _deal(keys, np.zeros(top + 1, np.int64), order)
    return order


@kernel
def _walk_by_clock(keys: Ints, clock: Ints, asked: Ints, instants: Ints, ago: int, found: Ints) -> None:
    """Walk along both at once: windows of one key only ever move forward."""
    at = np.int64(0)
    for index in range(asked.size):
        key, since = asked[index], instants[index] - ago
        while at < keys.size and (keys[at] < key or (keys[at] == key and clock[at] < since)):
            at += 1
        found[index] = at


@kernel
def _count_distinct(
    keys: Ints, clock: Ints, before: Ints, after: Ints, asked: Ints, instants: Ints, over: int, found: Ints
) -> None:
    """Let in what the instant has passed and out what is too old; of a counterparty only the latest counts."""
    head, tail, count = np.int64(0), np.int64(0), np.int64(0)
    for index in range(asked.size):
        key, now = asked[index], instants[index]
        while head < keys.size and (keys[head] < key or (keys[head] == key and clock[head] < now)):
            count += before[head] < tail
            head += 1
        while tail < head and (keys[tail] < key or clock[tail] < now - over):
            count -= after[tail] < 0 or after[tail] >= head
            tail += 1
        found[index] = count


@kernel
def _deal(keys: Ints, starts: Ints, order: Ints) -> None:
    """Count each key, then deal the places out."""
    for index in range(keys.size):
        starts[keys[index] + 1] += 1
    for key in range(1, starts.size):
        starts[key] += starts[key - 1]
    for index in range(keys.size):
        order[starts[keys[index]]] = index
        starts[keys[index]] += 1
