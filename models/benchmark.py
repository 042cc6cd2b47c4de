"""One catalogue and one procedure against what others published: a protocol file in, figures out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from antifraud.domain.errors import InvalidValue
from antifraud.intake import Intake, read
from antifraud.tables import TRANSFER_KEY
from features.catalogue import CATALOGUE
from features.offline import offline_features
from models.dataset import sample, vectors_of
from models.folds import FoldRows, usable_folds
from models.metrics import Ranking, by_day, metric
from models.protocol import DataSet, Fold, Protocol
from models.search import GRID, FoldData, Settings, choose, grow

SEEDS: Final = (1, 2, 3)
"""Results are means over these: one seed of one fold moves average precision by half a hundredth."""

DRAWS: Final = 200
"""How often the days of the test folds are drawn anew, with replacement, for the 95 % interval of a figure."""

_TAILS: Final = (2.5, 97.5)
_MAX_ROWS: Final = 200_000  # to learn from: all frauds and a random part of the rest, weighted back

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One metric of one protocol: mean over folds (and worlds), their standard deviation, and a 95 % interval.

    The interval says what other test days could have shown, by drawing days; not what other training could.
    """

    protocol: str
    metric: str
    value: float
    std: float
    low: float
    high: float
    published_best: float | None
    published_source: str | None
    to_reach: float | None


def benchmark(
    protocols: Path,
    data: Path,
    progress: Progress = lambda what, done, of: None,
    hear: Callable[[Intake], object] = lambda intake: None,
) -> list[Result]:
    """Run every protocol of a file on its data.

    Settings are chosen on each protocol's validation folds; without any, the defaults of `models.search` are
    used. Scores are log-odds; nothing of a test fold is seen before it is judged. `hear` is told what the data gave,
    rejected rows too: they are left out of all figures. Every fold is tried for frauds and honest transfers before
    the long work begins; InvalidValue names the key of one that has none.
    """
    dataset = DataSet.load(protocols)
    worlds = dataset.mapping.world is not None
    intake = read(data, dataset.mapping, lambda rows, share: progress("rows read", rows, 0))
    hear(intake)
    if intake.transfers.is_empty():
        raise InvalidValue(data.name, f"none of {intake.rows:,} rows was kept and accepted", None)
    folds = {
        protocol.name: [
            usable_folds(part, protocol, intake, by_world=worlds) for part in (protocol.validation, protocol.folds)
        ]
        for protocol in dataset.protocols
    }
    vectors = _vectors(intake, by_world=worlds, progress=progress)
    fraud = intake.truth["fraud"].fill_null(False).to_numpy()
    chosen: dict[tuple[Fold, ...], Settings] = {}
    results = []
    for protocol in dataset.protocols:
        validation, judged = folds[protocol.name]
        if protocol.validation not in chosen:
            chosen[protocol.validation] = _settings(vectors, fraud, validation, progress)
        results += _judge(protocol, vectors, fraud, judged, chosen[protocol.validation], progress)
    return results


def _vectors(intake: Intake, *, by_world: bool, progress: Progress) -> NDArray[np.float64]:
    """Return a vector for each transfer; worlds never see each other."""

    def hear(done: int, of: int) -> None:
        progress("features", done, of)

    if not by_world:
        table = offline_features(intake.transfers, intake.reports, CATALOGUE, hear)
    else:
        worlds = intake.transfers.partition_by("participant", maintain_order=True)
        table = intake.transfers.select(TRANSFER_KEY).join(
            pl.concat([offline_features(world, intake.reports, CATALOGUE, hear) for world in worlds]),
            on=TRANSFER_KEY,
            how="left",
            maintain_order="left",
        )
    return vectors_of(table)


def _fold_data(rows: FoldRows, fraud: NDArray[np.bool_]) -> FoldData:
    train, weight = sample(np.flatnonzero(rows.train), fraud, _MAX_ROWS, SEEDS[0])
    return FoldData(train, np.flatnonzero(rows.test), rows.day, rows.payer, weight)


