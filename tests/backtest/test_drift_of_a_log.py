"""Drift of a log: served vectors are the recomputed ones, a changed one is named, and a server shows the gauges."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner

from antifraud.store import open_store
from antifraud.store.schema import decisions
from api.cli import app
from features.catalogue import CATALOGUE
from features.offline import offline_features
from features.schema import names
from models.deciding import judged
from models.drift.reference import look_back
from tests.api import making
from tests.api.inside import running


@pytest.fixture(scope="module")
def watched(troubled, tmp_path_factory):
    """A shelf with a model whose reference is the log's own past."""
    shelf = tmp_path_factory.mktemp("watched")
    with open_store(f"sqlite:///{troubled}/engine.db", recording=False) as store:
        (transfers,), reports = list(store.history.transfers()), store.history.reports()
    vectors = offline_features(transfers, reports, CATALOGUE).drop("participant", "transfer_id").to_numpy()
    everything = np.arange(transfers.height)
    reference = look_back(transfers, reports, CATALOGUE, vectors, everything, np.full(transfers.height, 0.1), 0.3)
    served, _ = judged(troubled / "shelf", None, CATALOGUE)
    making.put_on(shelf, replace(served, reference=reference))
    return shelf


def run(*words):
    ran = CliRunner().invoke(app, ["drift", *map(str, words)])
    assert ran.exit_code == 0, f"{ran.output}{ran.exception}"
    return ran.output


def test_what_was_served_is_what_is_computed_and_a_changed_vector_is_named(troubled, watched, tmp_path):
    log, shelf = f"sqlite:///{troubled}/engine.db", ("--shelf", watched)
    shown = run("--log", log, *shelf, "--recompute", "--out", tmp_path / "drift.json")
    found = json.loads((tmp_path / "drift.json").read_text())
    assert found["compared"]["rows"] == 1_080, "what was decided without features is left out"
    assert set(found["compared"]["different"].values()) == {0}
    assert "all 1,080 served vectors are the recomputed ones" in shown
    assert (found["rows"], found["blind"]) == (1_200, 120)
    place = names(CATALOGUE).index("payer_sent_count_1h")
    with open_store(log, recording=False) as store, store.engine.begin() as connection:
        asked = select(decisions.c.seq, decisions.c.vector).order_by(decisions.c.seq).limit(3)
        kept = connection.execute(asked).all()
        for seq, vector in kept:
            wrong = np.frombuffer(vector, "<f8").copy()
            wrong[place] += 1
            connection.execute(update(decisions).where(decisions.c.seq == seq).values(vector=wrong.tobytes()))
    try:
        shown = run("--log", log, *shelf, "--recompute", "--out", tmp_path / "drift.json")
    finally:
        with open_store(log, recording=False) as store, store.engine.begin() as connection:
            for seq, vector in kept:
                connection.execute(update(decisions).where(decisions.c.seq == seq).values(vector=vector))
    found = json.loads((tmp_path / "drift.json").read_text())
    assert {name: rows for name, rows in found["compared"]["different"].items() if rows} == {"payer_sent_count_1h": 3}
    assert "payer_sent_count_1h" in shown


def test_a_model_without_a_reference_says_so(troubled):
    ran = CliRunner().invoke(app, ["drift", "--log", f"sqlite:///{troubled}/engine.db", "--shelf", f"{troubled}/shelf"])
    assert "has no reference" in str(ran.exception)


def test_a_server_shows_the_gauges_that_another_process_wrote(troubled, watched, tmp_path):
    file = tmp_path / "drift.prom"
    run("--log", f"sqlite:///{troubled}/engine.db", "--shelf", watched, "--recompute", "--metrics", file)

    async def pages():
        async with running(tmp_path, drift_metrics=file) as client:
            yield (await client.get("/metrics")).text
            file.write_text(file.read_text() + "evil_gauge 1\nantifraud_decisions_total 7\n")
            yield (await client.get("/metrics")).text
            file.write_text("antifraud_drift_value{ 1 nonsense")
            yield (await client.get("/metrics")).text
            file.unlink()
            yield (await client.get("/metrics")).text

    async def read():
        return [page async for page in pages()]

    whole, foreign, broken, gone = asyncio.run(read())
    assert "antifraud_drift_rows 1200.0" in whole
    assert 'antifraud_drift_limit{kind="score",name="score"}' in whole
    assert whole.count("antifraud_drift_different_rows{") == len(CATALOGUE)
    assert "antifraud_drift_readable 1.0" in whole
    assert "evil_gauge" not in foreign
    assert "antifraud_decisions_total 7" not in foreign
    for page in (broken, gone):
        assert "antifraud_drift_readable 0.0" in page
        assert "antifraud_drift_rows" not in page
        assert "antifraud_stage_seconds" in page, "the server's own figures are not the file's business"


def test_a_server_measures_the_last_weeks_by_itself(watched, tmp_path):
    async def scenario():
        async with running(tmp_path, shelf=watched, drift_every_s=0.01) as client:
            body = making.body(occurred_at=datetime.now(UTC).isoformat())
            assert (await client.post("/v1/decisions", json=body)).status_code == 201
            while "antifraud_drift_rows 1.0" not in (page := (await client.get("/metrics")).text):
                await asyncio.sleep(0.05)
            return page

    page = asyncio.run(scenario())
    assert "antifraud_drift_readable 1.0" in page
    assert (tmp_path / "state" / "drift.prom").is_file()


def test_a_server_on_which_nobody_has_paid_yet_is_not_ill(watched, tmp_path, monkeypatch):
    for name, value in {
        "DATABASE_URL": f"sqlite:///{tmp_path}/new.db",
        "SHELF": watched,
        "STATE_DIR": tmp_path,
    }.items():
        monkeypatch.setenv(f"ANTIFRAUD_{name}", str(value))
    assert "nothing was decided yet" in run("--live")
    assert not (tmp_path / "drift.prom").exists()
