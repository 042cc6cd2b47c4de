"""How live state lies in memory: arrays only, so that a snapshot is the arrays and kernels are compiled.

Rings hold events in order of arrival. Slots hold one row of integer cells for every account, device, ip
and pair. `features.compile` fills plans from the catalogue, `features.kernels` runs them. A slot or
sequence number of -1 means none.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]
I16 = NDArray[np.int16]
F64 = NDArray[np.float64]
Int = int | np.int64 | np.int32  # a whole number, as Python or an array holds it

NEVER = -(2**62)  # a time before all times
ABSENT = np.nan

# Cells every slot has: how many events in the rings name it; at 0 it is free again.
REFS = 0
# Cells every pair has besides: its members and what pair they are, as one number; its latest entered event.
KEY, LAST_SEQ = 1, 2

# Marks of a ring: next sequence number, first not yet entered, then one tail per window.
HEAD, ENTERED, TAILS = 0, 1, 2

# Flags of an event. LATER << p: a later event of the same pair p exists. NEW << p: the pair was new.
MOST_PAIRS = 6
LATER, NEW, DEAD, WITHDRAWAL = 1, 1 << MOST_PAIRS, 1 << 2 * MOST_PAIRS, 1 << 2 * MOST_PAIRS + 1

# A link of an event that is not in the chain: it never was, or a larger amount came after it, or it was withdrawn.
OUT = -1

# How much an event adds to a counter: one, its amount, or (from NEWCOMER up) one if its pair was new. Counters
# behind the last window's are never taken from: they count for ever.
ONE, AMOUNT, NEWCOMER = 0, 1, 2

# How a feature is read: see `kernels._read`.
FROM_ROW, CELL, DIFFERENCE, QUOTIENT, SECONDS_SINCE = range(5)
HEAD_VALUE, END_SINCE, TAIL_TALLY, FEATURE_RATIO = range(5, 9)


class Ring(NamedTuple):
    """Events in order of arrival; an event's place is its sequence number modulo the capacity (a power of two)."""

    times: I64  # [capacity] microseconds since 1970
    amounts: I64  # [capacity] base minor units; of a report, the surprise of what it is about
    keys: I32  # [capacity, named columns] slots; those of pairs are found through their members
    flags: I16  # [capacity]
    links: I32  # [capacity, 2 * chains] how far before and behind it its neighbours in each chain came, 0 for none
    # and OUT; of a withdrawal, how far before it in [0] is what it takes back
    tallies: I64  # [capacity, tallied chains] what the chain's tally was when the event was pushed
    marks: I64  # [TAILS + windows]


class Plan(NamedTuple):
    """What one ring's events do to the cells; all rows are grouped by window, `*_from` are the bounds."""

    windows: I64  # [windows] microseconds, ascending; the last is RETENTION
    kinds: I32  # [named columns] kind of slot in each; key columns after these are of the pairs
    pairs: I32  # [pairs, 2] named columns of both members
    counters: I32  # [n, 4] key column, kind, cell, how much
    counters_from: I32  # [windows + 1]
    distincts: I32  # [n, 4] key column of the owner, kind, cell, pair
    distincts_from: I32  # [windows + 1]
    chains: I32  # [n, 8] key column, kind, cell of the last event, column of links, keeps only maxima, two cells
    # whose difference is the tally, column of tallies (-1: none is kept); a chain goes back as far as RETENTION
    heads: I32  # [n, 2] chain, cell of its first event in this window
    heads_from: I32  # [windows + 1]
    runs: I32  # [n, 4] key column, kind, cell of last time, cell of first time


class Slots(NamedTuple):
    """All slots of all kinds in flat arrays: views of rows would cost more than what is done to them.

    Each kind has room for all the slots that it may ever have; behind those that it has, nothing was written yet.
    """

    cells: I64  # rows of cells; that of a slot begins at cell_at[kind] + slot * width[kind]
    cell_at: I64  # [kinds]
    width: I64  # [kinds] cells of a slot
    blank: I64  # the cells of a fresh slot of each kind, one after the other
    blank_at: I64  # [kinds]
    free: I32  # stacks of free slots; that of a kind begins at free_at[kind]
    free_at: I64  # [kinds]
    free_count: I64  # [kinds]
    table_keys: I64  # [buckets, a power of two] hash table of the pairs' keys; 0 is empty
    table_slots: I32  # [buckets]
    former_keys: I64  # the smaller table from which pairs are on their way; nobody writes to it. Mostly [0]
    former_slots: I32


class Reading(NamedTuple):
    """How a vector is read from the cells."""

    asks: I32  # [asks, 4] kind, key column, second key column (-1: not a pair), pair
    reads: I32  # [features, 6] how, ask, then four arguments that depend on how
    retention: int
