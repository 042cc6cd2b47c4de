"""Hours of the day at which people do things."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from antifraud.simulator.drafts import HOUR, Floats, Ints


def _profile(*weights: float) -> Floats:
    total = np.cumsum(np.asarray(weights, np.float64))
    return np.asarray(total / total[-1], np.float64)


# One weight for each local hour from midnight.
WAKING: Final = _profile(2, 1, 0.6, 0.4, 0.4, 0.6, 1.5, 4, 7, 8, 9, 10, 11, 11, 10, 10, 10, 11, 12, 12, 11, 9, 7, 4)
SHOPPING: Final = _profile(1, 0.4, 0.2, 0.2, 0.2, 0.4, 1, 4, 7, 8, 9, 10, 12, 12, 10, 10, 11, 13, 15, 14, 10, 7, 4, 2)
OFFICE: Final = _profile(0, 0, 0, 0, 0, 0, 0, 0.3, 2, 9, 12, 12, 8, 6, 10, 11, 10, 8, 3, 1, 0.4, 0.2, 0, 0)
EVENING: Final = _profile(4, 2, 1, 0.5, 0.4, 0.4, 1, 2, 3, 4, 4, 5, 6, 6, 5, 5, 6, 8, 10, 13, 15, 15, 12, 8)
PAYROLL: Final = _profile(0, 0, 0, 0, 0, 0, 0, 0, 1, 4, 10, 12, 8, 4, 8, 11, 10, 6, 2, 0, 0, 0, 0, 0)
NIGHT_TOO: Final = _profile(7, 6, 5, 4, 3, 2, 2, 3, 4, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 9, 10, 10, 9, 8)


def moments(rng: np.random.Generator, start: int, profile: Floats, count: int) -> Ints:
    """Draw moments of the day that starts at `start`, in microseconds."""
    hours = np.searchsorted(profile, rng.random(count), side="right")
    return start + hours.astype(np.int64) * HOUR + rng.integers(0, HOUR, count)


def lag(rng: np.random.Generator, median: float, spread: float, count: int) -> Ints:
    """Draw pauses around a median in microseconds, at least one second long."""
    return np.maximum(median * np.exp(spread * rng.standard_normal(count)), 1e6).astype(np.int64)


def one_of(rng: np.random.Generator, shares: Sequence[float]) -> int:
    """Draw a position by its share; shares need not sum to 1."""
    bounds = np.cumsum(np.asarray(shares, np.float64))
    return int(np.searchsorted(bounds, rng.random() * bounds[-1], side="right"))
