"""Events in order of arrival: a ring with room for all that is ever remembered at once."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from features.layout import HEAD, TAILS, Plan, Ring
from features.room import Room

_MOST: Final = 1 << 30  # events remembered at once
# Events whose memory is given back together: of each array at least a huge page, for Linux fills up again what is
# given back of one in part.
_AT_ONCE: Final = 1 << 20


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

    @property
    def room(self) -> int:
        """Return for how many more events there is room, until some leave."""
        return _MOST - (int(self.arrays.marks[HEAD]) - self._given_back)

    @property
    def filled(self) -> float:
        """Return the share of all places that is taken."""
        return 1 - self.room / _MOST

    def forget(self) -> None:
        """Give back the memory of events that have left."""
        tail = int(self.arrays.marks[-1])
        while tail - self._given_back >= _AT_ONCE:
            first = self._given_back & (_MOST - 1)
            for room in self._rooms:
                room.give_back(first, first + _AT_ONCE)
            self._given_back += _AT_ONCE

    def kept(self) -> tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]:
        """Return the events in memory in order of arrival, as views of the arrays' end and then of their beginning."""
        tail, head = int(self.arrays.marks[-1]), int(self.arrays.marks[HEAD])
        begin = tail & (_MOST - 1)
        end = min(begin + head - tail, _MOST)
        places = slice(begin, end), slice(0, head - tail - (end - begin))
        names = Ring._fields[:-1]  # not the marks
        of_end, of_beginning = ({name: getattr(self.arrays, name)[part] for name in names} for part in places)
        return of_end, of_beginning

    def restore(self, marks: NDArray[np.int64]) -> None:
        """Take over the marks of a ring; what `kept` returns then has to be filled."""
        self.arrays.marks[:] = marks
        self._given_back = int(marks[-1]) & -_AT_ONCE
