"""Who may be decided at the same time: one participant's flood waits at the door, whatever others bring."""

import asyncio
import math
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from antifraud.workflow.line import Overloaded

_ALONE: Final = 64  # calls of one participant at once while nobody else asks: groups are larger, and more is decided
_TOGETHER: Final = 6  # of all at once as soon as several ask: whoever comes waits for no more than those
_LEAST: Final = 3  # of each, even then
_MOST_WAITING: Final = 500  # calls of one participant: what waits takes memory
_RECENT_S: Final = 1.0  # so long after its last call a participant still counts as one that asks
_DOOR: Final = 0.1  # of the time that a call has: more at the door keep no more seats taken, and are answered later
_FEW: Final = 8  # calls of one participant may wait longer: who asks for little is not refused for a hiccup
_REMEMBERED_S: Final = 0.25  # of waiting, the pace is known by: several groups, as seats become free in groups


@dataclass(slots=True)
class _Seated:
    """One participant: how many of its calls have a seat, who waits for one, and how fast they become free."""

    name: str
    seats: int = 0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)
    left: float = 0.0  # so many left while others waited, and so long these did: the latest count most
    waited_s: float = 0.0
    since: float = 0.0  # the last one left, or the first of those that wait came

    @property
    def pace_s(self) -> float:
        """Return the time between two that leave while others wait, 0 before any did."""
        return self.waited_s / self.left if self.left else 0.0

    def leaves(self, now: float) -> None:
        """Learn the pace from one that leaves while others wait."""
        took, self.since = now - self.since, now
        faded = math.exp(-took / _REMEMBERED_S)
        self.left = faded * self.left + 1
        self.waited_s = faded * self.waited_s + took


class Seats:
    """Gives calls their seats, those of a participant in their order.

    A call behind some others that would have to wait for more than a tenth of its time is refused at once: who is taken
    is answered soon, whatever is brought. So is one behind any that would only be decided when it is due already, and
    one behind too many.
    """

    def __init__(self) -> None:
        self.hopeless = 0  # calls refused
        self._known: dict[str, _Seated] = {}
        self._waiting: dict[str, _Seated] = {}
        self._taken = 0
        self._last: str | None = None  # who asked last, and when; and when anybody else did
        self._last_at = self._others_at = float("-inf")

    @property
    def waiting(self) -> int:
        """Count the calls that wait for a seat."""
        return sum(len(each.waiting) for each in self._waiting.values())

    async def take(self, participant: str, due: float) -> None:
        """Return once there is a seat, which is left by `leave`; `due` is by the event loop's time."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        if participant != self._last:
            self._others_at, self._last = self._last_at, participant
        self._last_at = now
        mine = self._known.get(participant)
        if mine is None:
            mine = self._known[participant] = _Seated(participant)
        if not mine.waiting and mine.seats < self._room(mine, now):
            mine.seats += 1
            self._taken += 1
            return
        ahead = len(mine.waiting)
        time_left = (due - now) * (1 if ahead < _FEW else _DOOR)
        if ahead >= _MOST_WAITING or (ahead and mine.pace_s * (ahead + 1) > time_left):
            self.hopeless += 1
            raise Overloaded(f"{ahead} calls of {participant} wait already, longer than this one may")
        if not ahead:  # the first always waits: else nobody would learn that it goes faster again
            mine.since = now
        seat = loop.create_future()
        mine.waiting.append(seat)
        self._waiting[participant] = mine
        try:
            await seat
        except asyncio.CancelledError:
            if seat.done() and not seat.cancelled():
                self.leave(participant)
            raise

    def leave(self, participant: str) -> None:
        """Let the next ones have the seat."""
        now = asyncio.get_running_loop().time()
        mine = self._known[participant]
        mine.seats -= 1
        self._taken -= 1
        if mine.waiting:
            mine.leaves(now)
        for each in tuple(self._waiting.values()):
            self._seat(each, now)

    def _seat(self, mine: _Seated, now: float) -> None:
        while mine.waiting and mine.seats < self._room(mine, now):
            seat = mine.waiting.popleft()
            if not seat.done():  # else whoever waited has gone
                seat.set_result(None)
                mine.seats += 1
                self._taken += 1
        if not mine.waiting:
            del self._waiting[mine.name]

    def _room(self, mine: _Seated, now: float) -> int:
        """Return how many seats a participant may have now."""
        others_at = self._others_at if mine.name == self._last else self._last_at
        if now - others_at > _RECENT_S:
            return _ALONE
        return max(_LEAST, _TOGETHER - (self._taken - mine.seats))
