"""Choose a policy by money, on transfers of the past that the model has not learnt from."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from antifraud.domain.decision import Action
from antifraud.domain.errors import InvalidValue
from antifraud.domain.rule import RuleBook
from models.policies import ChosenBy, MoneyParams, PolicyFile, money_policy
from models.thresholds import choose_thresholds


def choose_policy(
    rows: pl.DataFrame,
    book: RuleBook,
    model: str,
    money: MoneyParams,
    let_through_share: float = 0.0,
    blind: Action = Action.HOLD,
    blind_of: Mapping[str, Action] | None = None,
) -> PolicyFile:
    """Return the policy of least loss whose alerts, with those of the active rules, the desk can take.

    `rows` are those of `models.backtest.run.heard`. Only transfers of known truth count, and of them only those that
    no rule stops anyway: the rules' alerts take their part of the capacity first.
    """
    known = rows.filter(pl.col("known") & pl.col("score").is_not_null())
    stopped = known.select(pl.any_horizontal(pl.lit(False), *(pl.col(rule.code) for rule in book.active)))
    free = known.filter(~stopped.to_series())
    if free.height == 0 or not free["fraud"].any():
        raise InvalidValue("history", "has no known fraud to choose by that the rules do not stop already", free.height)
    most = money.alerts_per_100k * known.height / 100_000
    left = most - (known.height - free.height)
    if left < 1:
        problem = (
            f"leave the score nothing of the {int(most)} alerts that the desk can take of {known.height} transfers"
        )
        raise InvalidValue("rules", problem, known.height - free.height)
    costs = MoneyParams(**{**money.model_dump(), "alerts_per_100k": left / free.height * 100_000}).costs()
    thresholds = choose_thresholds(
        free["score"].to_numpy(), free["fraud"].to_numpy(), free["base_minor"].to_numpy().astype(np.int64), costs
    )
    moments = known["received_at"]
    chosen_by = ChosenBy(
        costs=money,
        model=model,
        rules=book.version if book.active else None,
        first=moments[0],
        last=moments[-1],
        transfers=known.height,
        loss_minor=thresholds.loss_minor,
        loss_of_allowing_all_minor=thresholds.loss_of_allowing_all_minor,
    )
    return PolicyFile(policy=money_policy(thresholds, let_through_share, blind, blind_of), chosen_by=chosen_by)
