"""Features that are too good to be true: one that knows what only the future tells gives itself away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from features.offline import offline_features
from features.spec import Feature
from models.dataset import Past
from models.evaluation.ranking import WeightedRanking

Floats = NDArray[np.float64]

TOO_GOOD: Final = 0.8
"""Of the whole model's average precision. Real signs of fraud are weak alone; a column that does nearly as well as a
hundred together most likely was written when the answer was known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strength:
    """How well one feature ranks alone, in the better of both directions; absent stands at the far end."""

    feature: str
    average_precision: float
    share_of_model: float
    too_good: bool


def strengths(
    vectors: Floats, fraud: NDArray[np.bool_], weight: Floats, names: Sequence[str], of_model: float
) -> tuple[Strength, ...]:
    """Return features by what they reach alone, the strongest first; none where there is nothing to rank."""
    if of_model <= 0:
        return ()
    found = []
    for column, name in enumerate(names):
        alone = _alone(vectors[:, column], fraud, weight)
        found.append(
            Strength(
                feature=name,
                average_precision=alone,
                share_of_model=alone / of_model,
                too_good=alone > TOO_GOOD * of_model,
            )
        )
    return tuple(sorted(found, key=lambda each: (-each.average_precision, each.feature)))


def _alone(values: Floats, fraud: NDArray[np.bool_], weight: Floats) -> float:
    both = (np.where(np.isnan(values), -np.inf, side * values) for side in (1.0, -1.0))
    return max(WeightedRanking(side, fraud).average_precision(weight) or 0.0 for side in both)


def rewritten(past: Past, until: datetime, catalogue: Sequence[Feature]) -> tuple[str, ...]:
    """Name the features that say something else of transfers before `until` when nothing after it is known.

    The history is cut at that moment, every feature computed again and compared bit by bit: what differs has seen
    the future, or was not computed from this history at all.
    """
    before = int((past.clock < until).sum())
    if before == 0:
        return ()
    known = past.reports.filter(pl.col("known_at") < until)
    again = offline_features(past.transfers.head(before), known, catalogue)
    return tuple(
        feature.name
        for column, feature in enumerate(catalogue)
        if not np.array_equal(
            again[feature.name].cast(pl.Float64).to_numpy(), past.vectors[:before, column], equal_nan=True
        )
    )
