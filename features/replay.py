"""Feed a history to live state: transfers in order of arrival, each report at its moment between them."""

from collections.abc import Callable

import numpy as np
import polars as pl

from antifraud.domain.report import Report, ReportSource
from antifraud.tables import TRANSFER_KEY
from features.compile import FIELDS
from features.online import OnlineState


def replay(
    state: OnlineState,
    transfers: pl.DataFrame,
    reports: pl.DataFrame,
    about: pl.DataFrame | None = None,
    between: Callable[[int, int], None] | None = None,
) -> None:
    """Observe `transfers` (in order of arrival, each id once) and `reports`, merged by time.

    A report is heard after the transfers of its own instant, and not before the one it is about. `about` has
    the transfers that reports may be about (default: `transfers`); reports about others are passed over.
    `between(first, last)` replaces the observing of rows [first, last), for callers that read on the way.
    """
    observe = between or (lambda first, last: state.observe_table(transfers.slice(first, last - first)))
    clock = np.maximum.accumulate(transfers["received_at"].dt.timestamp("us").to_numpy())
    arrived = transfers.select(*TRANSFER_KEY, arrived=pl.Series(clock))
    done = 0
    for row in _placed(reports, transfers if about is None else about, arrived).iter_rows(named=True):
        upto = int(np.searchsorted(clock, row["known"], side="right"))
        if upto > done:
            observe(done, upto)
            done = upto
        report = Report(
            participant=row["participant"],
            transfer_id=row["transfer_id"],
            fraud=row["fraud"],
            source=ReportSource(row["source"]),
            known_at=row["known_at"],
        )
        state.take_report(report, [row[name] for name in FIELDS], row["base_minor"], row["known"])
    if done < transfers.height:
        observe(done, transfers.height)


def as_heard(reports: pl.DataFrame) -> pl.DataFrame:
    """Return reports with the moment at which each is heard, in that order, by when its transfer `arrived`."""
    heard = reports.with_columns(known=pl.max_horizontal(pl.col("known_at").dt.timestamp("us"), "arrived"))
    return heard.sort("known", "known_at", maintain_order=True)


def _placed(reports: pl.DataFrame, about: pl.DataFrame, arrived: pl.DataFrame) -> pl.DataFrame:
    """Return reports with the transfer each is about, as they are heard."""
    told = reports.join(
        about.select(*TRANSFER_KEY, *FIELDS, "base_minor"), on=TRANSFER_KEY, how="inner", maintain_order="left"
    )
    return as_heard(told.join(arrived, on=TRANSFER_KEY, how="left", maintain_order="left"))
