"""Which transfers were ever recorded: an answer in about a microsecond for an id that is new.

Every decision begins with the question whether its transfer was decided before, and nearly always it
was not. Keeping 8 bytes an id answers that without the database. A hash says "perhaps": the caller
then looks for the exact id. It never says "no" about an id that was added.
"""

import threading
from bisect import bisect_left
from collections.abc import Iterable
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

Key = tuple[str, str]  # participant, transfer_id

_PIECE: Final = 4_096  # ids turned into an array at a stretch, so that the event loop gets its turn


class Seen:
    """A set of 64-bit hashes: sorted arrays for the many, a small set for the latest.

    >>> seen = Seen()
    >>> seen.add([("bank-1", "t1")])
    >>> ("bank-1", "t1") in seen, ("bank-2", "t1") in seen
    (True, False)
    """

    def __init__(self, keys: Iterable[Key] = (), recent: int = 32_768) -> None:
        """Begin with `keys`, each read once; `recent` is how many the small set may hold."""
        self._limit = recent
        self._sorted = _View(np.sort(np.fromiter(map(hash, keys), np.int64)))
        self._merging: set[int] = set()
        self._recent: set[int] = set()

    def __contains__(self, key: Key) -> bool:
        """Say whether `key` may have been added; False is certain."""
        number = hash(key)
        return number in self._recent or number in self._merging or number in self._sorted

    def add(self, keys: Iterable[Key]) -> None:
        """Add keys. One thread at a time may add; any may ask."""
        self._recent.update(map(hash, keys))
        if len(self._recent) >= self._limit and not self._merging:
            self._merging, self._recent = self._recent, set()  # in this order: nothing is out of sight
            threading.Thread(target=self._merge, name="seen-merge", daemon=True).start()

    def _merge(self) -> None:
        """Merge the set that waits into the sorted array; sorting gives up the interpreter lock."""
        waiting = iter(self._merging)
        pieces = [self._sorted.numbers]
        while (piece := np.fromiter(islice(waiting, _PIECE), np.int64)).size:
            pieces.append(piece)
        together = np.concatenate(pieces)
        together.sort(kind="stable")  # almost sorted already
        self._sorted = _View(together)
        self._merging = set()


class _View:
    """A sorted array, searched without turning it into Python numbers."""

    def __init__(self, numbers: NDArray[np.int64]) -> None:
        self.numbers = numbers
        self._view = numbers.data

    def __contains__(self, number: int) -> bool:
        at = bisect_left(self._view, number)
        return at < len(self._view) and self._view[at] == number
