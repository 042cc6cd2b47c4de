"""How far a figure may be off by chance: whole days, or whole accounts, are drawn again and again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

COVERED: Final = 0.95
_FEWEST: Final = 5  # blocks
_TAIL: Final = 100 * (1 - COVERED) / 2


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its interval.

    None where nothing defines it: a share of no frauds; an interval of what fewer than five blocks show, or of what
    was the same in every draw, which says that there was too little to draw from and not that all is certain.
    """

    value: float | None
    low: float | None
    high: float | None


class Blocks:
    """A bootstrap over blocks: transfers of one day (or of one account) stand or fall together.

    Single transfers may not be drawn: frauds come in chains and on bad days, and an interval that takes them
    for independent is too narrow. The same rows, seed and number of rounds give the same intervals.
    """

    def __init__(self, block: NDArray[np.int64], rounds: int, seed: int) -> None:
        """Draw; `block` numbers each row's block from 0."""
        self.count = int(block.max()) + 1
        self._block = block
        even = np.full(self.count, 1 / self.count)
        draws = np.random.default_rng(seed).multinomial(self.count, even, rounds)
        self._draws: Floats = draws.astype(np.float64)  # [rounds, blocks]

    def ratio(self, top: Floats, bottom: Floats | float) -> Estimate:
        """Estimate the sum of `top` over the sum of `bottom`, columns of the rows; a number is no sum but itself."""
        tops = self._sums(top)
        if isinstance(bottom, float):
            return self._estimate(float(tops.sum()), bottom, tops, np.full(self.count, bottom / self.count))
        bottoms = self._sums(bottom)
        return self._estimate(float(tops.sum()), float(bottoms.sum()), tops, bottoms)

    def of(self, statistic: Callable[[Floats], float | None], weight: Floats) -> Estimate:
        """Estimate a statistic of row weights; slower by as much as there are rounds."""
        drawn = [statistic(weight * draw[self._block]) for draw in self._draws]
        return _interval(statistic(weight), np.array([each for each in drawn if each is not None], np.float64))

    def _estimate(self, top: float, bottom: float, tops: Floats, bottoms: Floats) -> Estimate:
        value = top / bottom if bottom > 0 else None
        if np.count_nonzero(bottoms) < _FEWEST:
            return Estimate(value, None, None)
        drawn, over = self._draws @ tops, self._draws @ bottoms
        return _interval(value, drawn[over > 0] / over[over > 0])

    def _sums(self, column: Floats) -> Floats:
        return np.bincount(self._block, weights=column, minlength=self.count).astype(np.float64)


def _interval(value: float | None, drawn: Floats) -> Estimate:
    if value is None or drawn.size == 0 or drawn.min() == drawn.max():
        return Estimate(value, None, None)
    low, high = np.percentile(drawn, [_TAIL, 100 - _TAIL]).tolist()
    return Estimate(value, low, high)
