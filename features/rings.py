"""Events in order of arrival: a ring with room for all that is ever remembered at once."""

import mmap
from typing import Any, Final

import numpy as np

from features.layout import HEAD, I64, TAILS, Plan, Ring
from features.room import Room

_MOST: Final = 1 << 30  # events remembered at once
_AT_ONCE: Final = mmap.PAGESIZE  # events whose memory is given back together: whole pages, whatever is kept of one


class EventRing:
    """A ring whose events leave at the tail of the longest window; `arrays` is what kernels work on."""

    def __init__(self, plan: Plan, links: int, tallies: int) -> None:
        """Make room for events with so many columns of links and tallies."""
        times, amounts, tallied = Room((_MOST,), np.int64), Room((_MOST,), np.int64), Room((_MOST, tallies), np.int64)
        keys, linked = Room((_MOST, plan.kinds.size), np.int32), Room((_MOST, links), np.int32)
        flags = Room((_MOST,), np.int16)
        self._rooms: tuple[Room[Any], ...] = (times, amounts, keys, flags, linked, tallied)
        self.arrays: Final = Ring(
            times=times.array,
            amounts=amounts.array,
            keys=keys.array,
            flags=flags.array,
            links=linked.array,
            tallies=tallied.array,
            marks=np.zeros(TAILS + plan.windows.size, np.int64),
        )
        self._given_back = 0  # sequence number of the first event whose memory was not

    @property
    def nbytes(self) -> int:
        """Return the bytes that events have, those that just left too."""
        marks = self.arrays.marks
        return (int(marks[HEAD]) - self._given_back) * sum(room.row_bytes for room in self._rooms) + marks.nbytes

    def reserve(self, count: int) -> None:
        """Raise MemoryError if there is no room for `count` more events."""
        if int(self.arrays.marks[HEAD]) + count - self._given_back > _MOST:
            raise MemoryError(f"more than {_MOST:,} events in memory")

    def forget(self) -> None:
        """Give back the memory of events that have left."""
        tail = int(self.arrays.marks[-1])
        while tail - self._given_back >= _AT_ONCE:
            first = self._given_back & (_MOST - 1)
            for room in self._rooms:
                room.give_back(first, first + _AT_ONCE)
            self._given_back += _AT_ONCE

    def kept(self) -> Ring:
        """Return the events in memory, in order of arrival."""
        places = self._places()
        times, amounts, keys, flags, links, tallies, marks = self.arrays
        return Ring(times[places], amounts[places], keys[places], flags[places], links[places], tallies[places], marks)

    def restore(self, ring: Ring) -> None:
        """Take over what was kept."""
        self.arrays.marks[:] = ring.marks
        self._given_back = int(ring.marks[-1]) & -_AT_ONCE
        places = self._places()
        for name, room in zip(Ring._fields, self._rooms, strict=False):  # the marks have no room
            room.array[places] = getattr(ring, name)

    def _places(self) -> I64:
        marks = self.arrays.marks
        return np.arange(marks[-1], marks[HEAD]) & (_MOST - 1)