def _settings(
    vectors: NDArray[np.float64], fraud: NDArray[np.bool_], validation: list[FoldRows], progress: Progress
) -> Settings:
    if not validation:
        return Settings()
    folds = [_fold_data(rows, fraud) for rows in validation]
    return choose(vectors, fraud, folds, SEEDS[0], GRID, lambda done, of: progress("settings tried", done, of))[0]


def _judge(
    protocol: Protocol,
    vectors: NDArray[np.float64],
    fraud: NDArray[np.bool_],
    folds: list[FoldRows],
    settings: Settings,
    progress: Progress,
) -> list[Result]:
    values = np.zeros((len(folds), len(protocol.metrics)))
    first: list[Ranking] = []
    for done, rows in enumerate(folds):
        fold = _fold_data(rows, fraud)
        for seed in SEEDS:
            booster = grow(vectors[fold.train], fraud[fold.train], settings, seed, weight=fold.weight)
            raw = np.asarray(booster.predict(vectors[fold.test], raw_score=True))
            ranking = Ranking(raw, fraud[fold.test], fold.day, fold.payer)
            values[done] += [metric(name)(ranking) / len(SEEDS) for name in protocol.metrics]
            if seed == SEEDS[0]:
                first.append(ranking)
        progress(f"folds of {protocol.name}", done + 1, len(folds))
    intervals = _intervals(first, protocol.metrics, values.mean(axis=0))
    results = []
    for index, name in enumerate(protocol.metrics):
        best = protocol.published_best(name)
        results.append(
            Result(
                protocol=protocol.name,
                metric=name,
                value=float(values[:, index].mean()),
                std=float(values[:, index].std()),
                low=float(intervals[0, index]),
                high=float(intervals[1, index]),
                published_best=None if best is None else best.value,
                published_source=None if best is None else f"{best.model}; {best.source}",
                to_reach=protocol.to_reach.get(name),
            )
        )
    return results


def _intervals(folds: Sequence[Ranking], metrics: Sequence[str], means: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the lower and upper end of each metric's interval [2, metrics]: deviations of one seed, around the mean.

    Days, not rows: payments of a day and of a payer are not independent. What is a mean over days is drawn as its
    days came out: who was called on one of them left the others.
    """
    random = np.random.default_rng(SEEDS[0])
    spans = [_spans(ranking) for ranking in folds]
    daily = [[None if (of := by_day(name)) is None else of(ranking) for name in metrics] for ranking in folds]
    drawn = np.full((DRAWS, len(metrics)), np.nan)
    for draw in range(DRAWS):
        chosen = [random.integers(len(each), size=len(each)) for each in spans]
        values = [
            _drawn(ranking, parts, days, metrics, known)
            for ranking, parts, days, known in zip(folds, spans, chosen, daily, strict=True)
        ]
        drawn[draw] = np.mean(values, axis=0)
    as_they_were = np.array([np.mean([metric(name)(ranking) for ranking in folds]) for name in metrics])
    ends = np.asarray(np.nanpercentile(drawn, _TAILS, axis=0), np.float64)
    return np.asarray(np.clip(ends - as_they_were + means, 0.0, 1.0), np.float64)


def _spans(ranking: Ranking) -> list[NDArray[np.int64]]:
    """Return the rows of each day, days in order."""
    order = np.argsort(ranking.day, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(ranking.day[order])) + 1)


def _drawn(
    ranking: Ranking,
    spans: Sequence[NDArray[np.int64]],
    chosen: NDArray[np.int64],
    metrics: Sequence[str],
    daily: Sequence[NDArray[np.float64] | None],
) -> NDArray[np.float64]:
    """Return each metric on the days drawn with replacement; NaN when they happen to hold one sort only."""
    rows = np.concatenate([spans[each] for each in chosen])
    fraud = ranking.fraud[rows]
    if not fraud.any() or fraud.all():
        return np.full(len(metrics), np.nan)
    day = np.repeat(np.arange(len(chosen)), [spans[each].size for each in chosen])
    other = Ranking(ranking.score[rows], fraud, day, ranking.payer[rows])
    return np.array(
        [
            metric(name)(other) if known is None else known[chosen].mean()
            for name, known in zip(metrics, daily, strict=True)
        ]
    )
