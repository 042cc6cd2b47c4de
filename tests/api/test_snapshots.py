"""A state is the same whatever it was restored from: snapshots, the log alone, a history before the log."""

import asyncio
import gc
import weakref
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from antifraud.domain.report import Report, ReportSource
from antifraud.store import open_store
from antifraud.tables import REPORTS, TRANSFERS
from antifraud.workflow.live import LiveState
from api.commands.snapshot import snapshot
from api.restore import Before, Snapshots, restored
from features.catalogue import CATALOGUE
from features.offline import offline_features
from features.online import OnlineState
from features.snapshot import load
from tests.api import making
from tests.api.inside import running
from tests.api.making import body
from tests.stores.plain import START, plain_decision, record_all

MINUTE = timedelta(minutes=1)
NAMES = making.names(CATALOGUE)


def history_of(moments):
    """Return a table of transfers among few accounts, received at these moments."""
    rows = [
        dict.fromkeys(TRANSFERS)
        | {
            "participant": "fictional-other",
            "transfer_id": f"h{number}",
            "payer": f"a:{number % 3}",
            "payee": f"a:{number % 4}",
            "amount_minor": 1_000 + number,
            "base_minor": 1_000 + number,
            "currency": "KZT",
            "channel": "app",
            "occurred_at": at,
            "received_at": at,
        }
        for number, at in enumerate(moments)
    ]
    return pl.DataFrame(rows, TRANSFERS)


def reports_of(transfers, after):
    rows = transfers.select("participant", "transfer_id", known_at=pl.col("received_at") + after)
    empty = REPORTS.to_frame()
    return pl.concat([empty, rows.with_columns(fraud=pl.lit(True), source=pl.lit("police"))], how="diagonal")


def write_history(folder, transfers, reports):
    folder.mkdir()
    transfers.write_parquet(folder / "transfers.parquet")
    reports.write_parquet(folder / "reports.parquet")
    return folder


def next_vector(state, at):
    """Return what the next transfer would be served."""
    transfer = plain_decision(9, received_at=at).transfer
    fields = {name: getattr(transfer, name) for name in TRANSFERS} | {"payer": "a:1", "payee": "a:2"}
    return state.take([type(transfer)(**fields)], observe=False).tobytes()


@pytest.mark.parametrize("lost", ["nothing", "states", "all that can be read"])
def test_what_came_before_the_log_is_cut_once_and_for_ever(tmp_path, lost):
    # The log begins an hour after the history was offered; the history holds things of that hour, and of later.
    transfers = history_of([START + number * 7 * MINUTE for number in range(-40, 20)])
    folder = write_history(tmp_path / "history", transfers, reports_of(transfers, 11 * MINUTE))
    url, later = f"sqlite:///{tmp_path}/engine.db", START + timedelta(hours=1)

    def life(now):
        with open_store(url) as store:
            snapshots = Snapshots(tmp_path / "state", Before(folder, now))
            state, upto = restored(store, snapshots, CATALOGUE)
            if store.history.span() is None:
                rows = [plain_decision(number, received_at=later + number * MINUTE) for number in (1, 5)]
                asyncio.run(record_all(store.log, rows))
            else:
                snapshots.save(state, store.history.span().last)
            return state.transfers, upto, next_vector(state, START + timedelta(hours=3))

    first, second = life(START), life(START + timedelta(days=1))
    for path in (tmp_path / "state").glob("*.npz"):
        if lost == "states" and path.name.startswith("state-"):
            path.unlink()
        elif lost == "all that can be read":
            path.write_bytes(b"damaged")
    third = life(START + timedelta(days=2))
    assert first[:2] == (40, START - 3 * MINUTE)
    assert second[:2] == (42, later + 5 * MINUTE)
    assert third == second


def test_snapshots_that_have_not_seen_the_history_or_saw_another_log_are_not_taken(tmp_path):
    transfers = history_of([START - number * MINUTE for number in range(9, 0, -1)])
    folder = write_history(tmp_path / "history", transfers, reports_of(transfers, MINUTE))
    stray = Snapshots(tmp_path / "state")
    stray.save(OnlineState(CATALOGUE), START)
    stray.save(OnlineState(CATALOGUE), START + timedelta(days=1))
    with open_store(f"sqlite:///{tmp_path}/engine.db") as store:
        asyncio.run(record_all(store.log, [plain_decision(1, received_at=START)]))
        snapshots = Snapshots(tmp_path / "state", Before(folder, START + timedelta(days=1)))
        state, _ = restored(store, snapshots, CATALOGUE)
        assert state.transfers == 10
        snapshots.save(state, START)
        assert len(list((tmp_path / "state").glob("state-*"))) == 1
        assert restored(store, snapshots, CATALOGUE).state.transfers == 10


