"""The policy over a table: what `Policy.decide` says of each transfer, column by column.

What spoke about a transfer stands in a row: `score` (null: none), `unread` (codes of what could not be read), and a
Boolean column for each rule, named by its code.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from antifraud.domain.decision import Action, ReasonKind
from antifraud.domain.policy import Policy
from antifraud.domain.rule import Rule
from antifraud.tables import REASON

_MILDEST: Final = Action.ALLOW.value
_SEVERITY: Final = {action.value: action.severity for action in Action}
_BY_SEVERITY: Final = {action.severity: action.value for action in Action}


@dataclass(frozen=True, slots=True)
class Voice:
    """A rule as far as a decision knows it."""

    code: str
    action: Action

    @staticmethod
    def of(rules: Sequence[Rule]) -> tuple["Voice", ...]:
        """Return rules as voices, in their order."""
        return tuple(Voice(rule.code, rule.action) for rule in rules)


def rule_on(
    rows: pl.DataFrame, policy: Policy, voices: Sequence[Voice], chosen: Mapping[str, Action] | None = None
) -> pl.DataFrame:
    """Return `action` and `reasons` for each row; `voices` are the rules that decide, in the order they speak.

    Rows need participant, score, unread and a column for each voice. `chosen` is what participants themselves
    want to happen when something could not be read.
    """
    numbered = rows.with_row_index("row")
    score = pl.col("score").fill_nan(None)
    something = score.is_null() | (score >= policy.hold_at) | (pl.col("unread").list.len() > 0)
    spoke = pl.any_horizontal(something, *(pl.col(voice.code) for voice in voices))
    harsh = numbered.filter(spoke).with_columns(blind=_blind(policy, rows, chosen or {}))
    heard = [_of_score(score, policy), *(_of_rule(voice) for voice in voices)]
    reasons = pl.concat_list(heard).list.drop_nulls().list.concat(_of_blindness())
    ruled = harsh.select("row", reasons=reasons).with_columns(action=_harshest())
    return (
        numbered.select("row")
        .join(ruled, on="row", how="left", maintain_order="left")
        .select(
            pl.col("action").fill_null(_MILDEST),
            pl.col("reasons").fill_null(pl.lit([], pl.List(REASON))),
        )
    )


def _blind(policy: Policy, rows: pl.DataFrame, chosen: Mapping[str, Action]) -> pl.Expr:
    """Return what blind means for each row's participant."""
    participants = rows["participant"].unique().to_list()
    blind = {each: policy.of(each, chosen.get(each)).blind.value for each in participants}
    return pl.col("participant").replace_strict(blind, return_dtype=pl.String)


def _reason(kind: ReasonKind, code: pl.Expr, action: pl.Expr) -> pl.Expr:
    return pl.struct(kind=pl.lit(kind.value), code=code, action=action)


def _of_score(score: pl.Expr, policy: Policy) -> pl.Expr:
    """Return what the score demands, or that there is none; null where it demands nothing."""
    code = pl.lit("score")
    return (
        pl.when(score.is_null())
        .then(_reason(ReasonKind.BLIND, code, pl.col("blind")))
        .when(score >= policy.block_at)
        .then(_reason(ReasonKind.SCORE, code, pl.lit(Action.BLOCK.value)))
        .when(score >= policy.hold_at)
        .then(_reason(ReasonKind.SCORE, code, pl.lit(Action.HOLD.value)))
    )


def _of_rule(voice: Voice) -> pl.Expr:
    demanded = _reason(ReasonKind.RULE, pl.lit(voice.code), pl.lit(voice.action.value))
    return pl.when(pl.col(voice.code)).then(demanded)


def _of_blindness() -> pl.Expr:
    """Return a reason for each code that could not be read; blind is one of two actions."""

    def meaning(action: Action) -> pl.Expr:
        return pl.col("unread").list.eval(_reason(ReasonKind.BLIND, pl.element(), pl.lit(action.value)))

    return pl.when(pl.col("blind") == Action.BLOCK.value).then(meaning(Action.BLOCK)).otherwise(meaning(Action.HOLD))


def _harshest() -> pl.Expr:
    """Return the harshest action among the reasons."""
    demanded = pl.element().struct.field("action").replace_strict(_SEVERITY, return_dtype=pl.Int8)
    return pl.col("reasons").list.eval(demanded).list.max().replace_strict(_BY_SEVERITY, return_dtype=pl.String)
