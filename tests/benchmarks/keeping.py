"""What the state weighs, and how fast it is back after a restart."""

import asyncio
import time

import numpy as np

from antifraud.domain.decision import Action, Decision
from antifraud.store import open_store
from antifraud.workflow.ports import Recorded
from api.restore import Snapshots, restored
from features.catalogue import CATALOGUE
from features.online import OnlineState
from tests.benchmarks.figures import Figure
from tests.benchmarks.machine import resident_bytes
from tests.benchmarks.states import following, past_of, state_after, weight_of
from tests.benchmarks.streams import objects


def weight(bench):
    """Add up a state, once, and again with twice as many transfers of the same pairs."""
    accounts, transfers = bench.sizes.kept_accounts, bench.sizes.kept_transfers
    past = {"habitual": 1.0, "rows_a_table": min(1 << 18, transfers // 2)}
    state = OnlineState(CATALOGUE)
    weights, before = {0: weight_of(state)}, resident_bytes()
    for table in past_of(accounts, transfers, **past):
        state.observe_table(table)
        if state.transfers in (transfers // 2, transfers):
            weights[state.transfers] = weight_of(state)
    grown = resident_bytes() - before
    empty, half, full = weights[0], weights[transfers // 2], weights[transfers]
    a_transfer = (full - half) / (transfers / 2)
    an_account = (full - empty - transfers * a_transfer) / accounts
    pairs = "with its device, a third of an address and the four pairs it pays"
    what = "arrays and names"
    process = f"full, they are {(full - empty) / 2**20:,.0f} MiB more, and the process {grown / 2**20:,.0f}"
    return [
        Figure(
            "state, an account",
            an_account,
            "B",
            2_048,
            "lower",
            f"{what}; {accounts:,} accounts, each {pairs}; {process}",
        ),
        Figure("state, a transfer in window", a_transfer, "B", 40, "lower", f"{what}; {transfers:,} transfers"),
    ]


def restart(bench):
    """Restore the state, once, from a snapshot and what was recorded in a SQLite log after it."""
    past = (bench.sizes.restored // 5, bench.sizes.restored)
    folder = bench.folder / "restart"
    folder.mkdir()
    snapshots = Snapshots(folder / "state")
    state = state_after(past_of(*past))
    tables = list(past_of(*past))
    snapshots.save(state, tables[-1]["received_at"][-1])
    del state
    with open_store(f"sqlite:///{folder}/log.db") as store:
        asyncio.run(_record(store.log, objects(following(*past, bench.sizes.tail))))
        began = time.perf_counter()
        saved, _ = snapshots.latest(CATALOGUE, store.history.span())
        loading = time.perf_counter() - began
        del saved
        began = time.perf_counter()
        whole = restored(store, snapshots, CATALOGUE)
        seconds = time.perf_counter() - began
    assert whole.state.transfers > bench.sizes.tail, "nothing was restored"
    tail = bench.sizes.tail / max(seconds - loading, 1e-9)
    after = f"{bench.sizes.tail:,} transfers from a SQLite log, after a snapshot of {bench.sizes.restored:,}"
    return [
        Figure(
            "restart from snapshot and tail",
            (bench.sizes.restored + bench.sizes.tail) / seconds,
            "transfers/s",
            200_000,
            "higher",
            f"a snapshot of {bench.sizes.restored:,} transfers in {loading:.2f} s, then {bench.sizes.tail:,} "
            f"from a SQLite log: these alone {tail:,.0f} transfers/s",
        ),
        Figure("restart, tail alone", tail, "transfers/s", 200_000, "higher", after),
    ]


async def _record(log, transfers):
    decision = Decision(
        action=Action.ALLOW,
        score=0.01,
        reasons=(),
        model_version="bench",
        catalogue_version="bench",
        policy_version="bench",
    )
    vector, answer = np.zeros(len(CATALOGUE)), b"{}"
    for first in range(0, len(transfers), 2_000):
        await log.record(
            [
                Recorded(transfer=each, vector=vector, decision=decision, answer=answer)
                for each in transfers[first : first + 2_000]
            ]
        )
