"""Who acts in the Center takes turns: many who act at once are not felt by who waits for a decision."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from antifraud.workflow.line import Overloaded

_MOST_WAITING: Final = 500  # requests: what waits takes memory
_REST: Final = 2  # times as long as a turn took: acts have at most a third of the time while decisions go on


class Turns:
    """Lets one in at a time, in the order in which they came.

    The book has one writer anyway: who is let in earlier only waits there, and has used the interpreter up when
    all wake at once. What was on the way as a turn ended has some time without the next one.
    """

    def __init__(self, deciding: Callable[[], bool]) -> None:
        """Take note of who says whether decisions are on the way."""
        self._deciding = deciding
        self._turn = asyncio.Lock()
        self._next_at = 0.0  # by the event loop's time
        self._here = 0  # who has the turn, and who waits for it

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Wait for a turn, which lasts as long as the block; raise Overloaded behind too many."""
        if self._here > _MOST_WAITING:
            raise Overloaded(f"{_MOST_WAITING} requests wait to act already")
        loop = asyncio.get_running_loop()
        self._here += 1
        try:
            async with self._turn:
                await asyncio.sleep(self._next_at - loop.time())
                began = loop.time()
                try:
                    yield
                finally:
                    if self._deciding():
                        self._next_at = loop.time() + _REST * (loop.time() - began)
        finally:
            self._here -= 1
