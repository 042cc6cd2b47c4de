"""What was served or computed, joined with what is known by a date, and cut by time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from antifraud.domain.errors import InvalidValue
from antifraud.tables import TRANSFER_KEY
from features.catalogue import CATALOGUE
from features.offline import offline_features
from features.schema import names

_TICK: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Past:
    """A history ready to learn from: every transfer once, in order of arrival, with its vector."""

    transfers: pl.DataFrame
    reports: pl.DataFrame
    clock: pl.Series  # when each arrived; never steps back
    vectors: NDArray[np.float64]  # [n, features]; absent is NaN

    @property
    def end(self) -> datetime:
        """Return the first moment after the last arrival."""
        return self.at(self.transfers.height - 1) + _TICK

    @property
    def amount_minor(self) -> NDArray[np.int64]:
        """Return what each moves, in minor units of the base currency."""
        return self.transfers["base_minor"].to_numpy()

    def at(self, row: int | np.int64) -> datetime:
        """Return when a row arrived."""
        moment: datetime = self.clock[int(row)]
        return moment

    def known(self, by: datetime) -> NDArray[np.bool_]:
        """Return for each transfer whether it is known as fraud at the moment `by`."""
        return known_frauds(self.transfers, self.reports, by)


def prepare(
    transfers: pl.DataFrame,
    reports: pl.DataFrame,
    features: pl.DataFrame | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Past:
    """Return tables as `antifraud.tables` describes them as a history to learn from.

    `features` are those of `offline_features` or those that were served, if they are at hand: transfers whose vector
    is all absent are left out. `progress` hears (features done, of how many) otherwise. Raises InvalidValue for an
    empty history, for features of another one, and for reports that are known before their transfer arrived: they
    would tell a model what nobody can know.
    """
    if transfers.is_empty():
        raise InvalidValue("history", "holds no transfers", 0)
    if features is None:
        features = offline_features(transfers, reports, CATALOGUE, progress)
    transfers = transfers.unique(TRANSFER_KEY, keep="first", maintain_order=True)
    if not features.select(TRANSFER_KEY).equals(transfers.select(TRANSFER_KEY)):
        raise InvalidValue("features", "are not of the transfers of this history", f"{features.height} rows")
    vectors = vectors_of(features)
    served = pl.Series(~np.isnan(vectors).all(axis=1))  # a log has no vector of what was decided blind
    if not served.any():
        raise InvalidValue("features", "hold no vector", f"{features.height} rows")
    transfers, vectors = transfers.filter(served), vectors[served.to_numpy()]
    _demand_honest_clocks(transfers, reports)
    clock = transfers["received_at"].cum_max()
    return Past(transfers=transfers, reports=reports, clock=clock, vectors=vectors)


def vectors_of(features: pl.DataFrame) -> NDArray[np.float64]:
    """Return a table of `offline_features` as rows [n, features]; raise InvalidValue for another catalogue's."""
    missing = [name for name in names(CATALOGUE) if name not in features.columns]
    if missing:
        raise InvalidValue("features", "were computed with another catalogue; missing", missing[0])
    return features.select(pl.col(names(CATALOGUE)).cast(pl.Float64)).to_numpy(order="c")


def _demand_honest_clocks(transfers: pl.DataFrame, reports: pl.DataFrame) -> None:
    arrivals = transfers.select(*TRANSFER_KEY, "received_at")
    early = reports.join(arrivals, on=TRANSFER_KEY).filter(pl.col("known_at") < pl.col("received_at"))
    if not early.is_empty():
        first = early.row(0, named=True)
        raise InvalidValue(
            "known_at",
            f"{early.height} reports are known before their transfer arrived; of transfer {first['transfer_id']} it",
            str(first["known_at"]),
        )


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
    return known_about(transfers, reports, by)["fraud"].to_numpy()


def known_about(transfers: pl.DataFrame, reports: pl.DataFrame, by: datetime) -> pl.DataFrame:
    """Return `fraud` and `fraud_type` (null: not said) of each transfer, as its latest report before `by` has it."""
    latest = (
        reports.filter(pl.col("known_at") < by)
        .sort("known_at", maintain_order=True)
        .unique(TRANSFER_KEY, keep="last", maintain_order=True)
        .select(*TRANSFER_KEY, "fraud", "fraud_type")
    )
    joined = transfers.select(TRANSFER_KEY).join(latest, on=TRANSFER_KEY, how="left", maintain_order="left")
    return joined.select(
        pl.col("fraud").fill_null(False), fraud_type=pl.when(pl.col("fraud")).then(pl.col("fraud_type"))
    )


def labels(
    past: Past, rows: NDArray[np.int64], *, by: datetime, delay: timedelta, used_from: datetime | None = None
) -> NDArray[np.bool_]:
    """Say which of `rows` are frauds, by what was known at `by`.

    Raises InvalidValue for a moment that may not label them: before the youngest of them is `delay` old, because
    silence would pass for innocence; after `used_from`, where what is learnt is first used or judged, because
    labels would then come from the future of what they are used for.
    """
    youngest = past.at(rows.max())
    if by < youngest + delay:
        raise InvalidValue("labels", f"known at {by} are too early for a transfer of {youngest}; delay", str(delay))
    if used_from is not None and by > used_from:
        raise InvalidValue("labels", f"come from the future of what begins at {used_from}; known at", str(by))
    return past.known(by)[rows]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Labels:
    """Which transfers are frauds, each part by what was known when the next one begins; False outside the parts.

    `choosing` is of `fit`, by the moment `validation` begins, and of `validation`, by the moment `test` begins;
    `final` of `train`, by the moment `test` begins, and of `test`, by the end of the history.
    """

    choosing: NDArray[np.bool_]
    final: NDArray[np.bool_]


def label_parts(past: Past, parts: "Parts", delay: timedelta) -> Labels:
    """Label each part by what was known when it is first used; raise InvalidValue if `delay` is not kept."""
    validated, tested = past.at(parts.validation[0]), past.at(parts.test[0])
    choosing, final = np.zeros((2, past.transfers.height), np.bool_)
    choosing[parts.fit] = labels(past, parts.fit, by=validated, delay=delay, used_from=validated)
    choosing[parts.validation] = labels(past, parts.validation, by=tested, delay=delay, used_from=tested)
    final[parts.train] = labels(past, parts.train, by=tested, delay=delay, used_from=tested)
    final[parts.test] = labels(past, parts.test, by=past.end, delay=delay)
    return Labels(choosing=choosing, final=final)


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
    """Return about `most` of `rows` in order, and the weight of each that makes up for those left out.

    All frauds are kept, and at least as many honest ones: a few would each have to speak for very many. So where
    frauds are more than half of `most`, twice their number is returned. `most` of 0 keeps all.
    """
    frauds, rest = rows[fraud[rows]], rows[~fraud[rows]]
    room = max(most - frauds.size, frauds.size)
    if most == 0 or rest.size <= room:
        return rows, np.ones(rows.size)
    kept = np.random.default_rng(seed).choice(rest, room, replace=False)
    chosen = np.sort(np.concatenate([frauds, kept]))
    return chosen, np.where(fraud[chosen], 1.0, rest.size / kept.size)
