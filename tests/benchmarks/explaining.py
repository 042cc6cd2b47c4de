"""What it takes to say why: the model's exact contributions for one vector."""

import numpy as np

from features.catalogue import CATALOGUE
from features.offline import offline_features
from models.dataset import vectors_of
from tests.benchmarks.figures import Figure
from tests.benchmarks.states import over_rounds, timed
from tests.benchmarks.streams import frauds, reports_of, stream
from tests.benchmarks.trained import model_on


def explaining(bench):
    """Explain transfers that the model would hold, one by one in a loop, several rounds of the same ones."""
    bundle, scorer, _ = model_on(bench.shelf)
    rows = bench.sizes.explained * 150  # one in a hundred has the signs
    transfers = stream(rows, rows // 10, seed=3)
    vectors = vectors_of(offline_features(transfers, reports_of(transfers, frauds(transfers)), CATALOGUE))
    held = np.flatnonzero(scorer.score(vectors) >= bundle.policy.hold_at)[: bench.sizes.explained]
    rounds = [timed(scorer.explain, vectors[held]) for _ in range(bench.sizes.rounds)]
    p50, p99 = (each / 1_000 for each in over_rounds(rounds))
    return [
        Figure(
            "contributions of a hold, p99",
            p99,
            "ms",
            25,
            "lower",
            f"without HTTP; p50 {p50:.2f} ms, {held.size:,} different holds",
        )
    ]
