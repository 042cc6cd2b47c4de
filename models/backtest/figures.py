"""Figures of a backtest: the whole, by week, by type of fraud, and rule by rule.

Shares are 0 to 1 and None where there is nothing to divide by; money is minor units of the base currency. What needs
the truth counts only transfers old enough for it to be known; alerts and fires count all.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from antifraud.domain.decision import Action
from antifraud.domain.policy import Policy
from antifraud.domain.rule import RuleBook, RuleState
from models.backtest.losses import Judged
from models.days import local_day

Bools = NDArray[np.bool_]

_UNNAMED: Final = "not said"


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """What a policy with its model and rules did over a period. `known_` counts transfers whose truth is known."""

    transfers: int
    days: float
    held: int
    blocked: int
    alerts_per_day: float
    days_over_capacity: int
    alerts_over_capacity: int
    known_transfers: int
    frauds: int
    frauds_caught: int
    share_of_frauds_caught: float | None
    precision: float | None  # share of frauds among alerts
    stolen_minor: int
    stopped_minor: int
    honest_transfers_disturbed: int
    honest_clients_disturbed: int  # different payers
    honest_transfers_blocked: int
    loss_minor: int
    saved_minor: int  # against allowing everything


@dataclass(frozen=True, slots=True, kw_only=True)
class OfRule:
    """What one rule did: by itself, and what nothing else would have caught."""

    code: str
    state: RuleState
    action: str
    fires: int
    known_fires: int
    frauds: int
    precision: float | None
    recall: float | None
    at_risk_minor: int  # stolen money among its fires
    stopped_minor: int  # of it, what this rule's action keeps from leaving
    missed_by_model_frauds: int  # the score alone would have allowed them
    only_this_fires: int  # neither the score nor another active rule stopped them
    only_this_frauds: int
    only_this_minor: int
    weeks: tuple["RuleWeek", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleWeek:
    """One week of a rule, named by its Monday."""

    week: date
    fires: int
    known_fires: int
    frauds: int
    precision: float | None


def whole(judged: Judged) -> Whole:
    """Return the figures of all of it; at least one transfer."""
    rows, alerts, fraud, honest = judged.rows, judged.alerts, judged.fraud, judged.honest
    days = _days(rows)
    over = ~judged.reviewed
    stolen, loss = judged.amounts[fraud].sum(), judged.loss.sum()
    caught, disturbed = int((alerts & fraud).sum()), alerts & honest
    return Whole(
        transfers=rows.height,
        days=days,
        held=int(judged.held.sum()),
        blocked=int(judged.blocked.sum()),
        alerts_per_day=float(alerts.sum()) / days,
        days_over_capacity=rows.filter(over).select(local_day().n_unique()).item(),
        alerts_over_capacity=int(over.sum()),
        known_transfers=int(judged.known.sum()),
        frauds=int(fraud.sum()),
        frauds_caught=caught,
        share_of_frauds_caught=_share(caught, int(fraud.sum())),
        precision=_share(caught, int((alerts & judged.known).sum())),
        stolen_minor=round(stolen),
        stopped_minor=round(judged.stopped.sum()),
        honest_transfers_disturbed=int(disturbed.sum()),
        honest_clients_disturbed=rows.filter(disturbed)["payer"].n_unique(),
        honest_transfers_blocked=int((judged.blocked & honest).sum()),
        loss_minor=round(loss),
        saved_minor=round(stolen - loss),
    )


def by_week(judged: Judged) -> pl.DataFrame:
    """Return a row a week, named by its Monday, local: alerts, frauds, money and people."""
    week = local_day().dt.truncate("1w")
    return _summed(judged, judged.rows.select(week=week).to_series()).sort("week")


def by_type(judged: Judged) -> pl.DataFrame:
    """Return a row for each type of fraud that reports named."""
    kinds = judged.rows["fraud_type"].fill_null(_UNNAMED).alias("fraud_type")
    table = _summed(judged, kinds).filter(pl.col("frauds") > 0).sort("frauds", "fraud_type", descending=[True, False])
    return table.select("fraud_type", "frauds", "frauds_caught", "stolen_minor", "stopped_minor")


def _summed(judged: Judged, group: pl.Series) -> pl.DataFrame:
    fraud, alerts = judged.fraud, judged.alerts
    columns = {
        "transfers": np.ones(group.len(), np.int64),
        "alerts": alerts,
        "frauds": fraud,
        "frauds_caught": alerts & fraud,
        "stolen_minor": np.where(fraud, judged.amounts, 0.0),
        "stopped_minor": judged.stopped,
        "honest_transfers_disturbed": alerts & judged.honest,
        "loss_minor": judged.loss,
    }
    table = pl.DataFrame([group, *(pl.Series(name, values) for name, values in columns.items())])
    summed = table.group_by(group.name).agg(pl.col(name).sum() for name in columns)
    return summed.with_columns(pl.col("^.*_minor$").round().cast(pl.Int64))


def of_rules(judged: Judged, book: RuleBook, policy: Policy) -> list[OfRule]:
    """Return the figures of each rule that is active or in shadow, active ones first."""
    score = judged.rows["score"].fill_null(0.0).fill_nan(0.0).to_numpy()
    by_model = score >= policy.hold_at
    fires = {rule.code: judged.rows[rule.code].to_numpy() for rule in book.heard}
    figures = []
    for rule in book.heard:
        others = [fires[other.code] for other in book.active if other.code != rule.code]
        alone = fires[rule.code] & ~np.logical_or.reduce([by_model, *others])
        figures.append(of_rule(judged, rule.code, rule.state, rule.action.value, fires[rule.code], by_model, alone))
    return figures


def of_rule(
    judged: Judged, code: str, state: RuleState, action: str, fires: Bools, by_model: Bools, alone: Bools
) -> OfRule:
    """Return the figures of one rule; `alone` is where nothing else stops what it fires on."""
    fraud, amounts = judged.fraud, judged.amounts
    frauds, known = int((fires & fraud).sum()), int((fires & judged.known).sum())
    at_risk = amounts[fires & fraud].sum()
    blocks = fires & (action == Action.BLOCK.value)
    return OfRule(
        code=code,
        state=state,
        action=action,
        fires=int(fires.sum()),
        known_fires=known,
        frauds=frauds,
        precision=_share(frauds, known),
        recall=_share(frauds, int(fraud.sum())),
        at_risk_minor=round(at_risk),
        stopped_minor=round(judged.costs.stopped(amounts * fraud, fires & ~blocks, blocks).sum()),
        missed_by_model_frauds=int((fires & fraud & ~by_model).sum()),
        only_this_fires=int(alone.sum()),
        only_this_frauds=int((alone & fraud).sum()),
        only_this_minor=round(amounts[alone & fraud].sum()),
        weeks=_weeks(judged, fires),
    )


def _weeks(judged: Judged, fires: Bools) -> tuple[RuleWeek, ...]:
    table = judged.rows.select(week=local_day().dt.truncate("1w")).with_columns(
        fires=pl.Series(fires),
        known=pl.Series(fires & judged.known),
        frauds=pl.Series(fires & judged.fraud),
    )
    weeks = table.group_by("week").agg(pl.col("fires", "known", "frauds").sum()).sort("week")
    return tuple(
        RuleWeek(week=week, fires=fired, known_fires=known, frauds=frauds, precision=_share(frauds, known))
        for week, fired, known, frauds in weeks.iter_rows()
    )


def _days(rows: pl.DataFrame) -> float:
    """Return how long the period lasted; less than an hour counts as one, so that few transfers make no flood."""
    moments = rows["received_at"].dt.timestamp("us").to_numpy()
    return max(float(moments.max() - moments.min()) / 86_400e6, 1 / 24)


def _share(part: int, of: int) -> float | None:
    return None if of == 0 else part / of
