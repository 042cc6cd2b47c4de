"""A public data set through the running server: what is served is what is computed offline, to the last bit.

The data is no part of this project. Put it where ANTIFRAUD_DATA says, or into ../shared/data beside the
repository; without it the drill is skipped.
"""

import os
import signal
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
import polars as pl
import pytest

from antifraud.intake import Mapping, read
from antifraud.store import open_store
from antifraud.tables import TRANSFERS
from api.commands.replay import replay
from features.catalogue import CATALOGUE
from features.offline import offline_features
from features.schema import fingerprint, names
from tests.api import making
from tests.api.conftest import environment, wait_until_ready
from tests.forked import Forked
from tests.servers import free_port

ROOT = Path(__file__).parents[2]
FIRST = 120_000


@pytest.fixture(scope="module")
def intake(tmp_path_factory):
    """The first transfers, and their reports: each a week after its transfer."""
    source = Path(os.environ.get("ANTIFRAUD_DATA", ROOT.parent / "shared" / "data")) / "handbook.parquet"
    if not source.is_file():
        pytest.skip(f"the handbook's data is not at {source}; ANTIFRAUD_DATA names its folder")
    first = tmp_path_factory.mktemp("handbook") / "first.parquet"
    pl.read_parquet(source, n_rows=FIRST).write_parquet(first)
    found = read(first, Mapping.load(ROOT / "models" / "protocols" / "handbook.yaml"))
    assert found.transfers.height == FIRST
    return found


@contextmanager
def serving(folder, key):
    """Run a server that takes each transfer's own time for its clock."""
    port = free_port()
    settings = environment(
        folder, port, ANTIFRAUD_CLOCK="occurred_at", ANTIFRAUD_BASE_CURRENCY="XXX", ANTIFRAUD_RATES="{}"
    )
    with (
        Forked(settings) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"X-Api-Key": key}, timeout=60) as client,
    ):
        try:
            wait_until_ready(process, client)
            yield client
        finally:
            process.send_signal(signal.SIGTERM)


def send(client, key, transfers, reports, folder):
    """Send everything in the order of time: a report after the transfers of its own moment."""
    sent = 0
    for moment, said in reports.group_by("known_at", maintain_order=True):
        upto = transfers["received_at"].search_sorted(moment[0], side="right")
        replayed(client, key, transfers[sent:upto], folder)
        sent = upto
        for report in said.iter_rows(named=True):
            body = {"transfer_id": report["transfer_id"], "fraud": True, "source": report["source"]}
            answer = client.post("/v1/reports", json=body | {"learnt_at": moment[0].isoformat()})
            assert answer.status_code == 201, answer.text
    replayed(client, key, transfers[sent:], folder)


def replayed(client, key, transfers, folder):
    if transfers.height > 0:
        transfers.write_parquet(folder / "part.parquet")
        replay(folder / "part.parquet", url=str(client.base_url), key=key)


def test_every_vector_that_was_served_is_the_offline_one_bit_for_bit(intake, tmp_path):
    transfers = intake.transfers
    reports = intake.reports.filter(pl.col("known_at") <= transfers["received_at"][-1])
    assert reports.height > 50
    making.put_on(tmp_path / "shelf", making.bundle(hold_at=1.0, block_at=1.0))  # explanations are not the matter
    url = f"sqlite:///{tmp_path}/engine.db"
    key = making.register(url, "handbook")
    with serving(tmp_path, key) as client:
        send(client, key, transfers, reports, tmp_path)
    with open_store(url, recording=False) as store:
        served = list(store.history.served(None, None, fingerprint(CATALOGUE)))
        assert store.history.reports().equals(reports)
    assert pl.concat([part.transfers for part in served]).select(TRANSFERS.names()).equals(transfers)
    offline = offline_features(transfers, reports, CATALOGUE).select(names(CATALOGUE))
    vectors = np.concatenate([part.vectors for part in served])
    for column, name in enumerate(names(CATALOGUE)):
        wanted = offline[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
        same = np.array_equal(vectors[:, column], wanted, equal_nan=True)
        assert same, f"{name} differs in {np.count_nonzero(vectors[:, column] != wanted)} of {FIRST} rows"
    told = vectors[:, names(CATALOGUE).index("payee_reports_7d")]
    assert (told > 0).sum() > 100, "the reports must have been seen"
