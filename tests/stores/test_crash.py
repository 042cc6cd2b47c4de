"""After `kill -9` in the middle of writing, all that was acknowledged is there and nothing is there by half."""

import asyncio
import contextlib
import multiprocessing
import random
import signal

import pytest

from antifraud.store import open_store
from tests.stores.crashing import record_for_ever, rows_of
from tests.stores.plain import content, key_of

KILLS = 10
CALLS_A_LIFE = 100_000  # more than any process lives to make


@pytest.fixture(scope="module")
def born_ready():
    """Start processes from one that has imported everything."""
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["tests.stores.crashing"])
    return processes


def killed_after(processes, url, first, acknowledgements):
    """Run a process until it has acknowledged so many calls, kill it, and return all it acknowledged."""
    heard, told = processes.Pipe(duplex=False)
    process = processes.Process(target=record_for_ever, args=(url, first, told))
    process.start()
    told.close()  # so that the end of the process is the end of the pipe
    acknowledged = []
    with contextlib.suppress(EOFError), heard:
        while True:
            acknowledged.append(heard.recv())
            if len(acknowledged) == acknowledgements:
                process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    return acknowledged


def test_ten_kills_lose_nothing_that_was_acknowledged(url, born_ready):
    moments = random.Random(20260301)
    acknowledged = []
    for life in range(KILLS):
        acknowledged += killed_after(born_ready, url, life * CALLS_A_LIFE, moments.randrange(1, 120))
    expected = [row for call in acknowledged for row in rows_of(call)]
    with open_store(url) as store:
        found = asyncio.run(store.log.find_all([key_of(row) for row in expected]))
        names = [name for table in store.history.transfers() for name in table["transfer_id"]]
    assert {key: content(row) for key, row in found.items()} == {key_of(row): content(row) for row in expected}
    calls = {int(name[1:]) // 3 for name in names}  # those in flight may be there, but whole
    assert sorted(names) == sorted(row.transfer.transfer_id for call in calls for row in rows_of(call))
    assert set(acknowledged) <= calls
