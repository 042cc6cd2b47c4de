"""Transfers to measure with, made up; nobody's accounts. Column by column, so that millions take seconds."""

from datetime import UTC, datetime

import numpy as np
import polars as pl

from antifraud.domain.transfer import Channel, Transfer
from antifraud.tables import REPORTS, TRANSFERS

BEGIN = 1_772_323_200_000_000  # 2026-03-01, microseconds since 1970
DAY = 86_400_000_000
MONTH = 29 * DAY  # all of it lies in the longest window
LABEL_DELAY = 7 * DAY
_CHANNELS = ("app", "app", "app", "web", "qr", "pos")


def stream(rows, accounts, seed=0, since=BEGIN, over=MONTH, first=0, habitual=0.7):
    """Return `rows` transfers between `accounts`, evenly over a time; numbers of transfers begin at `first`.

    A payer pays one of four usual payees, or (`1 - habitual`) anybody. One transfer in a hundred has the signs of
    a client being talked through it.
    """
    draw = np.random.default_rng([seed, first])
    payer = draw.permutation(np.arange(first, first + rows) % accounts)  # everybody pays
    usual = (payer * 7_919 + 104_729 * draw.integers(1, 5, rows)) % accounts
    payee = np.where(draw.random(rows) < habitual, usual, draw.integers(0, accounts, rows))
    received = since + ((np.arange(rows) + draw.random(rows)) * (over / rows)).astype(np.int64)
    coached = draw.random(rows) < 0.01
    amounts = draw.lognormal(13, 1.2, rows).astype(np.int64) * np.where(coached, 4, 1)
    moments = pl.from_epoch(pl.Series(received), "us").dt.replace_time_zone("UTC")
    table = pl.DataFrame(
        {
            "transfer_id": _named("t", np.arange(first, first + rows)),
            "payer": _named("bench:", payer),
            "payee": _named("bench:", payee),
            "amount_minor": amounts,
            "base_minor": amounts,
            "channel": pl.Series(_CHANNELS).gather(draw.integers(0, len(_CHANNELS), rows)),
            "occurred_at": moments,
            "received_at": moments,
            "device_id": _named("d", payer),
            "ip": _named("i", payer // 3),
            "new_device": coached | (draw.random(rows) < 0.02),
            "remote_access": coached,
            "call_active": coached | (draw.random(rows) < 0.05),
            "payee_account_age_days": draw.integers(0, 3_000, rows),
        }
    ).with_columns(pl.lit("bench").alias("participant"), pl.lit("KZT").alias("currency"))
    absent = (pl.lit(None).alias(name) for name in TRANSFERS if name not in table.columns)
    return table.with_columns(*absent).select(pl.col(name).cast(dtype) for name, dtype in TRANSFERS.items())


def _named(prefix, numbers):
    return pl.select(pl.lit(prefix) + pl.Series(numbers).cast(pl.String)).to_series()


def frauds(transfers, seed=0):
    """Say which are frauds: most of those with the signs, and a few without."""
    draw = np.random.default_rng([seed, 1])
    return draw.random(transfers.height) < np.where(transfers["remote_access"].to_numpy(), 0.8, 0.004)


def reports_of(transfers, fraud, delay=LABEL_DELAY):
    """Return a report about each fraud, known `delay` microseconds after it."""
    return (
        transfers.filter(pl.Series(fraud))
        .select(
            "participant",
            "transfer_id",
            fraud=pl.lit(True),
            source=pl.lit("client_complaint"),
            known_at=pl.col("received_at") + pl.duration(microseconds=delay),
            fraud_type=pl.lit(None, pl.String),
            reporter=pl.lit(None, pl.String),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in REPORTS.items())
    )


def objects(transfers):
    """Return rows of a table as the domain has them."""
    return [Transfer(**row | {"channel": Channel(row["channel"])}) for row in transfers.iter_rows(named=True)]


def moment(micros):
    return datetime.fromtimestamp(micros // 1_000_000, UTC).replace(microsecond=micros % 1_000_000)