@pytest.fixture
def ask_for_snapshot(tmp_path, monkeypatch):
    """Return the command, with this folder's settings; it returns the snapshots that are there then."""
    monkeypatch.setenv("ANTIFRAUD_DATABASE_URL", f"sqlite:///{tmp_path}/engine.db")
    monkeypatch.setenv("ANTIFRAUD_STATE_DIR", str(tmp_path / "state"))

    def ask():
        snapshot()
        return sorted((tmp_path / "state").glob("state-*"))

    return ask


def test_a_snapshot_beside_a_running_server_changes_no_vector_and_is_made_once(tmp_path, ask_for_snapshot, monkeypatch):
    before = history_of([datetime(2026, 2, 28, 12, tzinfo=UTC) + number * MINUTE for number in range(30)])
    reports = reports_of(before, 11 * MINUTE)
    folder = write_history(tmp_path / "history", before, reports)
    monkeypatch.setenv("ANTIFRAUD_HISTORY", str(folder))
    minute = iter(range(60))

    def sent():
        number = next(minute)
        return body(number, payer=f"a:{number % 4}", payee="a:2", occurred_at=f"2026-03-01T12:{number:02}:00Z")

    async def scenario():
        made = []
        for _ in range(3):
            async with running(tmp_path, history=folder, clock="occurred_at") as client:
                await client.post("/v1/decisions/batch", json=[sent() for _ in range(5)])
                for _ in range(2):
                    made.append(await asyncio.to_thread(ask_for_snapshot))
                await client.post("/v1/decisions/batch", json=[sent() for _ in range(5)])
        return made

    made = asyncio.run(scenario())
    assert [len(each) for each in made] == [1, 1, 2, 2, 2, 2]
    assert made[0::2] == made[1::2], "without news nothing is made anew"
    with open_store(f"sqlite:///{tmp_path}/engine.db", recording=False) as store:
        (served,) = store.history.served(None, None, making.fingerprint(CATALOGUE))
    everything = pl.concat([before, served.transfers])
    offline = offline_features(everything, reports, CATALOGUE).select(NAMES).tail(30)
    assert np.array_equal(served.vectors, offline.cast(pl.Float64).fill_null(np.nan).to_numpy(), equal_nan=True)
    assert served.vectors[:, NAMES.index("payee_reports_30d")].min() > 0


def test_the_server_has_snapshots_made_that_begin_with_its_history(tmp_path):
    before = history_of([START - number * MINUTE for number in range(30, 0, -1)])
    folder = write_history(tmp_path / "history", before, reports_of(before, MINUTE))
    rows = [plain_decision(number, received_at=START + number * MINUTE) for number in range(9)]
    with open_store(f"sqlite:///{tmp_path}/engine.db") as store:
        asyncio.run(record_all(store.log, rows))

    async def scenario():
        async with running(tmp_path, history=folder, snapshot_every_s=0.01):
            while not (made := list((tmp_path / "state").glob("state-*.npz"))):
                await asyncio.sleep(0.01)
            return load(made[0], CATALOGUE).transfers

    assert asyncio.run(scenario()) == len(before) + len(rows) - 1  # the last minute is left to the next


@pytest.mark.parametrize("name", ["of another log", "unreadable"])
def test_a_snapshot_is_not_pruned_by_those_that_nobody_can_use(tmp_path, ask_for_snapshot, name):
    with open_store(f"sqlite:///{tmp_path}/engine.db") as store:
        rows = [plain_decision(number, received_at=START + number * MINUTE) for number in range(9)]
        asyncio.run(record_all(store.log, rows))
        snapshots, last = Snapshots(tmp_path / "state"), rows[-1].transfer.received_at
        for step in (1, 2):
            at = last + step * MINUTE if name == "of another log" else last - step * timedelta(seconds=1)
            path = snapshots.save(OnlineState(CATALOGUE), at)
            if name == "unreadable":
                path.write_bytes(b"damaged")
        (tmp_path / "state" / "state-00000000000000000001.draft").write_bytes(b"of a process that was killed")
        if name == "of another log":
            restored(store, snapshots, CATALOGUE)
    (made,) = ask_for_snapshot()
    assert ask_for_snapshot() == [made]


def test_the_old_state_is_let_go_before_the_new_one_is_built():
    class State:
        """Anything that can be let go."""

    states, alive = [], []

    async def rebuild():
        gc.collect()
        alive.append([each() is not None for each in states])
        state = State()
        states.append(weakref.ref(state))
        return state

    async def scenario():
        live = LiveState(rebuild)
        await live.reopen()
        await live.reopen()

    asyncio.run(scenario())
    assert alive == [[], [False]]


def test_a_report_that_changes_nothing_still_moves_the_clock(tmp_path):
    said = START + timedelta(hours=5)
    report = Report(participant="bank-1", transfer_id="t1", fraud=False, source=ReportSource.POLICE, known_at=said)
    with open_store(f"sqlite:///{tmp_path}/engine.db") as store:
        asyncio.run(record_all(store.log, [plain_decision(1)]))
        asyncio.run(store.log.record_report(report))
        assert restored(store, Snapshots(tmp_path / "state"), CATALOGUE).upto == said
