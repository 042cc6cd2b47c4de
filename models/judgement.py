"""How well a model with its policy did on transfers that it never saw, in money and in people."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from antifraud.domain.policy import Policy
from models.metrics import Ranking, metric
from models.thresholds import Costs


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Figures of one test part. Shares are 0 to 1; money is in minor units of the base currency."""

    transfers: int
    frauds: int
    auc_roc: float
    average_precision: float
    calibration_error: float  # see `calibration_error`; 0.2: stated and real frauds differ by a fifth
    held: int
    blocked: int
    frauds_caught: int
    share_of_frauds_caught: float
    stolen_minor: int
    stopped_minor: int  # held frauds count with the share that the desk stops
    honest_disturbed_per_fraud_caught: float | None
    alerts_per_day: float


def judge(
    chance: NDArray[np.float64],
    fraud: NDArray[np.bool_],
    amount_minor: NDArray[np.int64],
    received_at: pl.Series,
    policy: Policy,
    costs: Costs,
) -> Judgement:
    """Judge calibrated chances and the policy's thresholds against the truth."""
    nobody = np.zeros(chance.size, np.int64)
    ranking = Ranking(chance, fraud, nobody, nobody)
    blocked = chance >= policy.block_at
    held = (chance >= policy.hold_at) & ~blocked
    alerts = held | blocked
    caught = int((alerts & fraud).sum())
    stopped = costs.stopped(np.where(fraud, amount_minor, 0).astype(np.float64), held, blocked).sum()
    days = max((received_at.max() - received_at.min()).total_seconds() / 86_400, 1e-9)  # type: ignore[operator,union-attr]
    return Judgement(
        transfers=int(chance.size),
        frauds=int(fraud.sum()),
        auc_roc=metric("auc_roc")(ranking),
        average_precision=metric("average_precision")(ranking),
        calibration_error=calibration_error(chance, fraud),
        held=int(held.sum()),
        blocked=int(blocked.sum()),
        frauds_caught=caught,
        share_of_frauds_caught=caught / int(fraud.sum()),
        stolen_minor=int(amount_minor[fraud].sum()),
        stopped_minor=round(float(stopped)),
        honest_disturbed_per_fraud_caught=None if caught == 0 else int((alerts & ~fraud).sum()) / caught,
        alerts_per_day=float(alerts.sum() / days),
    )


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Transfers of neighbouring chances: how many frauds the chances state, and how many there were."""

    transfers: float
    stated: float
    real: float


def calibration_bins(
    chance: NDArray[np.float64],
    fraud: NDArray[np.bool_],
    weight: NDArray[np.float64] | None = None,
    bins: int = 10,
) -> list[CalibrationBin]:
    """Cut transfers, from low chances to high, into bins that state about the same number of frauds each.

    Bins of equal width, or of equally many transfers, would say nothing here: with one fraud in thousands nearly
    all lie where the chance is nearly nothing. Equal chances are never parted, so there may be fewer bins.
    """
    order = np.argsort(chance, kind="stable")
    chance, fraud = chance[order], fraud[order]
    weight = np.ones(chance.size) if weight is None else weight[order]
    last = np.flatnonzero(np.concatenate((chance[1:] > chance[:-1], [True])))  # of each stretch of equal chances
    below = np.concatenate(([0.0], np.cumsum(weight * chance)[last]))
    middle = (below[:-1] + below[1:]) / 2
    number = np.minimum((bins * middle / max(float(below[-1]), 1e-300)).astype(np.int64), bins - 1)
    starts = np.concatenate(([0], last[:-1] + 1))
    found = []
    for each in np.unique(number):
        rows = slice(int(starts[number == each][0]), int(last[number == each][-1]) + 1)
        sums = (weight[rows], weight[rows] * chance[rows], weight[rows] * fraud[rows])
        found.append(CalibrationBin(*(float(each.sum()) for each in sums)))
    return found


def calibration_error(
    chance: NDArray[np.float64], fraud: NDArray[np.bool_], weight: NDArray[np.float64] | None = None
) -> float:
    """Return by what share of itself the stated number of frauds is wrong, on average over `calibration_bins`.

    0 is perfect, 1 means that the frauds which are stated are not there, or twice as many. Few frauds make it
    large by chance alone: with ten in each bin it is about 0.25.
    """
    bins = calibration_bins(chance, fraud, weight)
    stated = max(sum(each.stated for each in bins), 1e-300)
    return sum(abs(each.stated - each.real) for each in bins) / stated
