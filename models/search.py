"""Choosing how to grow the trees, on validation folds only, and growing them: the same for every data set."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from typing import Final

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from models.metrics import Ranking, metric

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# What every model shares. Fine bins matter: rare sums blur in coarse ones. A leaf needs some weight of
# evidence, because with few frauds in a thousand LightGBM's tiny default overfits.
_FIXED: Final = {
    "objective": "binary",
    "verbosity": -1,
    "deterministic": True,
    "force_row_wise": True,
    "learning_rate": 0.03,
    "min_data_in_leaf": 20,
    "min_sum_hessian_in_leaf": 1.0,
    "max_bin": 1000,
    "min_data_in_bin": 1,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
}
_TREES: Final = (100, 150, 200, 300, 400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What may differ from one model to the next.

    `keep` is how many features, by their gain in a first model of all, may be used; None is all.
    """

    num_leaves: int = 15
    feature_fraction: float = 0.8
    lambda_l2: float = 5.0
    keep: int | None = 40
    trees: int = 200


GRID: Final = tuple(
    Settings(num_leaves=leaves, feature_fraction=fraction, keep=keep)
    for leaves, fraction, keep in product((7, 15), (0.5, 0.8), (12, 20, 40))
)


@dataclass(frozen=True, slots=True)
class FoldData:
    """One fold to choose on: rows to learn from, rows to be judged by, and what the metric needs of these."""

    train: NDArray[np.int64]
    test: NDArray[np.int64]
    day: NDArray[np.int64]
    payer: NDArray[np.int64]
    weight: Floats | None = None  # of the rows to learn from; None: all alike


def choose(
    vectors: Floats,
    fraud: Bools,
    folds: Sequence[FoldData],
    seed: int,
    grid: Sequence[Settings] = GRID,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Settings:
    """Return the settings and number of trees with the best mean average precision over the folds."""
    judge = metric("average_precision")
    best, best_value = grid[0], -1.0
    for done, settings in enumerate(grid):
        values = np.zeros(len(_TREES))
        for fold in folds:
            learnt = vectors[fold.train], fraud[fold.train]
            booster = grow(*learnt, settings, seed, trees=max(_TREES), weight=fold.weight)
            for index, trees in enumerate(_TREES):
                raw = booster.predict(vectors[fold.test], num_iteration=trees, raw_score=True)
                values[index] += judge(Ranking(np.asarray(raw), fraud[fold.test], fold.day, fold.payer))
        if values.max() > best_value:
            best_value = float(values.max())
            best = Settings(**(asdict(settings) | {"trees": _TREES[int(values.argmax())]}))
        progress(done + 1, len(grid))
    return best


def grow(
    vectors: Floats,
    fraud: Bools,
    settings: Settings,
    seed: int,
    trees: int | None = None,
    weight: Floats | None = None,
) -> lgb.Booster:
    """Train a booster that takes whole vectors, whatever number of features it may use."""
    allowed = None
    if settings.keep is not None and settings.keep < vectors.shape[1]:
        gain = _train(vectors, fraud, weight, settings, seed, 50, None).feature_importance("gain")
        allowed = [0.0] * vectors.shape[1]
        for index in np.argsort(-gain, kind="stable")[: settings.keep]:
            allowed[index] = 1.0
    return _train(vectors, fraud, weight, settings, seed, trees or settings.trees, allowed)


def _train(
    vectors: Floats,
    fraud: Bools,
    weight: Floats | None,
    settings: Settings,
    seed: int,
    trees: int,
    allowed: list[float] | None,
) -> lgb.Booster:
    params: dict[str, object] = {
        **_FIXED,
        "num_leaves": settings.num_leaves,
        "feature_fraction": settings.feature_fraction,
        "lambda_l2": settings.lambda_l2,
        "seed": seed,
    }
    if allowed is not None:
        params["feature_contri"] = allowed  # a feature whose gain is multiplied by 0 is never chosen
    return lgb.train(params, lgb.Dataset(vectors, fraud.astype(np.float64), weight=weight, params=params), trees)
