"""Which slot a name has: many small dictionaries, for a large one that grows stops everything until it has moved."""

from collections.abc import Iterable, Iterator
from typing import Final

_PARTS: Final = 1 << 9  # a part of a kind with five million names moves in a few milliseconds


class Names:
    """The slots of one kind's names, in as many parts as keep each of them small.

    >>> slots = Names([("bench:1", 0)])
    >>> slots.get("bench:1"), slots.get("bench:2"), len(slots)
    (0, None, 1)
    """

    __slots__ = ("_parts",)

    def __init__(self, pairs: Iterable[tuple[str, int]] = ()) -> None:
        """Begin with names and their slots."""
        self._parts: tuple[dict[str, int], ...] = tuple({} for _ in range(_PARTS))
        for name, slot in pairs:
            self.put(name, slot)

    def __len__(self) -> int:
        """Count the names."""
        return sum(map(len, self._parts))

    def __iter__(self) -> Iterator[tuple[str, int]]:
        """Yield each name with its slot."""
        for part in self._parts:
            yield from part.items()

    @property
    def parts(self) -> tuple[dict[str, int], ...]:
        """Return the dictionaries themselves, for whoever weighs them."""
        return self._parts

    def get(self, name: str) -> int | None:
        """Return the slot of a name, None if it has none."""
        return self._parts[_part_of(name)].get(name)

    def put(self, name: str, slot: int) -> None:
        """Give a name a slot."""
        self._parts[_part_of(name)][name] = slot

    def drop(self, name: str) -> None:
        """Take a name out that has a slot."""
        del self._parts[_part_of(name)][name]


def _part_of(name: str) -> int:
    """Return a name's part, by bits of its hash that dictionaries do not begin with."""
    return hash(name) >> 32 & _PARTS - 1
