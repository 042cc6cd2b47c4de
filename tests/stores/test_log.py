"""What goes into the log comes out of it: every bit, once, and in order."""

import asyncio
import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from antifraud.domain.decision import Action, Reason, ReasonKind
from antifraud.domain.errors import NotDurable, Unavailable
from antifraud.domain.report import Report, ReportSource
from antifraud.store import open_store
from antifraud.store.center import open_book
from antifraud.store.embedded import WriterLock
from antifraud.tables import SERVED
from models.evaluation import served_of
from tests.stores.arbitrary import new_name, recorded, reports, transfer_table
from tests.stores.plain import START, content, key_of, named, plain_decision, record_all

TICK = timedelta(microseconds=1)
REASONS = (
    (ReasonKind.SCORE, "score", Action.HOLD),
    (ReasonKind.RULE, "r@1", Action.HOLD),
    (ReasonKind.LET_THROUGH, "let_through@0.05", Action.ALLOW),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(rows=st.lists(recorded, min_size=1, max_size=5))
def test_whatever_was_recorded_is_found_with_every_bit_the_same(shared_store, rows):
    log = shared_store.log
    rows = [named(row, transfer_id=new_name(row.transfer.transfer_id)) for row in rows]

    async def there_and_back():
        assert await log.find_all([key_of(row) for row in rows]) == {}
        await log.record(rows)
        return await log.find_all([key_of(row) for row in rows])

    found = asyncio.run(there_and_back())
    assert {key: content(row) for key, row in found.items()} == {key_of(row): content(row) for row in rows}


@settings(max_examples=40)
@given(report=reports, more=st.lists(st.tuples(st.booleans(), st.integers(-2, 2)), max_size=4))
def test_the_latest_report_is_the_one_that_became_known_last(shared_store, report, more):
    log = shared_store.log
    first = replace(report, transfer_id=new_name("reported"))
    said = [first, *(replace(first, fraud=fraud, known_at=first.known_at + n * TICK) for fraud, n in more)]

    async def tell():
        assert await log.find_report(first.participant, first.transfer_id) is None
        for one in said:
            await log.record_report(one)
        return await log.find_report(first.participant, first.transfer_id)

    assert asyncio.run(tell()) == max(enumerate(said), key=lambda it: (it[1].known_at, it[0]))[1]


@settings(max_examples=25)
@given(
    steps=st.lists(st.integers(-2, 3), min_size=1, max_size=30),
    bounds=st.tuples(st.none() | st.integers(-3, 30), st.none() | st.integers(-3, 30)),
    data=st.data(),
)
def test_history_comes_in_order_of_arrival_and_ties_in_order_of_recording(shared_store, steps, bounds, data):
    participant, clock, rows = new_name("bank"), START, []
    for number, step in enumerate(steps):
        clock += step * TICK
        rows.append(plain_decision(number, participant, received_at=clock))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=3)))

    async def record():
        for first, last in zip([0, *cuts], [*cuts, len(rows)], strict=True):
            await shared_store.log.record(rows[first:last])

    asyncio.run(record())
    after, until = (None if bound is None else START + bound * TICK for bound in bounds)
    expected = [
        row
        for row in sorted(rows, key=lambda row: row.transfer.received_at)
        if (after is None or row.transfer.received_at > after) and (until is None or row.transfer.received_at <= until)
    ]
    mine = pl.col("participant") == participant
    tables = [table.filter(mine) for table in shared_store.history.transfers(after, until)]
    assert pl.concat([transfer_table([]), *tables]).equals(transfer_table(expected))
    served = [one for one in shared_store.history.served(after, until, "c1") if one.transfers.filter(mine).height]
    vectors = [one.vectors[one.transfers["participant"] == participant] for one in served]
    assert np.array_equal(
        np.concatenate([np.empty((0, 76)), *vectors]), [row.vector for row in expected] or np.empty((0, 76))
    )


def test_history_longer_than_one_table_is_complete(store):
    rows = [plain_decision(number) for number in range(1_200)]
    asyncio.run(_record_one_by_one(store.log, rows))
    few = ["transfer_id", "call_active", "received_at"]
    store.history.rows_a_table = 500
    tables = list(store.history.transfers(columns=few))
    assert [table.height for table in tables] == [500, 500, 200]
    assert pl.concat(tables).equals(transfer_table(rows).select(few))


