"""What rules did, or would have done, on live traffic, by what is known of it now."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import numpy as np
import polars as pl

from antifraud.domain.decision import Action, ReasonKind
from antifraud.domain.rule import Rule
from antifraud.store.shadows import Watch
from models.backtest.figures import OfRule, of_rule
from models.backtest.losses import Bools, Judged
from models.dataset import known_about
from models.shadow.comparison import Terms

_TICK = timedelta(microseconds=1)


def of_shadow_rules(
    decided: pl.DataFrame,
    reports: pl.DataFrame,
    watches: Sequence[Watch],
    hits: Mapping[str, pl.Series],
    rules: Sequence[Rule],
    terms: Terms,
) -> list[OfRule]:
    """Return the figures of each rule over the decisions that it listened to; none for one that heard nothing.

    `decided` has the columns `antifraud.store.shadows.JUDGED`; `hits` are the seqs that each rule's code fired on.
    What would only have been stopped by the rule is what was allowed.
    """
    table = _told(decided, reports, terms)
    figures = []
    for rule in rules:
        heard = table.filter(_listened(watches, rule.code))
        if heard.is_empty():
            continue
        fires = heard["seq"].is_in(hits[rule.code].implode()).to_numpy()
        alone = fires & (heard["action"] == Action.ALLOW.value).to_numpy()
        figures.append(_of(rule, heard, fires, alone, terms))
    return figures


def of_active_rules(decided: pl.DataFrame, reports: pl.DataFrame, rules: Sequence[Rule], terms: Terms) -> list[OfRule]:
    """Return the figures of each rule over all decisions, by the reasons that these gave; none without decisions.

    Only the rule stopped what gives no other reason.
    """
    table = _told(decided, reports, terms)
    if table.is_empty():
        return []
    figures = []
    for rule in rules:
        said = pl.element().struct.field("code") == rule.code
        fires = table.select(pl.col("reasons").list.eval(said).list.any().fill_null(False)).to_series().to_numpy()
        alone = fires & (table["reasons"].list.len() == 1).fill_null(False).to_numpy()
        figures.append(_of(rule, table, fires, alone, terms))
    return figures


def _told(decided: pl.DataFrame, reports: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """Return the decisions that were not blind with what is known of them, and whether the score alone stopped them."""
    by_model = pl.col("reasons").list.eval(pl.element().struct.field("kind") == ReasonKind.SCORE.value).list.any()
    table = decided.filter(~pl.col("blind")).with_columns(by_model=by_model.fill_null(False))
    return table.hstack(known_about(table, reports, by=terms.by + _TICK))


def _of(rule: Rule, heard: pl.DataFrame, fires: Bools, alone: Bools, terms: Terms) -> OfRule:
    known = (heard["received_at"] <= terms.by - terms.delay).to_numpy()
    judged = Judged.of(heard, heard["action"], known, terms.costs, None)
    stopped = heard["by_model"].to_numpy().astype(np.bool_)
    return of_rule(judged, rule.code, rule.state, rule.action.value, fires, stopped, alone)


def _listened(watches: Sequence[Watch], code: str) -> pl.Expr:
    """Say to which decisions a rule listened."""
    mine = [watch for watch in watches if code in watch.rules]
    return pl.any_horizontal(pl.lit(False), *(pl.col("seq").is_between(each.after + 1, each.upto) for each in mine))
