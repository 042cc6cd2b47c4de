"""What was served or computed, joined with what is known by a date, and cut by time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from antifraud.domain.errors import InvalidValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """How a history is cut. Shares are of the usable time; `delay` is the gap before each judged part."""

    warm_up: timedelta
    delay: timedelta
    test_share: float
    validation_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Rows (indices) of each part.

    A model for choosing learns from `fit` and is judged on `validation`; the final one learns from `train`,
    which spans both, and is judged once on `test`.
    """

    fit: NDArray[np.int64]
    validation: NDArray[np.int64]
    train: NDArray[np.int64]
    test: NDArray[np.int64]


def known_frauds(transfers: pl.DataFrame, reports: pl.DataFrame, by: datetime) -> NDArray[np.bool_]:
    """Return for each transfer whether it is known as fraud at the moment `by`: the latest report speaks."""
    name = ["participant", "transfer_id"]
    latest = (
        reports.filter(pl.col("known_at") < by)
        .sort("known_at", maintain_order=True)
        .unique(name, keep="last", maintain_order=True)
        .select(*name, "fraud")
    )
    joined = transfers.select(name).join(latest, on=name, how="left", maintain_order="left")
    return joined["fraud"].fill_null(False).to_numpy()


def cut(received_at: pl.Series, split: Split) -> Parts:
    """Cut a history by time; raise InvalidValue when it is too short to leave anything in some part.

    The last `delay` of it is left out whole: most of its frauds are not known yet, and silence there means nothing.
    """
    start, end = received_at.min(), received_at.max()
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        raise InvalidValue("history", "holds no transfers", received_at.len())
    first, last = start + split.warm_up, end - split.delay
    test_from = last - split.test_share * (last - first)
    train_to = test_from - split.delay
    validation_from = train_to - split.validation_share * (train_to - first)
    fit_to = validation_from - split.delay

    def rows(since: datetime, until: datetime) -> NDArray[np.int64]:
        return np.flatnonzero(((received_at >= since) & (received_at < until)).to_numpy())

    parts = Parts(
        fit=rows(first, fit_to),
        validation=rows(validation_from, train_to),
        train=rows(first, train_to),
        test=rows(test_from, last),
    )
    if min(parts.fit.size, parts.validation.size, parts.test.size) == 0:
        raise InvalidValue("history", "is too short for its warm-up, two delays and three parts", str(end - start))
    return parts


def sample(
    rows: NDArray[np.int64], fraud: NDArray[np.bool_], most: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return at most `most` of `rows` in order, all frauds among them, and the weight that makes up for it.

    `most` of 0 keeps all.
    """
    frauds, rest = rows[fraud[rows]], rows[~fraud[rows]]
    if most == 0 or rows.size <= most or rest.size <= max(most - frauds.size, 1):
        return rows, np.ones(rows.size)
    kept = np.random.default_rng(seed).choice(rest, max(most - frauds.size, 1), replace=False)
    chosen = np.sort(np.concatenate([frauds, kept]))
    return chosen, np.where(fraud[chosen], 1.0, rest.size / kept.size)
