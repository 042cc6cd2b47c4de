"""Live states with a past, and how long things take on them."""

import statistics
import sys
import time

import polars as pl

from features.catalogue import CATALOGUE
from features.online import OnlineState
from tests.benchmarks.figures import quantile
from tests.benchmarks.streams import BEGIN, MONTH, stream

_ROWS_A_TABLE = 1 << 18
HOT = "bench:utility"


def past_of(accounts, transfers, rows_a_table=_ROWS_A_TABLE, **shape):
    """Yield a month of transfers, a table at a time."""
    for first in range(0, transfers, rows_a_table):
        rows = min(rows_a_table, transfers - first)
        since, over = BEGIN + first * MONTH // transfers, rows * MONTH // transfers
        yield stream(rows, accounts, since=since, over=over, first=first, **shape)


def state_after(past):
    """Return a state that has seen tables of transfers."""
    state = OnlineState(CATALOGUE)
    for table in past:
        state.observe_table(table)
    return state


def following(accounts, transfers, rows, turn=0):
    """Return what comes after such a past, at the same pace: the `turn`-th piece of `rows`."""
    over = rows * MONTH // transfers
    since = BEGIN + MONTH + turn * over
    return stream(rows, accounts, since=since, over=over, first=transfers + turn * rows)


def half_to_one(transfers):
    """Let every second transfer go to the same payee, and all payers be others."""
    every_second = pl.int_range(pl.len()) % 2 == 0
    return transfers.with_columns(payee=pl.when(every_second).then(pl.lit(HOT)).otherwise("payee"))


def timed(work, pieces):
    """Return how many microseconds each piece of work took."""
    clock, took = time.perf_counter_ns, []
    for piece in pieces:
        began = clock()
        work(piece)
        took.append(clock() - began)
    return [each / 1_000 for each in took]


def over_rounds(rounds):
    """Return p50 and p99 of each round's times, the median over rounds."""
    return tuple(statistics.median(quantile(each, share) for each in rounds) for share in (0.5, 0.99))


def weight_of(state):
    """Return what a state holds, in bytes: its arrays, and the names that lead to them.

    A name is one string, an entry of a dictionary with its number, and a place in a list. Added up, not taken
    from the process: what allocators keep and what else is loaded is nobody's state.
    """
    bytes_of = [state.nbytes]
    for slot_of, name_of in zip(state.slots.slot_of, state.slots.name_of, strict=True):
        bytes_of += [*map(sys.getsizeof, slot_of.parts), sys.getsizeof(name_of)]
        bytes_of += [sys.getsizeof(name) + sys.getsizeof(slot) for name, slot in slot_of]
    bytes_of += [sys.getsizeof(state.active_reports), *map(sys.getsizeof, state.active_reports)]
    return sum(bytes_of)