def test_training_sees_what_was_served_and_what_was_known(store):
    rows = [plain_decision(number) for number in range(4)]
    rows[1] = replace(rows[1], vector=np.empty(0))  # decided blind
    rows[2] = replace(rows[2], decision=replace(rows[2].decision, catalogue_version="c2"))
    said = [
        Report(
            participant="bank-1",
            transfer_id=f"t{number}",
            fraud=True,
            source=ReportSource.POLICE,
            known_at=START + timedelta(days=number),
        )
        for number in (3, 0)
    ]

    async def record():
        await store.log.record(rows)
        for report in said:
            await store.log.record_report(report)

    asyncio.run(record())
    (served,) = store.history.served(None, None, "c1")
    assert served.transfers.equals(transfer_table([rows[0], rows[3]]))
    assert served.vectors.tobytes() == rows[0].vector.tobytes() + rows[3].vector.tobytes()
    assert store.history.reports()["transfer_id"].to_list() == ["t0", "t3"]
    assert store.history.reports(until=START)["transfer_id"].to_list() == ["t0"]
    assert store.history.reported(after=START).equals(transfer_table([rows[3]]))
    assert (store.history.counts().decisions, store.history.counts().reports) == (4, 2)


def test_what_was_done_is_told_with_who_demanded_it(store):
    score, rule, drawn = (Reason(*each) for each in REASONS)
    said = {
        "calm": (Action.ALLOW, ()),
        "held": (Action.HOLD, (score,)),
        "ruled": (Action.HOLD, (score, rule)),
        "let": (Action.ALLOW, (score, drawn)),
    }
    rows = [
        replace(named(plain_decision(number), transfer_id=name), decision=decision)
        for number, (name, (action, reasons)) in enumerate(said.items())
        for decision in [replace(plain_decision(number).decision, action=action, reasons=reasons, policy_version="p")]
    ]
    asyncio.run(record_all(store.log, rows))
    told = pl.concat(served_of(decided) for decided in store.history.decided())
    assert told.schema == SERVED
    assert [row[1:] for row in told.sort("transfer_id").rows()] == [
        ("calm", "allow", True, None, "p"),
        ("held", "hold", True, None, "p"),
        ("let", "allow", True, 0.05, "p"),
        ("ruled", "hold", False, None, "p"),
    ]


def test_of_two_decisions_about_one_transfer_only_one_is_kept(store):
    first, second = plain_decision(1), replace(plain_decision(2, transfer_id="t1"), answer=b"other")

    async def both():
        ended = await asyncio.gather(store.log.record([first]), store.log.record([second]), return_exceptions=True)
        return ended, await store.log.find("bank-1", "t1")

    ended, found = asyncio.run(both())
    assert sorted(type(end) for end in ended if end is not None) == [NotDurable]
    assert content(found) == content(first if ended[0] is None else second)


def test_a_reopened_store_knows_everything_and_nothing_more(url):
    rows = [plain_decision(number) for number in range(300)]
    with open_store(url) as store:
        asyncio.run(_record_one_by_one(store.log, rows))
    with open_store(url) as store:
        found = asyncio.run(store.log.find_all([*map(key_of, rows), ("bank-2", "t1"), ("bank-1", "t300")]))
    assert {key: content(row) for key, row in found.items()} == {key_of(row): content(row) for row in rows}


def test_a_second_writer_is_refused_until_the_first_has_gone(url):
    with open_store(url) as first:
        asyncio.run(record_all(first.log, [plain_decision(1)]))
        with pytest.raises(Unavailable, match=r"records decisions in .*, and only one may: stop it first"):
            open_store(url)
        asyncio.run(record_all(first.log, [plain_decision(2)]))  # the attempt has not disturbed it
    with open_store(url) as second:
        asyncio.run(record_all(second.log, [plain_decision(3)]))
        assert second.history.counts().decisions == 3


def test_who_only_upgrades_keeps_no_server_from_starting(tmp_path):
    database = tmp_path / "log.db"
    upgrading = WriterLock(database, 0)

    def waits():
        return sum(
            Path(f"/proc/self/fd/{each}").resolve().name == "log.db.lock" for each in os.listdir("/proc/self/fd")
        )

    with ThreadPoolExecutor(1) as starting:
        server = starting.submit(open_store, f"sqlite:///{database}")
        while waits() < 2 and not server.done():
            pass
        upgrading.close()
        server.result().close()


