"""What fails is kept in no part, nothing is kept behind it, and after `resume` the writer goes on."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import event, text
from sqlalchemy.pool import Pool

from antifraud.domain.errors import NotDurable
from antifraud.store import open_store
from tests.stores.plain import content, key_of, named, plain_decision, record_all

TOO_LARGE = 2**63


async def outcomes(log, calls):
    """Record every call at once; return True for those that were acknowledged."""
    ended = await asyncio.gather(*(log.record(rows) for rows in calls), return_exceptions=True)
    assert {type(end) for end in ended} <= {type(None), NotDurable}
    return [end is None for end in ended]


def stored(url, rows):
    with open_store(url) as store:
        found = asyncio.run(store.log.find_all([key_of(row) for row in rows]))
        assert store.history.counts().decisions == len(found)
    return {key: content(row) for key, row in found.items()}


@pytest.mark.parametrize(
    "poison",
    [
        pytest.param({"amount_minor": TOO_LARGE}, id="a number of 65 bits"),
        pytest.param({"payer": "half a pair \ud800"}, id="a text that is no text"),
        pytest.param({"payer": None}, id="nothing where something must be"),
    ],
)
def test_a_poisoned_row_takes_down_its_call_and_what_was_begun_after_it_but_nothing_before(url, poison):
    # Longer than one statement, so that something of the group is already written when the poison is met.
    calls = [[plain_decision(40 * call + number) for number in range(40)] for call in range(5)]
    calls[2][1] = named(calls[2][1], **poison)
    with open_store(url) as store:
        assert asyncio.run(outcomes(store.log, calls)) == [True, True, False, False, False]
        assert asyncio.run(outcomes(store.log, calls[3:4])) == [False]
        store.log.resume()
        assert asyncio.run(outcomes(store.log, calls[4:])) == [True]
    kept = [row for call in (0, 1, 4) for row in calls[call]]
    assert stored(url, [row for call in calls for row in call]) == {key_of(row): content(row) for row in kept}


def test_a_full_disk_loses_nothing_acknowledged_and_keeps_nothing_refused(new_sqlite):
    url = new_sqlite()  # only SQLite can be told how large its disk is
    calls = [[replace(plain_decision(2 * call + n), answer=bytes(2_000)) for n in range(2)] for call in range(150)]

    def small_disk(connection, _):
        connection.execute("PRAGMA max_page_count = 60")

    event.listen(Pool, "connect", small_disk)
    with open_store(url) as store:

        async def fill():
            return [ended for call in calls for ended in await outcomes(store.log, [call])]

        acknowledged = asyncio.run(fill())
        event.remove(Pool, "connect", small_disk)
        store.log.resume()
        assert asyncio.run(outcomes(store.log, [[plain_decision(1_000)]])) == [True]
    assert acknowledged == sorted(acknowledged, reverse=True), "nothing is kept behind what was refused"
    assert {True, False} == set(acknowledged)
    kept = [row for call, ended in zip(calls, acknowledged, strict=True) if ended for row in call]
    kept.append(plain_decision(1_000))
    everything = [*(row for call in calls for row in call), kept[-1]]
    assert stored(url, everything) == {key_of(row): content(row) for row in kept}


def test_a_lost_connection_is_reported_and_replaced(new_postgres):
    url = new_postgres()
    rows = [plain_decision(number) for number in range(3)]
    with open_store(url) as store:
        asyncio.run(record_all(store.log, [rows[0]]))
        with store.engine.connect() as connection:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            connection.execute(text(f"{others} WHERE datname = current_database() AND pid <> pg_backend_pid()"))
        assert asyncio.run(outcomes(store.log, [[rows[1]]])) == [False]
        store.log.resume()
        assert asyncio.run(outcomes(store.log, [[rows[2]]])) == [True]
    assert stored(url, rows) == {key_of(row): content(row) for row in (rows[0], rows[2])}


def test_while_the_server_is_away_nothing_is_acknowledged(new_postgres, postgres):
    url = new_postgres()
    rows = [plain_decision(number) for number in range(3)]
    with open_store(url) as store:
        asyncio.run(record_all(store.log, [rows[0]]))
        postgres.stop()
        try:
            assert asyncio.run(outcomes(store.log, [[rows[1]], [rows[1]]])) == [False, False]
        finally:
            postgres.start()
        store.log.resume()
        assert asyncio.run(outcomes(store.log, [[rows[2]]])) == [True]
    assert stored(url, rows) == {key_of(row): content(row) for row in (rows[0], rows[2])}
