"""Which part of mixed money is the victim's: two rules, exact to the minor unit.

Both hear of each sum that arrives on an account and of all sums that leave it at one instant. What was on the
account before is not known and counts for nothing: the victim's money is looked for where it came last.
"""

from collections import deque
from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from antifraud.domain.money import apportion


class MixingRule(StrEnum):
    """How the victim's money is told from other money on the same account."""

    PRO_RATA = "pro_rata"  # every sum that leaves takes the same share of it
    FIRST_IN_FIRST_OUT = "first_in_first_out"  # what came first leaves first


class Pool(Protocol):
    """The money that is believed to be on an account."""

    @property
    def total_minor(self) -> int:
        """Return all of it."""
        ...

    def put(self, amount_minor: int, tainted_minor: int) -> None:
        """Add a sum that arrived, with the victim's part in it."""
        ...

    def take(self, amounts_minor: Sequence[int]) -> list[int]:
        """Take what leaves at one instant, in this order; return the victim's part of each."""
        ...


class ProRata:
    """Sums that leave at one instant, and what stays, have the same share.

    >>> pool = ProRata()
    >>> pool.put(100, 100); pool.put(200, 0)
    >>> pool.take([150, 90]), pool.total_minor
    ([50, 30], 60)
    """

    def __init__(self) -> None:
        self.total_minor = 0
        self._tainted = 0

    def put(self, amount_minor: int, tainted_minor: int) -> None:
        """Add a sum that arrived."""
        self.total_minor += amount_minor
        self._tainted += tainted_minor

    def take(self, amounts_minor: Sequence[int]) -> list[int]:
        """Take what leaves at one instant; more than is known of empties it."""
        left = max(self.total_minor - sum(amounts_minor), 0)
        if self._tainted == 0 or not any(amounts_minor):
            self.total_minor = left
            return [0] * len(amounts_minor)
        *parts, stays = apportion(self._tainted, [*amounts_minor, left])
        self.total_minor, self._tainted = left, stays
        return parts


class FirstInFirstOut:
    """Sums leave in the order in which they came; a sum that is divided keeps its share.

    >>> pool = FirstInFirstOut()
    >>> pool.put(200, 0); pool.put(100, 100)
    >>> pool.take([150, 90]), pool.total_minor
    ([0, 40], 60)
    """

    def __init__(self) -> None:
        self.total_minor = 0
        self._sums: deque[tuple[int, int]] = deque()

    def put(self, amount_minor: int, tainted_minor: int) -> None:
        """Add a sum that arrived."""
        if amount_minor:
            self.total_minor += amount_minor
            self._sums.append((amount_minor, tainted_minor))

    def take(self, amounts_minor: Sequence[int]) -> list[int]:
        """Take what leaves at one instant; more than is known of empties it."""
        return [self._take(amount) for amount in amounts_minor]

    def _take(self, wanted: int) -> int:
        found = 0
        while wanted and self._sums:
            amount, tainted = self._sums.popleft()
            leaves = min(wanted, amount)
            part, stays = apportion(tainted, [leaves, amount - leaves])
            if leaves < amount:
                self._sums.appendleft((amount - leaves, stays))
            found += part
            wanted -= leaves
            self.total_minor -= leaves
        return found


def new_pool(rule: MixingRule) -> Pool:
    """Return an empty pool."""
    return ProRata() if rule is MixingRule.PRO_RATA else FirstInFirstOut()
