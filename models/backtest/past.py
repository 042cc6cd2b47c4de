"""The past, piece by piece: transfers of a period, their features as of each moment, what became known of them.

Rows have participant, transfer_id, payer, payee, device_id, ip, base_minor, received_at; `fraud` and `fraud_type` as
known at the end of what there is; `known`: old enough for that to mean something. Rows of a log also have what was
decided then: `was_action`, `was_score`, `was_reasons`, `degraded`, and the versions.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from antifraud.domain.errors import InvalidValue
from antifraud.store.history import History
from antifraud.tables import TRANSFER_KEY
from features.catalogue import CATALOGUE
from features.offline import offline_features
from features.schema import fingerprint, names
from models.backtest.hearing import matrix_of
from models.dataset import known_about

Progress = Callable[[str, int, int], None]
Piece = tuple[pl.DataFrame, pl.DataFrame]
"""Rows, and their features in the catalogue's order."""

_ROW: Final = (*TRANSFER_KEY, "payer", "payee", "device_id", "ip", "base_minor", "received_at")
_TICK: Final = timedelta(microseconds=1)
_WAS: Final = {name: f"was_{name}" for name in ("action", "score", "reasons")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """What is looked at: received in `[since, until)`, None: open. The truth is known `delay` after a transfer."""

    since: datetime | None
    until: datetime | None
    delay: timedelta

    def holds(self, moment: pl.Expr) -> pl.Expr:
        """Say which moments lie in it."""
        held = moment.is_not_null()  # true of all: a bound that is None leaves that side open
        if self.since is not None:
            held &= moment >= self.since
        if self.until is not None:
            held &= moment < self.until
        return held


def of_history(transfers: pl.DataFrame, reports: pl.DataFrame, period: Period, progress: Progress) -> Iterator[Piece]:
    """Yield the past of two tables, as `antifraud.tables` describes them; features see all that came before."""
    transfers = transfers.unique(TRANSFER_KEY, keep="first", maintain_order=True)
    end = transfers["received_at"].max()
    if not isinstance(end, datetime):
        raise InvalidValue("history", "holds no transfers", transfers.height)
    clock = pl.col("received_at").cum_max()
    chosen = transfers.select(period.holds(clock)).to_series()
    # Nobody looks at what comes later, and it changes nothing before.
    seen = transfers if period.until is None else transfers.filter(clock < period.until)
    table = offline_features(seen, reports, CATALOGUE, lambda done, of: progress("features", done, of))
    rows = transfers.select(_ROW).filter(chosen)
    yield _with_truth(rows, reports, end, period), table.filter(chosen.head(table.height)).select(names(CATALOGUE))


def of_log(
    log: History, end: datetime, period: Period, progress: Progress, recomputed: pl.DataFrame | None = None
) -> Iterator[Piece]:
    """Yield what a log holds with the vectors that were served, or those `recomputed` by `features_of_log`.

    `end` is the last moment that it knows of. Raise InvalidValue when some vector is of another catalogue.
    """
    reports = log.reports()
    done, total = 0, log.counts().decisions
    for decided in log.decided(_just_before(period.since), _just_before(period.until)):
        rows = _with_truth(decided.drop("vector").rename(_WAS), reports, end, period)
        yield rows, _served(decided, period) if recomputed is None else features_for(rows, recomputed)
        done += decided.height
        progress("decisions read", done, total)


def features_for(rows: pl.DataFrame, computed: pl.DataFrame) -> pl.DataFrame:
    """Return the features of some rows out of a table that has them all."""
    key = rows.select(TRANSFER_KEY)
    return key.join(computed, on=TRANSFER_KEY, how="left", maintain_order="left").select(names(CATALOGUE))


def _served(decided: pl.DataFrame, period: Period) -> pl.DataFrame:
    others = int((decided["catalogue_version"] != fingerprint(CATALOGUE)).sum())
    if others:
        problem = f"{others} transfers were decided with another catalogue: begin later, or use --recompute"
        raise InvalidValue("from", problem, period.since)
    return matrix_of(decided["vector"], names(CATALOGUE))


def features_of_log(
    log: History,
    until: datetime | None,
    progress: Progress,
    before: tuple[pl.DataFrame, pl.DataFrame] | None = None,
) -> pl.DataFrame:
    """Compute the features of everything in a log again; `before` is the history its state began with."""
    tables = [*log.transfers(None, _just_before(until))]
    reports = [log.reports()]
    if before is not None:
        tables, reports = [before[0], *tables], [before[1], *reports]
    hear: Callable[[int, int], None] = lambda done, of: progress("features", done, of)  # noqa: E731
    return offline_features(pl.concat(tables), pl.concat(reports), CATALOGUE, hear)


def _with_truth(rows: pl.DataFrame, reports: pl.DataFrame, end: datetime, period: Period) -> pl.DataFrame:
    """Add what is known when everything ends."""
    known = pl.col("received_at") < end - period.delay
    return rows.hstack(known_about(rows, reports, by=end + _TICK)).with_columns(known=known)


def _just_before(moment: datetime | None) -> datetime | None:
    """Return the bound of a log's `(after, until]` that means `[since, until)`."""
    return None if moment is None else moment - _TICK
