"""Who waits to be decided: participants in turns, and the calls of one in turns too, each of them in its own order."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from antifraud.domain.errors import Unavailable
from antifraud.domain.transfer import Transfer
from antifraud.workflow.ports import Recorded

Key = tuple[str, str]  # participant, transfer_id: what names a transfer for ever


class TransferRequest(Protocol):
    """A transfer that passed every check; only the moment of receipt is missing."""

    @property
    def participant(self) -> str:
        """Name who sent it."""
        ...

    @property
    def transfer_id(self) -> str:
        """Name it, among all that this participant sends."""
        ...

    @property
    def occurred_at(self) -> datetime:
        """Return when the payer gave the instruction, by the participant's clock."""
        ...

    def received(self, at: datetime) -> Transfer:
        """Return the transfer as received at that moment; this cannot fail."""
        ...


class Call:
    """Transfers that were sent together; it is over when each of them is durable, or has failed.

    `rows` are those that are durable. Whoever waits may leave: what has begun goes on, and the ids stay taken until
    it has ended.
    """

    __slots__ = (
        *("_begun", "_left", "_release", "_requests", "_waiting"),
        *("due", "keys", "over", "problem", "request_id", "rows"),
    )

    def __init__(
        self,
        keys: Sequence[Key],
        due: float | None,
        release: Callable[["Call"], None],
        request_id: str | None = None,
    ) -> None:
        self.keys = keys
        self.request_id = request_id
        self._release = release  # of the ids, once it is over
        self.due = due  # by the event loop's time; from then on its transfers are decided blind
        self.rows: dict[Key, Recorded] = {}
        self.problem: Exception | None = None
        self.over = False
        self._requests: Sequence[TransferRequest] = ()
        self._begun = 0
        self._left = 0
        self._waiting: list[asyncio.Future[None]] = []

    def knows(self, known: Mapping[Key, Recorded], fresh: Sequence[TransferRequest]) -> None:
        """Learn which were decided before, and which are to be decided now."""
        self.rows.update(known)
        self._requests = fresh
        self._left = len(fresh)
        self.ends(0)

    @property
    def unbegun(self) -> int:
        """Count those that nobody has begun to decide."""
        return len(self._requests) - self._begun

    def ended(self) -> asyncio.Future[None]:
        """Return what is done when the call is over: one of its own for each who waits."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.over:
            future.set_result(None)
        else:
            self._waiting.append(future)
        return future

    def take(self, count: int) -> "Piece":
        """Begin the next `count`, or as many as there are."""
        start = self._begun
        self._begun = min(start + count, len(self._requests))
        return Piece(self, self._requests[start : self._begun])

    def give_up(self, problem: Exception) -> None:
        """Decide no more of it than has begun."""
        self.problem = self.problem or problem
        unbegun, self._begun = self.unbegun, len(self._requests)
        self.ends(unbegun)

    def ends(self, count: int) -> None:
        """Count `count` as durable or failed; with the last of them the call is over."""
        self._left -= count
        if self._left == 0 and not self.over:
            self.over = True
            self._release(self)
            for future in self._waiting:
                if not future.done():  # whoever waited has gone
                    future.set_result(None)


class Piece:
    """Some transfers of one call, decided at a stretch."""

    __slots__ = ("_left", "call", "requests")

    def __init__(self, call: Call, requests: Sequence[TransferRequest]) -> None:
        self.call = call
        self.requests = requests
        self._left = len(requests)

    def settle(self, rows: Sequence[Recorded]) -> None:
        """Keep what is durable."""
        kept = self.call.rows
        for row in rows:
            transfer = row.transfer
            kept[transfer.participant, transfer.transfer_id] = row
        self._left -= len(rows)
        self.call.ends(len(rows))

    def fail(self, problem: Exception) -> None:
        """Give up what is not settled, and the rest of the call with it."""
        left, self._left = self._left, 0
        self.call.give_up(problem)
        self.call.ends(left)


class Line:
    """Calls that wait, by participant; true while any does."""

    def __init__(self) -> None:
        self._calls: dict[str, deque[Call]] = {}  # in the order of their turns

    def __len__(self) -> int:
        """Count the participants that wait."""
        return len(self._calls)

    @property
    def transfers(self) -> int:
        """Count the transfers that wait."""
        return sum(call.unbegun for calls in self._calls.values() for call in calls)

    def join(self, call: Call) -> None:
        """Stand at the end of the participant's own line."""
        participant = call.keys[0][0]
        if (calls := self._calls.get(participant)) is None:
            self._calls[participant] = deque((call,))
        else:
            calls.append(call)

    def take(self, count: int) -> list[Piece]:
        """Begin up to `count` transfers, the same share for each participant that has so many."""
        pieces: list[Piece] = []
        while count > 0 and self._calls:
            share = max(1, count // len(self._calls))
            for participant in tuple(self._calls)[:count]:
                taken = self._take_of(participant, share)
                pieces += taken
                count -= sum(len(piece.requests) for piece in taken)
        return pieces

    def _take_of(self, participant: str, count: int) -> list[Piece]:
        """Begin up to `count` of one participant, whose next turn comes after everybody else's."""
        calls = self._calls.pop(participant)
        pieces: list[Piece] = []
        while count > 0 and calls:
            call = calls.popleft()
            if call.unbegun:
                pieces.append(call.take(count))
                count -= len(pieces[-1].requests)
                if call.unbegun:
                    calls.append(call)
        if calls:
            self._calls[participant] = calls
        return pieces


class Overloaded(Unavailable):
    """More is on the way already than may be at once, of all or of one participant."""
