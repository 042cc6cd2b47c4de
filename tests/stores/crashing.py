"""A process to be killed: records decisions at once from many tasks, and says which were acknowledged.

Call number n records the decisions 3n, 3n + 1 and 3n + 2.
"""

import asyncio
import itertools

from antifraud.store import open_store
from tests.stores.plain import plain_decision

ROWS_A_CALL = 3


def rows_of(call):
    return [plain_decision(ROWS_A_CALL * call + number) for number in range(ROWS_A_CALL)]


def record_for_ever(url, first, acknowledged):
    """Record call after call, from `first` on; send the number of each that was acknowledged."""
    asyncio.run(_record(url, first, acknowledged))


async def _record(url, first, acknowledged):
    log = open_store(url).log
    calls = itertools.count(first)

    async def client():
        for call in calls:
            await log.record(rows_of(call))
            acknowledged.send(call)  # straight to the pipe: the kill does not lose it

    await asyncio.gather(*(client() for _ in range(12)))
