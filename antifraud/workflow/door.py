"""The one way to the desk: whoever has a seat is let in, and there is room for what it brings."""

import asyncio
import logging
from dataclasses import dataclass
from types import TracebackType
from typing import Final

from antifraud.workflow.decide import Desk
from antifraud.workflow.line import Overloaded
from antifraud.workflow.seats import Seats

_APART_S: Final = 0.002  # refusals of one participant: who asks again at once leaves the others their time
_LONGEST_S: Final = 0.05  # that a refusal waits
_SAY_EVERY_S: Final = 60.0  # to the operator, of one participant
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Refusals:
    """Of one participant: when the last one goes out, when the log named it, and how many came since. Loop's time."""

    last_at: float = float("-inf")
    said_at: float = float("-inf")
    unsaid: int = 0


class Door:
    """Lets calls in: one that cannot be decided in time is refused before anything that it brought is read.

    `async with door.seat(participant, due) as desk` has a seat until the block ends, however it ends.
    """

    def __init__(self, desk: Desk, seats: Seats) -> None:
        self.desk: Final = desk
        self.seats: Final = seats
        self._refused: dict[str, _Refusals] = {}  # by participant

    def seat(self, participant: str, due: float) -> "Seat":
        """Return the seat to enter by; entering raises Overloaded if there is none before `due`, or no room.

        `due` is by the event loop's time.
        """
        return Seat(self, participant, due)

    async def enter(self, participant: str, due: float) -> Desk:
        """Return the desk once there is a seat, which is left by `seats.leave`."""
        try:
            await self.seats.take(participant, due)
            try:
                self.desk.refuse_when_full(participant)
            except Overloaded:
                self.seats.leave(participant)
                raise
        except Overloaded:
            await self._in_turn(participant)
            raise
        return self.desk

    async def _in_turn(self, participant: str) -> None:
        """Let refusals of one participant go out one after another, and the operator know whose they are."""
        now = asyncio.get_running_loop().time()
        refused = self._refused.setdefault(participant, _Refusals())
        turn = refused.last_at = min(max(now, refused.last_at + _APART_S), now + _LONGEST_S)
        refused.unsaid += 1
        if now >= refused.said_at + _SAY_EVERY_S:
            _log.warning(
                "%s brings more than can be decided: %d calls refused since this was said last",
                participant,
                refused.unsaid,
            )
            refused.said_at, refused.unsaid = now, 0
        if turn > now:
            await asyncio.sleep(turn - now)


class Seat:
    """One call's seat."""

    __slots__ = ("_door", "_due", "_participant")

    def __init__(self, door: Door, participant: str, due: float) -> None:
        self._door = door
        self._participant = participant
        self._due = due

    async def __aenter__(self) -> Desk:
        """Wait for the seat."""
        return await self._door.enter(self._participant, self._due)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Leave the seat to the next one."""
        self._door.seats.leave(self._participant)
