"""The copy of the lists is brought up to date for all who ask, by few looks, and no change is missed."""

import asyncio
from datetime import timedelta

import pytest

from antifraud.domain.center.effects import Effects
from antifraud.domain.errors import Unavailable
from antifraud.workflow.center.watching import Watching
from antifraud.workflow.watch import Watchlist
from tests.center.incidents import opened, seed
from tests.center.passages import START, passage


class Counted:
    """A book that counts how often it is read, and is away once if it is told to be."""

    def __init__(self, book):
        self.book, self.looks, self.away = book, 0, False

    async def read(self, work):
        self.looks += 1
        await asyncio.sleep(0)  # whoever else asks comes meanwhile
        if self.away:
            self.away = False
            raise Unavailable("the book is away")
        return await self.book.read(work)


@pytest.fixture
def counted(book):
    return Counted(book)


@pytest.fixture
def watchlist():
    return Watchlist(lambda _: [], Effects(), timedelta(minutes=1))


def mark(book, number):
    """Let stolen money reach a mule, who is marked."""
    stolen = [passage(number, f"b1:victim-{number}", f"b2:mule-{number}", 900, 0)]
    book.write_now(lambda page: seed(page, stolen))
    book.write_now(lambda page: opened(page, stolen, START + timedelta(minutes=1)))


def test_many_who_ask_at_once_are_answered_by_two_looks_and_each_knows_what_was_done_before(counted, watchlist):
    async def scenario():
        watching = Watching(counted, watchlist, lambda: START)
        marked = [0]

        async def act(number):
            await asyncio.to_thread(mark, counted.book, number)
            marked.append(number)
            done = len(marked)
            await watching.refresh()
            assert len(watchlist) >= done

        first = asyncio.create_task(watching.refresh())
        await asyncio.sleep(0)
        mark(counted.book, 0)
        await asyncio.gather(first, *(watching.refresh() for _ in range(20)))
        assert (counted.looks, len(watchlist)) == (2, 1)
        await asyncio.gather(*(act(number) for number in range(1, 6)))
        assert len(watchlist) == 6

    asyncio.run(scenario())


def test_a_look_that_failed_answers_nobody_else(counted, watchlist):
    async def scenario():
        watching = Watching(counted, watchlist, lambda: START)
        mark(counted.book, 0)
        counted.away = True
        said = await asyncio.gather(*(watching.refresh() for _ in range(3)), return_exceptions=True)
        assert isinstance(said[0], Unavailable)
        assert (said[1:], counted.looks, len(watchlist)) == ([1, 0], 2, 1)

    asyncio.run(scenario())
