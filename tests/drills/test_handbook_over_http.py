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
def serving(folder):
    """Run a server that takes each transfer's own time for its clock."""
    port = free_port()
    settings = environment(
        folder, port, ANTIFRAUD_CLOCK="occurred_at", ANTIFRAUD_BASE_CURRENCY="XXX", ANTIFRAUD_RATES="{}"
    )
    with (
        Forked(settings) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        try:
            wait_until_ready(process, client)
            yield client
        finally:
            process.send_signal(signal.SIGTERM)


def test_every_vector_that_was_served_is_the_offline_one_bit_for_bit(intake, tmp_path):
    transfers = intake.transfers
    reports = intake.reports.filter(pl.col("known_at") <= transfers["received_at"][-1])
    assert reports.height > 50
    sent, told = tmp_path / "transfers.parquet", tmp_path / "reports.parquet"
    transfers.write_parquet(sent)
    reports.write_parquet(told)
    making.put_on(tmp_path / "shelf", making.bundle(hold_at=1.0, block_at=1.0))  # explanations are not the matter
    url = f"sqlite:///{tmp_path}/engine.db"
    key = making.register(url, "handbook")
    with serving(tmp_path) as client:
        replay(sent, told, url=str(client.base_url), key=key)
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
    seen = vectors[:, names(CATALOGUE).index("payee_reports_7d")]
    assert (seen > 0).sum() > 100, "the reports must have been seen"
