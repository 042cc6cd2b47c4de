"""Shapes of sums: what people type, what shops charge. Whole minor units come out."""

from typing import Final

import numpy as np

from antifraud.simulator.drafts import Floats, Ints

MINOR: Final = 100  # tiyn in a tenge
_AS_IT_IS: Final = -1


def lognormal(rng: np.random.Generator, median: Floats | Ints | float, spread: float, count: int) -> Floats:
    """Draw tenge around a median; `spread` is the standard deviation of the logarithm."""
    return np.asarray(median * np.exp(spread * rng.standard_normal(count)), np.float64)


def typed(rng: np.random.Generator, tenge: Floats) -> Ints:
    """Return sums as people type them: most are round, the larger the rounder."""
    magnitude = np.power(10.0, np.floor(np.log10(np.maximum(tenge, 10.0))))
    # A tenth, a half or all of the leading digit's step; one in nine types the exact sum.
    step = magnitude * rng.choice([0.1, 0.5, 1.0, 0.0], len(tenge), p=[0.46, 0.32, 0.11, 0.11])
    exact = np.maximum(np.rint(tenge), 50.0)
    rounded = np.where(step > 0, np.rint(tenge / np.where(step > 0, step, 1.0)) * step, exact)
    return (np.where(rounded < 50.0, exact, rounded)).astype(np.int64) * MINOR


def priced(rng: np.random.Generator, tenge: Floats) -> Ints:
    """Return sums as shops charge them: whole tenge that often end in 0, 5 or 9, a few with tiyn."""
    whole = np.maximum(np.rint(tenge), 30).astype(np.int64)
    ending = rng.choice(np.array([0, 5, 9, _AS_IT_IS]), len(whole), p=[0.42, 0.13, 0.12, 0.33])
    whole = np.where(ending == _AS_IT_IS, whole, whole // 10 * 10 + ending)
    tiyn = np.where(rng.random(len(whole)) < 0.08, rng.integers(1, MINOR, len(whole)), 0)
    return np.maximum(whole, 30) * MINOR + tiyn


def metered(rng: np.random.Generator, tenge: Floats) -> Ints:
    """Return sums as meters and payrolls make them: any tiyn."""
    return np.maximum(np.rint(tenge * MINOR), MINOR).astype(np.int64) + rng.integers(0, 2, len(tenge))
