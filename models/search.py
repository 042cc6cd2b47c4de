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
Ints = NDArray[np.int64]

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
) -> tuple[Settings, list[Floats]]:
    """Return the settings and number of trees with the best mean average precision over the folds.

    With them come their raw scores of each fold's test rows.
    """
    strongest = [strongest_features(vectors[fold.train], fraud[fold.train], seed, fold.weight) for fold in folds]
    best, best_value, best_raw = grid[0], -1.0, [np.empty(0)] * len(folds)
    for done, settings in enumerate(grid):
        tried = [
            _tried(vectors, fraud, fold, settings, seed, order) for fold, order in zip(folds, strongest, strict=True)
        ]
        values = np.mean([[value for value, _ in fold] for fold in tried], axis=0)
        if values.max() > best_value:
            at = int(values.argmax())
            best_value, best_raw = float(values[at]), [fold[at][1] for fold in tried]
            best = Settings(**(asdict(settings) | {"trees": _TREES[at]}))
        progress(done + 1, len(grid))
    return best, best_raw


def _tried(
    vectors: Floats, fraud: Bools, fold: FoldData, settings: Settings, seed: int, strongest: Ints
) -> list[tuple[float, Floats]]:
    """Return average precision and raw scores on a fold for each number of trees."""
    judge = metric("average_precision")
    booster = grow(
        vectors[fold.train], fraud[fold.train], settings, seed, max(_TREES), weight=fold.weight, strongest=strongest
    )
    raw, results, before = np.zeros(fold.test.size), [], 0
    for trees in _TREES:
        raw = raw + np.asarray(
            booster.predict(vectors[fold.test], start_iteration=before, num_iteration=trees - before, raw_score=True)
        )
        results.append((judge(Ranking(raw, fraud[fold.test], fold.day, fold.payer)), raw))
        before = trees
    return results


def strongest_features(vectors: Floats, fraud: Bools, seed: int, weight: Floats | None = None) -> Ints:
    """Return the features' indices by their gain in a small, coarse model of all, strongest first."""
    coarse = {"num_leaves": 15, "learning_rate": 0.1, "max_bin": 255}
    gain = _train(vectors, fraud, weight, coarse, seed, 40).feature_importance("gain")
    return np.argsort(-gain, kind="stable")


def grow(
    vectors: Floats,
    fraud: Bools,
    settings: Settings,
    seed: int,
    trees: int | None = None,
    *,
    weight: Floats | None = None,
    strongest: Ints | None = None,
) -> lgb.Booster:
    """Train a booster that takes whole vectors, whatever number of features it may use.

    `strongest` is what `strongest_features` says of the same rows, if it is at hand.
    """
    if settings.keep is not None and settings.keep < vectors.shape[1]:
        order = strongest_features(vectors, fraud, seed, weight) if strongest is None else strongest
        kept = order[: settings.keep]
        limited = np.full_like(vectors, np.nan)  # LightGBM passes over what never varies
        limited[:, kept] = vectors[:, kept]
        vectors = limited
    changed = {
        "num_leaves": settings.num_leaves,
        "feature_fraction": settings.feature_fraction,
        "lambda_l2": settings.lambda_l2,
    }
    return _train(vectors, fraud, weight, changed, seed, trees or settings.trees)


def _train(
    vectors: Floats, fraud: Bools, weight: Floats | None, changed: dict[str, float], seed: int, trees: int
) -> lgb.Booster:
    params: dict[str, object] = {**_FIXED, **changed, "seed": seed}
    return lgb.train(params, lgb.Dataset(vectors, fraud.astype(np.float64), weight=weight, params=params), trees)
