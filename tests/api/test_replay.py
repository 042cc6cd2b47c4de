"""A history played again through a server: transfers and reports in order of time, with the numbers of the table."""

from datetime import UTC, datetime, timedelta

import httpx
import numpy as np
import polars as pl
import pytest

from antifraud.domain.errors import Unavailable
from antifraud.store import open_store
from antifraud.tables import REPORTS, TRANSFERS
from api.commands.replay import replay
from features.catalogue import CATALOGUE
from features.offline import offline_features
from tests.api import making
from tests.api.conftest import environment, wait_until_ready
from tests.forked import Forked
from tests.servers import free_port

STEP = timedelta(seconds=400)


def history(count=400):
    """Return a table of transfers among few accounts, with ties and late ones; what is optional comes and goes."""
    draw = np.random.default_rng(11)
    at = datetime(2026, 3, 1, tzinfo=UTC)
    rows = []
    for number in range(count):
        at += int(draw.integers(0, 3)) * STEP
        payer, payee = draw.integers(0, 8, 2)
        rows.append(
            dict.fromkeys(TRANSFERS)
            | {
                "participant": "fictional-bank",
                "transfer_id": f"h{number}",
                "payer": f"a:{payer}",
                "payee": f"a:{payee}",
                "amount_minor": int(draw.integers(0, 10**7)),
                "currency": "KZT",
                "channel": str(draw.choice(["app", "web", "atm"])),
                "occurred_at": at - timedelta(seconds=int(draw.integers(0, 2)) * 900),
                "device_id": f"d{payer % 3}" if draw.random() < 0.7 else None,
                "call_active": bool(draw.random() < 0.5) if draw.random() < 0.5 else None,
                "payee_account_age_days": int(draw.integers(0, 9)) if draw.random() < 0.5 else None,
            }
        )
    table = pl.DataFrame(rows, TRANSFERS)
    return table.with_columns(base_minor="amount_minor", received_at=pl.col("occurred_at").cum_max())


def reports_of(table):
    """Return what became known: at the instant of a transfer or not, before its own came, taken back, about none."""
    draw = np.random.default_rng(12)
    rows = []
    for number, row in enumerate(table[::5].iter_rows(named=True)):
        said = dict.fromkeys(REPORTS) | {"participant": row["participant"], "transfer_id": row["transfer_id"]}
        known = row["received_at"] + int(draw.integers(-3, 60)) * STEP
        rows.append(said | {"fraud": True, "source": "client_complaint", "fraud_type": "scam_call", "known_at": known})
        if number > 50 and number % 4 == 0:
            rows.append(
                said | {"fraud": False, "source": "bank_detection", "known_at": max(known, row["received_at"]) + STEP}
            )
    rows.append(rows[0] | {"transfer_id": "of-another-file"})
    return pl.DataFrame(rows, REPORTS).sample(fraction=1, shuffle=True, seed=1)


@pytest.mark.parametrize("has_reports", [False, True])
def test_a_history_replayed_over_http_gives_the_vectors_of_the_offline_table(has_reports, tmp_path, capsys):
    table = history()
    reports = reports_of(table) if has_reports else REPORTS.to_frame()
    table.write_parquet(tmp_path / "transfers.parquet")
    reports.write_parquet(tmp_path / "reports.parquet")
    said = tmp_path / "reports.parquet" if has_reports else None
    making.put_on(tmp_path / "shelf", making.bundle())
    url, port = f"sqlite:///{tmp_path}/engine.db", free_port()
    key = making.register(url)
    with (
        Forked(environment(tmp_path, port, ANTIFRAUD_CLOCK="occurred_at")) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        try:
            wait_until_ready(process, client)
            for first in (200, None, None):  # it goes on where it stopped, and again changes nothing
                replay(tmp_path / "transfers.parquet", said, url=str(client.base_url), key=key, batch=150, first=first)
        finally:
            process.terminate()
    assert "received_at" not in capsys.readouterr().err
    with open_store(url, recording=False) as store:
        (served,) = store.history.served(None, None, making.fingerprint(CATALOGUE))
    columns = [name for name in TRANSFERS if name != "participant"]
    assert served.transfers.select(columns).equals(table.select(columns))
    offline = offline_features(table, reports, CATALOGUE).select(making.names(CATALOGUE))
    assert ((offline["payee_reports_7d"] > 0).sum() > 100) == has_reports, "the reports must have been seen"
    assert np.array_equal(served.vectors, offline.cast(pl.Float64).fill_null(np.nan).to_numpy(), equal_nan=True)


def test_a_replay_says_so_when_the_server_cannot_know_the_moments_of_receipt(tmp_path, capsys):
    file = tmp_path / "transfers.parquet"
    history(9).with_columns(received_at=pl.col("received_at") + timedelta(seconds=1)).write_parquet(file)
    with pytest.raises(Unavailable, match="does not answer"):
        replay(file, url=f"http://127.0.0.1:{free_port()}")
    assert "received_at is not occurred_at in 9 of 9 transfers" in capsys.readouterr().err


def test_a_replay_says_how_many_reports_it_cannot_send(tmp_path, capsys):
    table = history(9)
    table.write_parquet(tmp_path / "transfers.parquet")
    reports_of(table).write_parquet(tmp_path / "reports.parquet")
    with pytest.raises(Unavailable, match="does not answer"):
        replay(tmp_path / "transfers.parquet", tmp_path / "reports.parquet", url=f"http://127.0.0.1:{free_port()}")
    assert "transfers.parquet are left out: 1\n" in capsys.readouterr().err
