"""What the engine's own actions hide: outcomes nobody saw, and what they could change."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from antifraud.domain.decision import Action
from models.evaluation.columns import Columns, Floats, columns_of
from models.evaluation.intervals import Blocks, Estimate
from models.thresholds import Costs


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a figure can be at least and at most, whatever the unseen ones were."""

    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """How much of the judged history the engine itself changed, when it was served."""

    blocked: int  # no outcome of their own
    unknown: int  # of these, nobody said what they were
    set_aside: int  # held although they might have been let through: others speak for them
    let_through: int
    speaks_for: float  # how many holds the let-through ones stand for, themselves included
    fraud_by_draw: Estimate  # share of frauds among would-be holds, by what became of those let through
    fraud_by_desk: Estimate  # the same by what the desk said of those it held
    precision: Bounds
    caught: Bounds
    stopped_share: Bounds


def feedback_of(rows: pl.DataFrame, costs: Costs, blocks: Blocks) -> Feedback | None:
    """Say what is hidden; None where nobody says what was done when the transfers came."""
    if rows["served"].null_count() == rows.height:
        return None
    blocked = (rows["served"] == Action.BLOCK).fill_null(False).to_numpy()
    unknown = rows["fraud"].is_null().to_numpy()
    drawn = rows["let_through"].fill_null(False).to_numpy()
    weight = rows["weight"].to_numpy()
    aside = (weight == 0) & ~blocked
    columns, fraud = columns_of(rows), rows["fraud"].fill_null(False).to_numpy()
    precision, caught, stopped_share = _bounds(rows, np.where(blocked, 1.0, weight), costs)
    return Feedback(
        blocked=int(blocked.sum()),
        unknown=int(unknown.sum()),
        set_aside=int(aside.sum()),
        let_through=int(drawn.sum()),
        speaks_for=float(weight[drawn].sum()),
        fraud_by_draw=blocks.ratio(columns.fraud * drawn, weight * drawn),
        fraud_by_desk=blocks.ratio((aside & fraud).astype(np.float64), aside.astype(np.float64)),
        precision=precision,
        caught=caught,
        stopped_share=stopped_share,
    )


def _bounds(rows: pl.DataFrame, weight: Floats, costs: Costs) -> tuple[Bounds, Bounds, Bounds]:
    """Bound precision, share of frauds caught and share of stolen money stopped.

    Each is a ratio that one more fraud pulls towards what the policy does with it: all, some or nothing of it is
    stopped. So the ends are reached where the unseen frauds are just those that it blocks, holds or allows, or those
    of two of these, or all, or none.
    """
    held, blocked = (rows["action"] == action for action in (Action.HOLD, Action.BLOCK))
    guesses = (held & ~held, blocked, held | blocked, ~held & ~blocked, ~blocked, held | ~held)
    tried = [
        _figures(columns_of(rows, fraud=rows["fraud"].fill_null(guess), weight=weight), costs) for guess in guesses
    ]
    precision, caught, stopped_share = (_ends(each) for each in zip(*tried, strict=True))
    return precision, caught, stopped_share


def _ends(tried: Sequence[float | None]) -> Bounds:
    known = [each for each in tried if each is not None]
    return Bounds(min(known), max(known)) if known else Bounds(None, None)


def _figures(columns: Columns, costs: Costs) -> tuple[float | None, float | None, float | None]:
    """Return precision, share of frauds caught and share of stolen money stopped."""
    alert = columns.alert
    caught, stopped = columns.fraud * alert, columns.stopped(columns.held, columns.blocked, costs)
    pairs = (
        (caught, (columns.fraud + columns.honest) * alert),
        (caught, columns.fraud),
        (stopped, columns.stolen),
    )
    sums = [(float(top.sum()), float(bottom.sum())) for top, bottom in pairs]
    precision, share, money = (top / bottom if bottom > 0 else None for top, bottom in sums)
    return precision, share, money
