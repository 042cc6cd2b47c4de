"""Two simulated countries that are the same until a day, with their features; computed once."""

from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest

from antifraud.simulator import load_config, simulate
from features.catalogue import CATALOGUE
from features.offline import offline_features
from models.days import local_day
from models.drift.reference import delays_of, look_back, number_days
from models.drift.watch import Tally, drift

DAYS, TRAINED, SHIFT = 98, 63, {"from_day": 63, "shares": {"mistaken_transfer": 0.5, "scam_call": 0.0}, "evasion": 0.9}
HOLD_AT = 0.9


@dataclass(frozen=True)
class World:
    transfers: pl.DataFrame
    reports: pl.DataFrame
    features: pl.DataFrame
    score: np.ndarray

    @property
    def old(self):
        """Say which transfers a model may have been trained on."""
        days, _, _ = number_days(self.transfers.select(local_day()).to_series())
        return days < TRAINED

    def reference(self):
        old = pl.Series(self.old)
        transfers = self.transfers.filter(old)
        known = self.reports.filter(pl.col("known_at") <= transfers["received_at"].max())
        vectors = self.features.filter(old).drop("participant", "transfer_id").to_numpy()
        judged = np.flatnonzero(self.old)[-20_000:]
        return look_back(transfers, known, CATALOGUE, vectors, judged, self.score[judged], HOLD_AT)

    def drift(self, reference, features=None, score=None, blind=None, pieces=1):
        """Measure what came after, in so many pieces."""
        late = np.flatnonzero(~self.old)
        features = self.features if features is None else features
        score = self.score if score is None else score
        blind = np.zeros(self.score.size, np.bool_) if blind is None else blind
        tally = Tally(reference, CATALOGUE, HOLD_AT)
        for rows in np.array_split(late, pieces):
            tally.take(self.transfers[rows], features[rows], score[rows], blind[rows])
        return drift(tally, reference, delays_of(self.transfers, self.reports), "m", None)


def world(folder, **fraud):
    simulate(load_config(overrides={"fraud": {"base_rate": 0.02, **fraud}}), 1_000, DAYS, 5, folder)
    transfers, reports = (pl.read_parquet(folder / f"{name}.parquet") for name in ("transfers", "reports"))
    features = offline_features(transfers, reports, CATALOGUE)
    draw = np.random.default_rng(1).random(transfers.height)
    return World(transfers, reports, features, np.where(features["pair_sent_count_30d"] == 0, draw, draw / 2))


@pytest.fixture(scope="session")
def stable(tmp_path_factory):
    return world(tmp_path_factory.mktemp("stable"))


@pytest.fixture(scope="session")
def shifted(tmp_path_factory):
    """The same country, whose thieves turn to something else on a day."""
    return world(tmp_path_factory.mktemp("shifted"), drift=[SHIFT])


@pytest.fixture(scope="session")
def reference(stable):
    return stable.reference()
