import json
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from antifraud.simulator import load_config, simulate

ACCOUNTS, DAYS = 1_500, 24
# Much fraud in a small country, of every type, the new one too.
BUSY = {"fraud": {"base_rate": 0.03, "shares": {"mistaken_transfer": 0.1, "ad_agency": 0.4}}}
FILES = ("transfers.parquet", "reports.parquet", "truth.parquet", "people.parquet", "world.json")


@dataclass(frozen=True)
class World:
    folder: Path
    transfers: pl.DataFrame
    reports: pl.DataFrame
    truth: pl.DataFrame
    people: pl.DataFrame
    summary: dict

    @property
    def rows(self):
        """Transfers with the truth beside them."""
        return self.transfers.hstack(self.truth.drop("participant", "transfer_id"))


def make(folder, seed=5, overrides=BUSY, accounts=ACCOUNTS, days=DAYS):
    simulate(load_config(overrides=overrides), accounts, days, seed, folder)
    tables = {file.split(".")[0]: pl.read_parquet(folder / file) for file in FILES[:4]}
    return World(folder=folder, summary=json.loads((folder / "world.json").read_text()), **tables)


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    return make(tmp_path_factory.mktemp("world"))
