"""From raw scores in log-odds to the chance of fraud."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]  # ships no types

Floats = NDArray[np.float64]

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


def fit(raw: Floats, fraud: NDArray[np.bool_]) -> Calibrator:
    """Fit a calibrator on scores of transfers that the model was not trained on.

    A history without both kinds teaches nothing: raw scores are then taken at their word.
    """
    if fraud.all() or not fraud.any():
        return Calibrator(1.0, 0.0)
    line = LogisticRegression(C=1e6).fit(raw.reshape(-1, 1), fraud)
    return Calibrator(max(float(line.coef_[0, 0]), 1e-3), float(line.intercept_[0]))
