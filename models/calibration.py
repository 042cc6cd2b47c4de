"""From raw scores in log-odds to the chance of fraud."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_FEWEST: Final = 1_000  # transfers in which the highest fiftieth says anything
_LARGEST: Final = 700.0  # beyond it exp is no float; on frauds that one score parts from the rest a line is steep


@dataclass(frozen=True, slots=True)
class Calibrator:
    """A straight line in log-odds (Platt, 1999): keeps the order of scores, needs few frauds to fit.

    >>> Calibrator(slope=1.0, intercept=0.0)(np.array([0.0])).tolist()
    [0.5]
    """

    slope: float
    intercept: float

    def __call__(self, raw: Floats) -> Floats:
        """Return the chance of fraud, 0 to 1, of each raw score."""
        against = np.minimum(-(self.slope * raw + self.intercept), _LARGEST)
        chance: Floats = 1.0 / (1.0 + np.exp(against))
        return chance


def carried(calibrator: Calibrator, theirs: Floats, ours: Floats) -> Calibrator:
    """Return the calibrator for another model than the one it was fitted for, by how both score the same transfers.

    A model that learnt from more frauds gives higher scores: the calibration of the former one would state too much,
    and its thresholds would alert several times as often as the desk can look. `theirs` and `ours` are raw scores of
    transfers that neither model learnt from; no labels are needed. Where frauds are looked for, among the highest
    fiftieth, our scores are brought to theirs by a straight line through the quantiles. The order stays.
    """
    if ours.size < _FEWEST:
        return calibrator
    shares = 1 - np.geomspace(0.02, max(10 / ours.size, 1e-4), 24)
    line = np.polyfit(np.quantile(ours, shares), np.quantile(theirs, shares), 1)
    slope, intercept = max(float(line[0]), 1e-3), float(line[1])
    return Calibrator(calibrator.slope * slope, calibrator.slope * intercept + calibrator.intercept)


def fit(raw: Floats, fraud: NDArray[np.bool_]) -> Calibrator:
    """Fit a calibrator on scores of transfers that the model was not trained on.

    A history without both kinds teaches nothing: raw scores are then taken at their word.
    """
    if fraud.all() or not fraud.any():
        return Calibrator(1.0, 0.0)
    from sklearn.linear_model import (  # type: ignore[import-untyped]  # ships no types
        LogisticRegression,  # a second to load, so not for those that only serve
    )

    line = LogisticRegression(C=1e6).fit(raw.reshape(-1, 1), fraud)
    return Calibrator(max(float(line.coef_[0, 0]), 1e-3), float(line.intercept_[0]))
