"""One model with its policy on transfers that it never saw: everything that a report says, as numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, Literal, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from antifraud.domain.errors import InvalidValue
from antifraud.domain.money import MINOR_DIGITS, currency_code
from antifraud.domain.policy import Policy
from features.catalogue import CATALOGUE
from features.schema import names
from models.dataset import Past, sample
from models.evaluation.columns import Columns, columns_of, numbered
from models.evaluation.delay import Delay, delay_of
from models.evaluation.desk import Desk, Disturbed, Point, Slice, desk_of, disturbed_of, points_of, slices_of
from models.evaluation.feedback import Feedback, feedback_of
from models.evaluation.intervals import Blocks, Estimate
from models.evaluation.ranking import WeightedRanking
from models.evaluation.rows import SEGMENTS, Besides, Judged, judged_rows
from models.evaluation.suspicion import Strength, rewritten, strengths
from models.judgement import CalibrationBin, calibration_bins, calibration_error
from models.thresholds import Costs

Progress = Callable[[str, int, int], None]

_DAY_S: Final = 86_400
_FEW_BLOCKS: Final = 14
_LEEWAY: Final = 1.25
_STRONGEST: Final = 10
_MOST_ROWS_ALONE: Final = 100_000  # to rank by single features


class Scorer(Protocol):
    """Gives calibrated chances of fraud."""

    version: str

    def score(self, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the chance of fraud of each row."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is asked.

    Transfers from `since` on are judged by what was known at `by` (None: the end of the history) and younger ones
    than `delay` left out. `capacity` is the desk's, in alerts a day; None takes it from the costs. `learnt_until`
    is when the model's own labels ended: what came before flatters it. Intervals draw `blocks`, `rounds` times.
    """

    delay: timedelta
    since: datetime | None = None
    by: datetime | None = None
    learnt_until: datetime | None = None
    capacity: int | None = None
    currency: str = "KZT"
    simulated: bool = False
    blocks: Literal["day", "payer"] = "day"
    rounds: int = 300
    seed: int = 1
    recompute: bool = True  # every feature, on the history cut short: does any see the future?

    def __post_init__(self) -> None:
        """Refuse a desk of nobody and what cannot be drawn."""
        currency_code(self.currency)
        if self.capacity is not None and self.capacity < 1:
            raise InvalidValue("capacity", "must be at least one alert a day", self.capacity)
        if self.rounds < 1:
            raise InvalidValue("rounds", "must be at least one", self.rounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What was judged, by what."""

    model: str
    policy: str
    hold_at: float
    block_at: float
    currency: str
    simulated: bool
    learnt_until: datetime | None
    since: datetime
    until: datetime
    days: float
    transfers: int
    frauds: int
    stolen_minor: int
    left_out_before: int
    left_out_young: int
    delay_days: float
    capacity: int
    block: str
    blocks: int
    rounds: int
    seed: int
    costs: Costs


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How well the chances rank and what they are worth as chances."""

    average_precision: Estimate
    auc: Estimate
    base_rate: float | None  # the average precision of a ranking that knows nothing
    calibration_error: Estimate
    calibration: tuple[CalibrationBin, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Of a simulated history: against what really was, reported or not."""

    frauds: int
    never_reported: int
    never_reported_caught: int
    alarms: int  # alerts that no report calls fraud
    alarms_right: int  # of these, really fraud
    average_precision: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Warnings:
    """What makes the figures doubtful; empty and False where nothing does."""

    too_good: tuple[str, ...]  # features that alone nearly do as well as the model
    rewritten: tuple[str, ...]  # features that change when the future is taken away
    seen_in_training: bool
    few_blocks: bool
    over_capacity: bool  # the policy alerts more often than the desk can look


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """All of it. `asdict` gives what is written as JSON, and every number of the HTML page."""

    about: About
    policy: Desk
    at_capacity: Desk
    sizes: tuple[Point, ...]
    quality: Quality
    disturbed: Disturbed
    delays: tuple[Delay, ...]
    by_type: tuple[Slice, ...]
    by_amount: tuple[Slice, ...]
    by_week: tuple[Slice, ...]
    by_segment: dict[str, tuple[Slice, ...]]
    feedback: Feedback | None
    truth: Truth | None
    features: tuple[Strength, ...]
    warnings: Warnings


def evaluate(
    past: Past,
    scorer: Scorer,
    policy: Policy,
    costs: Costs,
    terms: Terms,
    besides: Besides = Besides(),  # noqa: B008  frozen
    progress: Progress = lambda what, done, of: None,
) -> Evaluation:
    """Judge a model and its policy on a history; the same input gives the same figures.

    Raises InvalidValue when nothing is left to judge, or no fraud is known in it.
    """
    chance = scorer.score(past.vectors)
    judged = judged_rows(past, chance, policy, delay=terms.delay, since=terms.since, by=terms.by, besides=besides)
    rows = judged.rows
    if not rows["fraud"].any():
        raise InvalidValue("history", "has no known fraud among the transfers to be judged", rows.height)
    progress("evaluation", 1, 4)
    columns = columns_of(rows)
    blocks = Blocks(numbered(rows["day"] if terms.blocks == "day" else rows["payer"]), terms.rounds, terms.seed)
    about = _about(past, judged, scorer.version, policy, costs, terms, blocks)
    quality = _quality(rows, columns, blocks)
    progress("evaluation", 2, 4)
    features = _features(past, judged, quality, terms)
    progress("evaluation", 3, 4)
    nobody = np.zeros(rows.height, np.bool_)
    chosen = columns.first_of_each_day(about.capacity)
    evaluation = Evaluation(
        about=about,
        policy=desk_of(columns, columns.held, columns.blocked, costs, blocks, about.days),
        at_capacity=desk_of(columns, chosen, nobody, costs, blocks, about.days),
        sizes=points_of(columns, about.capacity, costs, blocks, about.days),
        quality=quality,
        disturbed=disturbed_of(rows, columns),
        delays=tuple(found for of in ("chain", "payer", "payee") if (found := delay_of(rows, of)) is not None),
        by_type=slices_of(rows["fraud_type"], columns, costs, blocks),
        by_amount=slices_of(amount_bands(rows["amount_minor"], terms.currency), columns, costs, blocks),
        by_week=slices_of(rows["week"], columns, costs, blocks),
        by_segment={name: slices_of(rows[name], columns, costs, blocks) for name in SEGMENTS},
        feedback=feedback_of(rows, costs, blocks),
        truth=_truth(rows, columns, blocks),
        features=features[:_STRONGEST],
        warnings=_warnings(past, features, about, columns, terms),
    )
    progress("evaluation", 4, 4)
    return evaluation


def _about(past: Past, judged: Judged, model: str, policy: Policy, costs: Costs, terms: Terms, blocks: Blocks) -> About:
    rows = judged.rows
    since, until = past.at(judged.index[0]), past.at(judged.index[-1])
    days = max((until - since).total_seconds(), 1.0) / _DAY_S
    frauds = rows.filter(pl.col("fraud").fill_null(False))
    by_costs = int(costs.alerts_per_100k * rows.height / days / 100_000)
    return About(
        model=model,
        policy=policy.version,
        hold_at=policy.hold_at,
        block_at=policy.block_at,
        currency=terms.currency,
        simulated=terms.simulated,
        learnt_until=terms.learnt_until,
        since=since,
        until=until,
        days=days,
        transfers=rows.height,
        frauds=frauds.height,
        stolen_minor=int(frauds["amount_minor"].sum()),
        left_out_before=judged.before,
        left_out_young=judged.young,
        delay_days=terms.delay.total_seconds() / _DAY_S,
        capacity=max(by_costs, 1) if terms.capacity is None else terms.capacity,
        block=terms.blocks,
        blocks=blocks.count,
        rounds=terms.rounds,
        seed=terms.seed,
        costs=costs,
    )


def _quality(rows: pl.DataFrame, columns: Columns, blocks: Blocks) -> Quality:
    fraud = rows["fraud"].fill_null(False).to_numpy()
    ranking = WeightedRanking(columns.chance, fraud)
    weight = columns.weight * rows["fraud"].is_not_null().to_numpy()
    total = float(weight.sum())
    order = np.argsort(columns.chance, kind="stable")  # sorting again what is sorted costs next to nothing
    chance, sorted_fraud = columns.chance[order], fraud[order]
    return Quality(
        average_precision=blocks.of(ranking.average_precision, weight),
        auc=blocks.of(ranking.auc, weight),
        base_rate=float(columns.fraud.sum()) / total if total > 0 else None,
        calibration_error=blocks.of(lambda drawn: calibration_error(chance, sorted_fraud, drawn[order]), weight),
        calibration=tuple(calibration_bins(columns.chance, fraud, weight)),
    )


def _features(past: Past, judged: Judged, quality: Quality, terms: Terms) -> tuple[Strength, ...]:
    """Rank the judged transfers by each feature alone; of very many honest ones a random part, weighted back."""
    rows = judged.rows
    fraud = rows["fraud"].fill_null(False).to_numpy()
    weight = rows["weight"].to_numpy() * rows["fraud"].is_not_null().to_numpy()
    chosen, times = sample(np.arange(rows.height), fraud, _MOST_ROWS_ALONE, terms.seed)
    of_model = quality.average_precision.value or 0.0
    vectors, weight = past.vectors[judged.index[chosen]], weight[chosen] * times
    return strengths(vectors, fraud[chosen], weight, names(CATALOGUE), of_model)


def amount_bands(amount_minor: pl.Series, currency: str) -> pl.Series:
    """Return in which band each amount lies; in units of the currency, each band ten times the one below."""
    edges = [10_000, 100_000, 1_000_000]
    said = [f"{edge:,}".replace(",", " ") for edge in edges]
    bands = [f"below {said[0]}", *(f"{low} to {high}" for low, high in pairwise(said)), f"{said[-1]} and over"]
    scale = 10 ** MINOR_DIGITS[currency]
    number = pl.Series(np.searchsorted([edge * scale for edge in edges], amount_minor.to_numpy(), side="right"))
    return number.replace_strict(list(range(len(bands))), bands, return_dtype=pl.Enum(bands)).alias("band")


def _truth(rows: pl.DataFrame, columns: Columns, blocks: Blocks) -> Truth | None:
    if rows["true_fraud"].null_count() == rows.height:
        return None
    really = rows["true_fraud"].fill_null(False).to_numpy()
    reported = rows["fraud"].fill_null(False).to_numpy()
    silent, alarms = really & ~reported, columns.alert & ~reported
    return Truth(
        frauds=int(really.sum()),
        never_reported=int(silent.sum()),
        never_reported_caught=int((silent & columns.alert).sum()),
        alarms=int(alarms.sum()),
        alarms_right=int((alarms & really).sum()),
        average_precision=blocks.of(WeightedRanking(columns.chance, really).average_precision, np.ones(rows.height)),
    )


def _warnings(past: Past, features: tuple[Strength, ...], about: About, columns: Columns, terms: Terms) -> Warnings:
    middle = about.since + (about.until - about.since) / 2
    return Warnings(
        too_good=tuple(each.feature for each in features if each.too_good),
        rewritten=rewritten(past, middle, CATALOGUE) if terms.recompute else (),
        seen_in_training=terms.learnt_until is not None and about.since < terms.learnt_until,
        few_blocks=about.blocks < _FEW_BLOCKS,
        over_capacity=float(columns.alert.sum()) > _LEEWAY * about.capacity * about.days,
    )
