"""Two ways of deciding the same past: what would have changed, in alerts, money, people and frauds."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from antifraud.tables import TRANSFER_KEY
from models.backtest.figures import Whole, by_type, whole
from models.backtest.losses import Judged

_DEAREST: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """From `before` to `after`. Money is minor units; what needs the truth counts where it is known."""

    before: Whole
    after: Whole
    changed: int
    moves: pl.DataFrame  # from, to, transfers, frauds, honest: every pair of actions
    types: pl.DataFrame  # fraud_type, frauds, caught_before, caught_after, stopped_before_minor, stopped_after_minor
    frauds_gained: int
    frauds_lost: int
    honest_clients_newly_disturbed: int
    honest_clients_freed: int
    saved_more_minor: int
    dearest: pl.DataFrame  # the changes that cost or save most, one transfer a row


def changes(before: Judged, after: Judged) -> Changes:
    """Compare two decisions of the same rows."""
    rows, honest, fraud = before.rows, before.honest, before.fraud
    was, now = before.alerts, after.alerts
    disturbed = [set(rows.filter(honest & alerts)["payer"].to_list()) for alerts in (was, now)]
    first, then = whole(before), whole(after)
    return Changes(
        before=first,
        after=then,
        changed=int((before.action != after.action).sum()),
        moves=_moves(before, after),
        types=_types(before, after),
        frauds_gained=int((now & ~was & fraud).sum()),
        frauds_lost=int((was & ~now & fraud).sum()),
        honest_clients_newly_disturbed=len(disturbed[1] - disturbed[0]),
        honest_clients_freed=len(disturbed[0] - disturbed[1]),
        saved_more_minor=then.saved_minor - first.saved_minor,
        dearest=_dearest(before, after),
    )


def _moves(before: Judged, after: Judged) -> pl.DataFrame:
    table = pl.DataFrame({"from": before.action, "to": after.action, "frauds": before.fraud, "honest": before.honest})
    counted = table.group_by("from", "to").agg(
        transfers=pl.len(), frauds=pl.col("frauds").sum(), honest=pl.col("honest").sum()
    )
    return counted.sort("from", "to")


def _types(before: Judged, after: Judged) -> pl.DataFrame:
    first, then = by_type(before), by_type(after)
    return first.join(then, on=("fraud_type", "frauds"), suffix="_after", maintain_order="left").select(
        "fraud_type",
        "frauds",
        caught_before="frauds_caught",
        caught_after="frauds_caught_after",
        stopped_before_minor="stopped_minor",
        stopped_after_minor="stopped_minor_after",
    )


def _dearest(before: Judged, after: Judged) -> pl.DataFrame:
    """Return the changed transfers of known truth whose change moves most money, either way."""
    costs = after.loss - before.loss
    table = before.rows.select(*TRANSFER_KEY, "received_at", "base_minor", "score", "fraud", "fraud_type").with_columns(
        pl.Series("from", before.action),
        pl.Series("to", after.action),
        costs_minor=pl.Series(np.round(costs)).cast(pl.Int64),
    )
    changed = table.filter((pl.col("from") != pl.col("to")) & pl.Series(before.known))
    return changed.sort(pl.col("costs_minor").abs(), *TRANSFER_KEY, descending=[True, False, False]).head(_DEAREST)
