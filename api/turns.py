"""Who acts in the Center takes turns: many who act at once are not felt by who waits for a decision."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from antifraud.workflow.line import Overloaded

_MOST_WAITING: Final = 500  # requests of one participant: what waits takes memory
_REST: Final = 2  # times as long as a turn took: acts have at most a third of the time while decisions go on


class Turns:
    """Lets one in at a time: participants in turns, and the requests of each in the order in which they came.

    The book has one writer anyway: who is let in earlier only waits there, and has used the interpreter up when
    all wake at once. What was on the way as a turn ended has some time without the next one.
    """

    def __init__(self, deciding: Callable[[], bool]) -> None:
        """Take note of who says whether decisions are on the way."""
        self._deciding = deciding
        self._taken = False
        self._next_at = 0.0  # by the event loop's time
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}  # in the order of the participants' turns

    @asynccontextmanager
    async def one(self, participant: str) -> AsyncIterator[None]:
        """Wait for a turn, which lasts as long as the block; raise Overloaded behind too many of the same."""
        loop = asyncio.get_running_loop()
        if self._taken:
            await self._passed_on_to(participant)
        self._taken = True
        try:
            await asyncio.sleep(self._next_at - loop.time())
            began = loop.time()
            try:
                yield
            finally:
                if self._deciding():
                    self._next_at = loop.time() + _REST * (loop.time() - began)
        finally:
            self._pass_on()

    async def _passed_on_to(self, participant: str) -> None:
        """Return when the turn was passed on to this request."""
        mine = self._waiting.setdefault(participant, deque())
        if len(mine) >= _MOST_WAITING:
            raise Overloaded(f"{len(mine)} requests of {participant} wait to act already")
        turn = asyncio.get_running_loop().create_future()
        mine.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it was passed on to who has just gone
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        """Let the next participant's first one have the turn; the participant's next turn comes after all others'."""
        while self._waiting:
            participant = next(iter(self._waiting))
            waiting = self._waiting.pop(participant)
            turn = waiting.popleft()
            if waiting:
                self._waiting[participant] = waiting
            if not turn.done():  # else whoever waited has gone
                turn.set_result(None)
                return
        self._taken = False
