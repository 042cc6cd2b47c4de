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
    calibration_error: float  # mean distance of stated and real chance over tenths of the alerts' range
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
    stopped = amount_minor[blocked & fraud].sum() + costs.held_fraud_stopped_share * amount_minor[held & fraud].sum()
    days = max((received_at.max() - received_at.min()).total_seconds() / 86_400, 1e-9)  # type: ignore[operator,union-attr]
    return Judgement(
        transfers=int(chance.size),
        frauds=int(fraud.sum()),
        auc_roc=metric("auc_roc")(ranking),
        average_precision=metric("average_precision")(ranking),
        calibration_error=_calibration_error(chance, fraud),
        held=int(held.sum()),
        blocked=int(blocked.sum()),
        frauds_caught=caught,
        share_of_frauds_caught=caught / int(fraud.sum()),
        stolen_minor=int(amount_minor[fraud].sum()),
        stopped_minor=round(float(stopped)),
        honest_disturbed_per_fraud_caught=None if caught == 0 else int((alerts & ~fraud).sum()) / caught,
        alerts_per_day=float(alerts.sum() / days),
    )


def _calibration_error(chance: NDArray[np.float64], fraud: NDArray[np.bool_]) -> float:
    """Return the expected calibration error over ten bins of equal width."""
    bins = np.minimum((chance * 10).astype(np.int64), 9)
    counts = np.bincount(bins, minlength=10)
    stated = np.bincount(bins, weights=chance, minlength=10)
    real = np.bincount(bins, weights=fraud.astype(np.float64), minlength=10)
    return float(np.abs(stated - real).sum() / counts.sum())
