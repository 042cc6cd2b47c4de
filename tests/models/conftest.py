"""A small simulated history and a model trained on it, once for all tests of this folder."""

from dataclasses import dataclass, fields

import polars as pl
import pytest
from threadpoolctl import threadpool_limits

from antifraud.simulator import load_config, simulate
from features.catalogue import CATALOGUE
from features.offline import offline_features
from models.dataset import Past, cut, prepare
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


@dataclass(frozen=True, kw_only=True, eq=False)
class History(Past):
    """What training works on, with the table of features that it is given and what only the simulator knows."""

    features: pl.DataFrame
    truth: pl.DataFrame
    people: pl.DataFrame

    @property
    def fraud(self):
        """What is known when the history ends."""
        return self.known(self.end)

    @property
    def parts(self):
        return cut(self.clock, params().cut())


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
    names = ("transfers", "reports", "truth", "people")
    transfers, reports, truth, people = (pl.read_parquet(folder / f"{name}.parquet") for name in names)
    features = offline_features(transfers, reports, CATALOGUE)
    ready = prepare(transfers, reports, features)
    more = {"features": features, "truth": truth, "people": people}
    return History(**more, **{each.name: getattr(ready, each.name) for each in fields(Past)})


@pytest.fixture(scope="session")
def trained(past):
    return train(past.transfers, past.reports, params(), features=past.features)


@pytest.fixture(scope="session")
def bundle(trained):
    return trained.bundle
