"""How far a distribution has moved: counts in bins, and the population stability index between two of them.

The index is the sum over bins of (share now - share then) * ln(share now / share then): 0 when nothing moved. Without
any drift it is by chance about (bins - 1) * (1 / rows now + 1 / rows then), as a chi-square is.
"""

from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

WEEK: Final = 7  # days; every index is of a whole week, because every week has one of each day
STEADY: Final = 4.265
"""Standard errors that chance exceeds once in 100,000 times, on one side."""

_MOST: Final = 10
_LOOKED_AT: Final = 100_000  # values that are enough to place cuts by
_HALF: Final = 0.5  # added to each count: an empty bin is rare, not impossible


def cuts_of(values: Floats) -> Floats:
    """Return where to cut: at each value if they are few, else at the tenths of what is present."""
    present = values[~np.isnan(values)]
    present = present[:: max(present.size // _LOOKED_AT, 1)]
    if present.size == 0:
        return np.empty(0)
    single = np.unique(present)
    if single.size <= _MOST:
        return single[1:]
    return np.unique(np.quantile(present, np.arange(1, _MOST) / _MOST, method="inverted_cdf"))


def bins_of(cuts: Floats) -> int:
    """Return how many bins there are: one more than cuts, and the last for what is absent."""
    return cuts.size + 2


def numbers(values: Floats, cuts: Floats) -> Ints:
    """Return the bin of each value: bin `i` holds `cuts[i - 1] <= value < cuts[i]`.

    >>> numbers(np.array([1.0, 5.0, np.nan]), np.array([5.0])).tolist()
    [0, 1, 2]
    """
    found = np.searchsorted(cuts, values, side="right")
    return np.where(np.isnan(values), cuts.size + 1, found).astype(np.int64)


def counted(days: Ints, found: Ints, day_count: int, bins: int) -> Ints:
    """Return how many values each day has in each bin [days, bins]."""
    return np.bincount(days * bins + found, minlength=day_count * bins).reshape(day_count, bins)


def weekly(daily: Ints) -> Ints:
    """Return the sums of each day and the six before it; of fewer where there are not as many."""
    sums: Ints = np.cumsum(daily, axis=0)
    sums[WEEK:] -= sums[:-WEEK].copy()
    return sums


def contributions(now: Ints, then: Ints) -> Floats:
    """Return what each bin adds to the index; `now` may have several rows of counts."""
    share_now, share_then = _shares(now), _shares(then)
    added: Floats = (share_now - share_then) * np.log(share_now / share_then)
    return added


def index(now: Ints, then: Ints) -> Floats:
    """Return the population stability index of each row of counts."""
    total: Floats = contributions(now, then).sum(axis=-1)
    return total


def by_chance(bins: int, now: float, then: float) -> float:
    """Return the index that chance alone exceeds once in 100,000 times (chi-square by Wilson and Hilferty, 1931)."""
    if now == 0 or then == 0:
        return float("inf")
    free = max(bins - 1, 1)
    high = free * (1 - 2 / (9 * free) + STEADY * sqrt(2 / (9 * free))) ** 3
    return high * (1 / now + 1 / then)


def _shares(counts: Ints) -> Floats:
    raised = counts + _HALF
    shares: Floats = raised / raised.sum(axis=-1, keepdims=True)
    return shares