def test_the_center_writes_its_book_beside_who_records_into_the_same_database(new_postgres):
    url = new_postgres()
    with open_store(url) as store:
        book = open_book(url)
        try:
            asyncio.run(asyncio.wait_for(book.write(lambda page: page.next_due()), 30))
        finally:
            book.close()
        asyncio.run(record_all(store.log, [plain_decision(1)]))


def test_who_lost_its_session_records_nothing_while_another_does(new_postgres):
    url = new_postgres()
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    with open_store(url) as first:
        with first.engine.connect() as connection:
            connection.execute(text(f"{others} WHERE datname = current_database() AND pid <> pg_backend_pid()"))
        with open_store(url) as second:
            for number in (1, 2):
                with pytest.raises(NotDurable):
                    asyncio.run(record_all(first.log, [plain_decision(number)]))
                with pytest.raises(Unavailable, match="another process records decisions"):
                    first.log.resume()
            asyncio.run(record_all(second.log, [plain_decision(3)]))
        with pytest.raises(NotDurable):  # its state knows nothing of what the other did
            asyncio.run(record_all(first.log, [plain_decision(2)]))
        first.log.resume()
        asyncio.run(record_all(first.log, [plain_decision(4)]))
        assert pl.concat(first.history.transfers())["transfer_id"].to_list() == ["t3", "t4"]


def test_a_transfer_is_found_also_when_whoever_recorded_it_heard_of_a_failure(url):
    mine = plain_decision(1)
    with open_store(url) as store:

        async def twice():
            await store.log.record([mine])
            with pytest.raises(NotDurable):  # the same id again: the whole call fails, and what comes behind it
                await store.log.record([plain_decision(2), mine])
            return await store.log.find_all([key_of(mine), key_of(plain_decision(2))])

        assert {key: content(row) for key, row in asyncio.run(twice()).items()} == {key_of(mine): content(mine)}
        store.log.resume()
        asyncio.run(record_all(store.log, [plain_decision(2)]))
        assert asyncio.run(store.log.find("bank-1", "t2")) is not None


@pytest.mark.parametrize("waits", [True, False])
def test_what_was_recorded_is_found_whether_or_not_anybody_waited_for_it(store, waits):
    async def scenario():
        writing = store.log.record([plain_decision(1)])
        if waits:
            await writing
        else:
            writing.cancel()
            await asyncio.to_thread(store.log.resume)
        return await store.log.find("bank-1", "t1")

    assert content(asyncio.run(scenario())) == content(plain_decision(1))


def test_those_outside_hear_nothing_of_the_database(store):
    with store.engine.begin() as connection:
        for table in ("decisions", "api_keys"):
            connection.execute(text(f"ALTER TABLE {table} RENAME TO secret_{table}"))
    with open_store(store.engine.url, recording=False) as reader:
        for ask in (
            lambda: reader.log.find("bank-1", "t1"),
            lambda: record_all(store.log, [plain_decision(1)]),
            lambda: store.keys.verify("afk_x", START),
        ):
            with pytest.raises(Unavailable) as refusal:
                asyncio.run(ask())
            assert re.fullmatch(
                r"the (log of decisions|register of API keys) cannot be (read|written) now", str(refusal.value)
            )


def test_whoever_only_reads_may_stand_beside_the_writer_and_record_nothing(url):
    with open_store(url) as writing, open_store(url, recording=False) as reading:
        asyncio.run(record_all(writing.log, [plain_decision(1)]))
        assert reading.history.counts().decisions == 1
        with pytest.raises(NotDurable, match="reading only"):
            asyncio.run(record_all(reading.log, [plain_decision(2)]))


def test_a_closed_store_refuses_instead_of_waiting_for_ever(url):
    store = open_store(url)
    store.close()
    with pytest.raises(NotDurable, match="closed"):
        asyncio.run(record_all(store.log, [plain_decision(1)]))


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://localhost/x", "nonsense"])
def test_a_url_that_cannot_be_durable_is_refused(url):
    with pytest.raises(Unavailable):
        open_store(url)


async def _record_one_by_one(log, rows):
    await asyncio.gather(*(log.record([row]) for row in rows))
