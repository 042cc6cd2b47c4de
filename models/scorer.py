"""The champion at work: vectors in, calibrated chances and their reasons out."""

from collections.abc import Sequence
from math import isnan
from typing import Final

import numpy as np
from numpy.typing import NDArray

from antifraud.domain.decision import Evidence
from antifraud.domain.policy import Policy
from features.spec import Feature
from models.bundle import Bundle
from models.trees import Trees

_MOST_REASONS: Final = 5
_WORTH_SAYING: Final = 0.05  # log-odds; below this a feature changes the chance by about a hundredth


class LightGbmScorer:
    """A `Scorer` made of one bundle, with its own thresholds or with others."""

    def __init__(self, bundle: Bundle, policy: Policy | None = None) -> None:
        self._bundle = bundle
        self._policy = policy or bundle.policy
        self._trees = Trees(bundle.trees)
        self._explaining = Trees(bundle.trees)  # asked from another thread than the scoring ones
        self._index = {name: index for index, name in enumerate(bundle.features)}
        self.version = bundle.version
        self.fingerprint = bundle.fingerprint

    @property
    def policy(self) -> Policy:
        """Return the thresholds that decide with this model."""
        return self._policy

    def score(self, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the calibrated chance of fraud of each row [n, features]."""
        return self._bundle.calibrator(self._trees.raw(vectors))

    def explain(self, vector: NDArray[np.float64], also: Sequence[str] = ()) -> tuple[Evidence, ...]:
        """Return up to five features that spoke for fraud and those of `also`, strongest first.

        Contributions are exact (TreeSHAP). Takes milliseconds: never on the way of a transfer that is allowed.
        """
        values = vector.reshape(1, -1)
        shares = self._explaining.contributions(values)[0, :-1] * self._bundle.calibrator.slope
        asked = {self._index[name] for name in also}
        said = [
            index
            for place, index in enumerate(np.argsort(-shares).tolist())
            if index in asked or (place < _MOST_REASONS and shares[index] >= _WORTH_SAYING)
        ]
        return tuple(self._evidence(vector, index, float(shares[index])) for index in said)

    def measured(self, vector: NDArray[np.float64], features: Sequence[str]) -> tuple[Evidence, ...]:
        """Return what these features measured and what is usual, in their order, without asking the trees."""
        return tuple(self._evidence(vector, self._index[name], None) for name in features)

    def _evidence(self, vector: NDArray[np.float64], index: int, share: float | None) -> Evidence:
        name, value = self._bundle.features[index], float(vector[index])
        return Evidence(
            feature=name,
            value=None if isnan(value) else value,
            usual=self._bundle.usual.get(name),
            contribution=share,
        )


def usual_values(catalogue: Sequence[Feature], vectors: NDArray[np.float64]) -> dict[str, float | None]:
    """Return the median of each feature where it is present; None for one absent more often than not."""
    usual: dict[str, float | None] = {}
    for index, feature in enumerate(catalogue):
        present = vectors[~np.isnan(vectors[:, index]), index]
        usual[feature.name] = float(np.median(present)) if 2 * present.size >= vectors.shape[0] > 0 else None
    return usual
