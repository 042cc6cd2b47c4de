"""How well a ranking finds frauds: pure functions of scores and truth.

A metric is named as protocols write it: auc_roc, average_precision, card_precision@100,
share_caught@1%, precision@1%.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from antifraud.domain.errors import InvalidValue

_NAME: Final = re.compile(r"(?P<kind>[a-z_]+)(@(?P<at>\d+(\.\d+)?)(?P<percent>%?))?")


@dataclass(frozen=True, slots=True)
class Ranking:
    """Scored transfers in any order: score, whether fraud, day number and payer (as a number) of each."""

    score: NDArray[np.float64]
    fraud: NDArray[np.bool_]
    day: NDArray[np.int64]
    payer: NDArray[np.int64]

    def __post_init__(self) -> None:
        """Refuse columns of different lengths, and a missing score: it is not a low score."""
        if len({len(column) for column in (self.score, self.fraud, self.day, self.payer)}) != 1:
            raise InvalidValue("ranking", "columns must be of one length", len(self.score))
        if np.isnan(self.score).any():
            raise InvalidValue("score", "every transfer of a ranking needs one", math.nan)
        if not self.fraud.any() or self.fraud.all():
            raise InvalidValue("fraud", "a ranking needs frauds and honest transfers", int(self.fraud.sum()))


def metric(name: str) -> Callable[[Ranking], float]:
    """Return the metric of this name; raise InvalidValue for one that does not exist.

    >>> metric("recall@5%")
    Traceback (most recent call last):
        ...
    antifraud.domain.errors.InvalidValue: metric: unknown name, was 'recall@5%'
    """
    found = _NAME.fullmatch(name)
    kind, at, percent = (found["kind"], found["at"], found["percent"]) if found else ("", None, "")
    if at is None and kind in _WHOLE:
        return _WHOLE[kind]
    if at is not None and percent and kind in _AT_RATE:
        rate, of_rate = Fraction(at) / 100, _AT_RATE[kind]
        if 0 < rate <= 1:
            return lambda ranking: of_rate(ranking, rate)
    if at is not None and not percent and kind == "card_precision" and at.isdigit() and int(at) > 0:
        top = int(at)
        return lambda ranking: card_precision(ranking, top)
    raise InvalidValue("metric", "unknown name", name)


def by_day(name: str) -> Callable[[Ranking], NDArray[np.float64]] | None:
    """Return what gives a metric's value for each day, in their order, if it is the mean over days; else None."""
    found = _NAME.fullmatch(name)
    if found is None or found["kind"] != "card_precision" or found["at"] is None:
        return None
    top = int(found["at"])
    return lambda ranking: card_precisions(ranking, top)


def auc_roc(ranking: Ranking) -> float:
    """Return the chance that a fraud scores above an honest transfer; a tie counts one half."""
    import sklearn.metrics  # type: ignore[import-untyped]  # ships no types; a second to load, so not for every command

    return float(sklearn.metrics.roc_auc_score(ranking.fraud, ranking.score))


def average_precision(ranking: Ranking) -> float:
    """Return the mean precision at each step of recall, without interpolation."""
    import sklearn.metrics

    return float(sklearn.metrics.average_precision_score(ranking.fraud, ranking.score))


def card_precision(ranking: Ranking, top: int) -> float:
    """Return the mean over days of `card_precisions` (handbook, section 4.4)."""
    return float(np.mean(card_precisions(ranking, top)))


def card_precisions(ranking: Ranking, top: int) -> NDArray[np.float64]:
    """Return the share of frauds among the `top` payers of each day.

    A payer stands with the best score and the worst truth of its day; equal scores stand in order of
    payer. One that was rightly among the top leaves the following days. The divisor is always `top`:
    calls that a desk could have made and did not are not successes.
    """
    caught: NDArray[np.int64] = np.empty(0, dtype=np.int64)
    precisions = []
    for day in np.unique(ranking.day):
        rows = np.flatnonzero(ranking.day == day)
        rows = rows[~np.isin(ranking.payer[rows], caught)]
        payers, code = np.unique(ranking.payer[rows], return_inverse=True)
        best = np.full(len(payers), -np.inf)
        np.maximum.at(best, code, ranking.score[rows])
        fraud = np.zeros(len(payers), dtype=bool)
        np.logical_or.at(fraud, code, ranking.fraud[rows])
        first = np.argsort(-best, kind="stable")[:top]
        found = payers[first[fraud[first]]]
        precisions.append(len(found) / top)
        caught = np.concatenate([caught, found])
    return np.array(precisions)


def share_caught(ranking: Ranking, rate: float | Fraction) -> float:
    """Return the share of all frauds inside the top `rate` of transfers."""
    return _frauds_in_top(ranking, _budget(ranking, rate)) / int(ranking.fraud.sum())


def precision(ranking: Ranking, rate: float | Fraction) -> float:
    """Return the share of frauds inside the top `rate` of transfers."""
    budget = _budget(ranking, rate)
    return _frauds_in_top(ranking, budget) / budget


def _budget(ranking: Ranking, rate: float | Fraction) -> int:
    """Return how many transfers a desk can look at: rounded down, at least one."""
    exact = rate if isinstance(rate, Fraction) else Fraction(str(rate))
    return max(1, math.floor(exact * len(ranking.score)))


def _frauds_in_top(ranking: Ranking, budget: int) -> float:
    """Return the frauds that a desk finds in the best `budget`; of equals it picks blindly, so on average."""
    last = -np.partition(-ranking.score, budget - 1)[budget - 1]
    above, equal = ranking.score > last, ranking.score == last
    share = (budget - int(above.sum())) / int(equal.sum())
    return float(ranking.fraud[above].sum() + share * ranking.fraud[equal].sum())


_WHOLE: Final[dict[str, Callable[[Ranking], float]]] = {"auc_roc": auc_roc, "average_precision": average_precision}
_AT_RATE: Final[dict[str, Callable[[Ranking, Fraction], float]]] = {
    "share_caught": share_caught,
    "precision": precision,
}
