"""The one way to the desk: whoever has a seat is let in, and there is room for what it brings."""

from types import TracebackType
from typing import Final

from antifraud.workflow.decide import Desk
from antifraud.workflow.seats import Seats


class Door:
    """Lets calls in: one that cannot be decided in time is refused before anything that it brought is read.

    `async with door.seat(participant, due) as desk` has a seat until the block ends, however it ends.
    """

    def __init__(self, desk: Desk, seats: Seats) -> None:
        self.desk: Final = desk
        self.seats: Final = seats

    def seat(self, participant: str, due: float) -> "Seat":
        """Return the seat to enter by; entering raises Overloaded if there is none before `due`, or no room.

        `due` is by the event loop's time.
        """
        return Seat(self, participant, due)


class Seat:
    """One call's seat."""

    __slots__ = ("_door", "_due", "_participant")

    def __init__(self, door: Door, participant: str, due: float) -> None:
        self._door = door
        self._participant = participant
        self._due = due

    async def __aenter__(self) -> Desk:
        """Wait for the seat, then look whether there is room."""
        door, participant = self._door, self._participant
        await door.seats.take(participant, self._due)
        try:
            door.desk.refuse_when_full(participant)
        except BaseException:
            door.seats.leave(participant)
            raise
        return door.desk

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Leave the seat to the next one."""
        self._door.seats.leave(self._participant)
