"""A history made of a server's log: what was served and what was known, and nothing that came later."""

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from antifraud.domain.errors import FingerprintMismatch
from antifraud.store import open_store
from antifraud.store.history import History
from antifraud.tables import TRANSFER_KEY
from api.cli import app
from api.clock import utc_now
from api.commands.history import history, read_history
from features.catalogue import CATALOGUE
from features.offline import offline_features
from features.schema import fingerprint, names
from features.stored import read_features
from models.dataset import prepare
from tests.api.inside import running
from tests.api.making import body

START = datetime(2025, 3, 1, 12, tzinfo=UTC)
FILES = ("transfers", "reports", "features", "served")
UNTIL = START + timedelta(minutes=30)


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """A log of 40 transfers, one a minute, of which one was decided blind and one under another catalogue."""
    folder = tmp_path_factory.mktemp("log")

    async def scenario():
        async with running(folder, clock="occurred_at") as client:
            for number in range(40):
                transfer = body(number, payer=f"a:{number % 3}", payee=f"b:{number % 4}")
                transfer["occurred_at"] = (START + timedelta(minutes=number)).isoformat()
                assert (await client.post("/v1/decisions", json=transfer)).status_code == 201
                if number in (10, 35):
                    said = {"transfer_id": f"t{number - 5}", "fraud": True, "source": "police"}
                    said["learnt_at"] = (START + timedelta(minutes=number, seconds=30)).isoformat()
                    assert (await client.post("/v1/reports", json=said)).status_code == 201

    asyncio.run(scenario())
    with sqlite3.connect(folder / "engine.db") as database:
        database.execute("UPDATE decisions SET vector = x'' WHERE transfer_id = 't7'")
        database.execute("UPDATE decisions SET catalogue_version = 'before' WHERE transfer_id = 't8'")
    return f"sqlite:///{folder}/engine.db"


def test_it_holds_what_was_served_and_what_was_known_by_then(log, tmp_path, monkeypatch):
    monkeypatch.setattr(History.__init__, "__defaults__", (7,))  # several tables a log
    history(from_log=log, until=UNTIL.replace(tzinfo=None), out=tmp_path)
    transfers, reports = read_history(tmp_path)
    features = read_features(tmp_path / "features.parquet", CATALOGUE)
    assert transfers["transfer_id"].to_list() == [f"t{number}" for number in range(30)]
    assert reports["transfer_id"].to_list() == ["t5"]
    assert features["transfer_id"].to_list() == transfers["transfer_id"].to_list()
    vectorless = features.filter(pl.all_horizontal(pl.col(names(CATALOGUE)).is_null()))
    assert vectorless["transfer_id"].to_list() == ["t7", "t8"]
    features = features.join(vectorless, on=TRANSFER_KEY, how="anti", maintain_order="left")
    with open_store(log, recording=False) as store:
        served = np.concatenate([part.vectors for part in store.history.served(None, None, fingerprint(CATALOGUE))])
    table = features.select(names(CATALOGUE)).fill_null(np.nan).to_numpy()
    assert np.array_equal(table, served[: len(table)], equal_nan=True), "to the last bit"
    again = offline_features(transfers, reports, CATALOGUE).join(features, on=TRANSFER_KEY, how="semi")
    assert again.equals(features), "and what the offline engine says of the same history"
    assert {each.name for each in tmp_path.iterdir()} == {f"{name}.parquet" for name in FILES}


def test_training_takes_the_vectors_that_were_served_and_leaves_out_what_has_none(log, tmp_path):
    history(from_log=log, until=UNTIL.replace(tzinfo=None), out=tmp_path)
    transfers, reports = read_history(tmp_path)
    past = prepare(transfers, reports, read_features(tmp_path / "features.parquet", CATALOGUE))
    assert past.transfers["transfer_id"].to_list() == [f"t{number}" for number in range(30) if number not in (7, 8)]
    assert len(past.vectors) == 28
    assert past.known(UNTIL).tolist() == [number == 5 for number in range(30) if number not in (7, 8)]


def test_an_empty_log_is_an_empty_history_and_the_future_is_none(tmp_path):
    url = f"sqlite:///{tmp_path}/new.db"
    history(from_log=url, until=UNTIL.replace(tzinfo=None), out=tmp_path / "out")
    transfers, reports = read_history(tmp_path / "out")
    assert transfers.is_empty()
    assert reports.is_empty()
    tomorrow = f"{utc_now() + timedelta(days=2):%Y-%m-%d}"
    ran = CliRunner().invoke(app, ["history", "--from-log", url, "--until", tomorrow, "--out", str(tmp_path / "no")])
    assert "must have passed" in str(ran.exception)
    assert not (tmp_path / "no").exists()


def test_features_of_another_catalogue_are_refused_where_they_would_be_learnt_from(tmp_path):
    pl.DataFrame({"participant": ["b"], "transfer_id": ["t"]}).write_parquet(tmp_path / "features.parquet")
    with pytest.raises(FingerprintMismatch, match="compute it again"):
        read_features(tmp_path / "features.parquet", CATALOGUE)
