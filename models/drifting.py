"""Measure the drift of a past: every piece is counted as it passes."""

from collections.abc import Callable, Iterable

import numpy as np
import polars as pl

from antifraud.domain.errors import NotFound
from antifraud.domain.rule import RuleBook
from features.catalogue import CATALOGUE
from models.backtest.hearing import hear
from models.backtest.past import Piece, features_for
from models.bundle import Bundle
from models.drift.watch import Compared, Drift, Tally, differences, drift
from models.scorer import LightGbmScorer

Progress = Callable[[str, int, int], None]
_NO_RULES = RuleBook(())


def measure(
    pieces: Iterable[Piece],
    bundle: Bundle,
    delays: Callable[[], pl.DataFrame],
    again: pl.DataFrame | None,
    progress: Progress,
) -> Drift:
    """Return the drift of a past against what the bundle was trained on; raise NotFound when either is nothing.

    `delays` returns those of `models.drift.reference.delays_of`; `again`: features to compare the pieces' with.
    """
    reference = bundle.reference
    if reference is None:
        raise NotFound(f"bundle {bundle.version} has no reference to measure drift against: train again")
    scorer = LightGbmScorer(bundle)
    tally = Tally(reference, CATALOGUE, bundle.policy.hold_at)
    different = dict.fromkeys(reference.features, 0)
    compared = 0
    for rows, features in pieces:
        heard = hear(rows, features, scorer, _NO_RULES)
        blind = heard.select(pl.col("unread").list.contains("features")).to_series()
        tally.take(rows, features, heard["score"].fill_null(np.nan).to_numpy(), blind.to_numpy())
        if again is not None:
            read = ~blind
            compared += int(read.sum())
            for name, count in differences(features.filter(read), features_for(rows, again).filter(read)).items():
                different[name] += count
        progress("transfers counted", tally.rows, 0)
    if tally.rows == 0:
        raise NotFound("no transfer was received in this period: there is nothing to measure")
    side = None if again is None else Compared(rows=compared, different=different)
    return drift(tally, reference, delays(), bundle.version, side)
