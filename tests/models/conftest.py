"""A small simulated history and a model trained on it, once for all tests of this folder."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from threadpoolctl import threadpool_limits

from antifraud.simulator import load_config, simulate
from features.catalogue import CATALOGUE
from features.offline import offline_features
from models.dataset import cut, known_frauds
from models.train import Params, train

MONEY = {
    "review_cost_minor": 150_000,
    "honest_hold_cost_minor": 300_000,
    "honest_block_cost_minor": 3_000_000,
    "held_fraud_stopped_share": 0.9,
    "alerts_per_100k": 2_000,
}


def params(seed=1):
    return Params.model_validate(
        {
            "seed": seed,
            "split": {"warm_up_days": 5, "delay_days": 5, "test_share": 0.25, "validation_share": 0.3},
            "train": {"search": "quick", "max_rows": 3_000},
            "money": MONEY,
        }
    )


@dataclass(frozen=True)
class Past:
    transfers: pl.DataFrame
    reports: pl.DataFrame
    features: pl.DataFrame

    @property
    def vectors(self):
        return np.ascontiguousarray(self.features.drop("participant", "transfer_id").to_numpy())

    @property
    def fraud(self):
        """What is known when the history ends."""
        end = self.transfers["received_at"].max() + timedelta(microseconds=1)
        return known_frauds(self.transfers, self.reports, by=end)

    @property
    def parts(self):
        return cut(self.transfers["received_at"].cum_max(), params().cut())


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Two threads on a busy machine wait for each other most of the time."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="session")
def past(tmp_path_factory):
    """Simulated: 1,500 accounts for 45 days, with far more fraud than any country has."""
    folder = tmp_path_factory.mktemp("past")
    simulate(load_config(overrides={"fraud": {"base_rate": 0.02}}), 1_500, 45, 7, folder)
    transfers, reports = (pl.read_parquet(folder / f"{name}.parquet") for name in ("transfers", "reports"))
    return Past(transfers, reports, offline_features(transfers, reports, CATALOGUE))


@pytest.fixture(scope="session")
def trained(past):
    return train(past.transfers, past.reports, params(), features=past.features)


@pytest.fixture(scope="session")
def bundle(trained):
    return trained.bundle
