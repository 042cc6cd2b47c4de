"""What spoke about each past transfer: the model's score, the rules that fired, and what could not be read.

An outage is history: what could not be read when a transfer was decided is not read now. Features that failed
silence the model and all rules; rules that failed stay silent; a score that failed is missing for the model that
failed to give it, and given by any other.
"""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import polars as pl

from antifraud.domain.decision import EXPLANATION, FEATURES, RULES, SCORE, Action, ReasonKind
from antifraud.domain.rule import Rule, RuleBook
from antifraud.workflow.ports import Scorer, Vectors
from features.rules import fired
from models.backtest.ruling import Voice

Progress = Callable[[int, int], None]

_SLICE: Final = 100_000  # rows that are scored at a time: their matrix lies in memory twice
_NOTHING: Final = pl.lit([], pl.List(pl.String))


def hear(
    rows: pl.DataFrame,
    features: pl.DataFrame,
    scorer: Scorer,
    book: RuleBook,
    progress: Progress = lambda done, of: None,
) -> pl.DataFrame:
    """Return `rows` with score, unread and a Boolean column for each rule of `book.heard`.

    `features` are those of the same rows, columns in the catalogue's order, Float64. Rows that were decided before
    have `degraded` and `model_version` as the log keeps them; others lack both columns.
    """
    rules = book.heard
    names = features.columns
    chances = []
    for start in range(0, features.height, _SLICE):
        chances.append(_chances(scorer, features.slice(start, _SLICE).to_numpy(order="c")))
        progress(min(start + _SLICE, features.height), features.height)
    heard = rows.hstack(fired(features, rules, names)).with_columns(
        score=pl.Series(np.concatenate([np.empty(0), *chances])).fill_nan(None)
    )
    if "degraded" not in rows.columns:
        return heard.with_columns(unread=_NOTHING)
    return _with_outages(heard, scorer.version, [rule.code for rule in book.active], rules)


def as_served(decided: pl.DataFrame) -> tuple[pl.DataFrame, tuple[Voice, ...]]:
    """Return decisions of the log with what spoke then, and the rules that did: nothing is computed again."""
    of_rules = pl.element().filter(pl.element().struct.field("kind") == ReasonKind.RULE.value)
    said = decided.select(pl.col("was_reasons").list.eval(of_rules).list.explode()).to_series().drop_nulls()
    rules = said.struct.unnest().unique("code", maintain_order=True)
    voices = tuple(Voice(code, Action(action)) for code, action in rules.select("code", "action").iter_rows())
    spoken = pl.col("was_reasons").list.eval(of_rules.struct.field("code"))
    unread = pl.col("degraded").list.filter(~pl.element().is_in([SCORE, EXPLANATION]))
    columns = (spoken.list.contains(voice.code).alias(voice.code) for voice in voices)
    return decided.with_columns(*columns, score=pl.col("was_score"), unread=unread), voices


def matrix_of(vectors: pl.Series, names: Sequence[str]) -> pl.DataFrame:
    """Return logged vectors as columns; one that is empty is absent in all of them."""
    width = len(names)
    blank = np.full(width, np.nan).tobytes()
    flat = np.frombuffer(b"".join(vector or blank for vector in vectors.to_list()), "<f8")
    return pl.DataFrame(flat.reshape(-1, width), schema=list(names))


def _chances(scorer: Scorer, vectors: Vectors) -> Vectors:
    """Return scores as a desk takes them: what is no chance is no score."""
    scores = scorer.score(vectors)
    return np.where((scores >= 0) & (scores <= 1), scores, np.nan)


def _with_outages(heard: pl.DataFrame, model: str, active: Sequence[str], rules: Sequence[Rule]) -> pl.DataFrame:
    unread = pl.col("degraded")
    blind = unread.list.contains(FEATURES)
    unscored = unread.list.contains(SCORE) & (pl.col("model_version") == model)
    silent = blind | unread.list.contains(RULES)
    return heard.with_columns(
        pl.when(~(blind | unscored)).then(pl.col("score")),
        *(pl.col(rule.code) & ~silent & ~unread.list.contains(rule.code) for rule in rules),
        unread=unread.list.filter(pl.element().is_in([FEATURES, RULES, *active])),
    )
