"""The policy over a table: what `Policy.decide` says of each transfer, column by column.

What spoke about a transfer stands in a row: `score` (null: none), `unread` (codes of what could not be read), a
Boolean column for each rule, named by its code, and perhaps `lot` (null: not drawn).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from antifraud.domain.decision import Action, ReasonKind
from antifraud.domain.policy import Policy, lot_of
from antifraud.domain.rule import Rule
from antifraud.tables import REASON, TRANSFER_KEY

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
    want to happen when something could not be read. Without a column `lot` nothing is let through.
    """
    numbered = rows.with_row_index("row")
    score = pl.col("score").fill_nan(None)
    something = score.is_null() | (score >= policy.hold_at) | (pl.col("unread").list.len() > 0)
    spoke = pl.any_horizontal(something, *(pl.col(voice.code) for voice in voices))
    harsh = numbered.filter(spoke).with_columns(blind=_blind(policy, rows, chosen or {}))
    heard = [_of_score(score, policy), *(_of_rule(voice) for voice in voices)]
    reasons = pl.concat_list(heard).list.drop_nulls().list.concat(_of_blindness())
    lot = pl.col("lot") if "lot" in rows.columns else pl.lit(None, pl.Float64)
    ruled = _let_through(harsh.select("row", lot=lot, reasons=reasons).with_columns(action=_harshest()), policy)
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


def _let_through(ruled: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Undo the holds that the score alone demands and whose lot says so, with a reason more."""
    first = pl.col("reasons").list.first().struct
    alone = (pl.col("reasons").list.len() == 1) & (first.field("kind") == ReasonKind.SCORE.value)
    drawn = (alone & (pl.col("action") == Action.HOLD.value) & (pl.col("lot") < policy.let_through_share)).fill_null(
        False
    )
    share = f"{ReasonKind.LET_THROUGH}@{policy.let_through_share:g}"
    reason = _reason(ReasonKind.LET_THROUGH, pl.lit(share), pl.lit(_MILDEST))
    return ruled.select(
        "row",
        action=pl.when(drawn).then(pl.lit(_MILDEST)).otherwise("action"),
        reasons=pl.when(drawn).then(pl.col("reasons").list.concat(reason)).otherwise("reasons"),
    )


def draw(rows: pl.DataFrame, policy: Policy, key: bytes | None) -> pl.DataFrame:
    """Return rows with the `lot` of each that the policy may let through.

    Without the `key` that drew then, a log's word is taken: what was let through is let through again.
    """
    if policy.let_through_share == 0:
        return rows
    if key is not None:
        asked = (pl.col("score") >= policy.hold_at) & (pl.col("score") < policy.block_at)
        lots = [
            lot_of(key, participant, transfer_id) if may else None
            for participant, transfer_id, may in rows.select(*TRANSFER_KEY, asked.alias("may")).iter_rows()
        ]
        return rows.with_columns(lot=pl.Series(lots, dtype=pl.Float64))
    if "was_reasons" not in rows.columns:
        return rows
    kinds = pl.col("was_reasons").list.eval(pl.element().struct.field("kind"))
    return rows.with_columns(lot=pl.when(kinds.list.contains(ReasonKind.LET_THROUGH.value)).then(0.0))
