"""From a history to a bundle: features, split, settings, trees, calibration, thresholds, judgement."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Final, Literal

import lightgbm as lgb
import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from antifraud.domain.errors import InvalidValue
from antifraud.domain.policy import MOST_LET_THROUGH
from antifraud.tables import TRANSFER_KEY
from antifraud.yaml_file import read_yaml
from features.catalogue import CATALOGUE
from features.schema import fingerprint, names
from models import calibration
from models.bundle import Bundle
from models.dataset import Labels, Parts, Past, Split, cut, label_parts, prepare, sample
from models.digests import digest_of
from models.drift.reference import look_back
from models.judgement import Judgement, judge
from models.policies import MoneyParams, Strict, money_policy
from models.scorer import LightGbmScorer, usual_values
from models.search import GRID, FoldData, Settings, choose, grow
from models.thresholds import Costs, Thresholds, choose_thresholds

Progress = Callable[[str, int, int], None]
Floats = NDArray[np.float64]

_QUICK: Final = (Settings(),)


class _HistoryParams(Strict):
    make: str  # the command and its options, without --out; for the pipeline


class _SplitParams(Strict):
    warm_up_days: float = Field(ge=0)
    delay_days: float = Field(ge=0)
    test_share: float = Field(gt=0, lt=1)
    validation_share: float = Field(gt=0, lt=1)


class _TrainParams(Strict):
    search: Literal["quick", "full"]
    max_rows: int = Field(ge=0)


class _PolicyParams(Strict):
    let_through_share: float = Field(0.0, ge=0, le=MOST_LET_THROUGH)


class Params(Strict):
    """`params.yaml`, checked."""

    seed: int
    history: _HistoryParams | None = None
    split: _SplitParams
    train: _TrainParams
    money: MoneyParams
    policy: _PolicyParams = _PolicyParams()

    @classmethod
    def load(cls, path: Path) -> "Params":
        """Read the file; raise NotFound, or InvalidValue naming the first key that is wrong."""
        try:
            return cls.model_validate(read_yaml(path))
        except ValidationError as error:
            first = error.errors()[0]
            raise InvalidValue(".".join(map(str, first["loc"])), first["msg"], first["input"]) from None

    def cut(self) -> Split:
        """Return how to cut a history."""
        return Split(
            warm_up=timedelta(days=self.split.warm_up_days),
            delay=timedelta(days=self.split.delay_days),
            test_share=self.split.test_share,
            validation_share=self.split.validation_share,
        )

    def costs(self) -> Costs:
        """Return what outcomes cost."""
        return self.money.costs()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A bundle, and how it did on the part of the history that it never saw."""

    bundle: Bundle
    judgement: Judgement
    tested: pl.DataFrame = field(compare=False)  # chance, fraud and base_minor of each transfer of that part


def train(
    transfers: pl.DataFrame,
    reports: pl.DataFrame,
    params: Params,
    progress: Progress = lambda what, done, of: None,
    features: pl.DataFrame | None = None,
) -> Trained:
    """Train on tables as `antifraud.tables` describes them; the same input gives the same bundle.

    `features` are those of `offline_features` if they are at hand already.
    """
    past = prepare(transfers, reports, features, lambda done, of: progress("features", done, of))
    vectors, amounts = past.vectors, past.amount_minor
    split = params.cut()
    parts = cut(past.clock, split)
    known = label_parts(past, parts, split.delay)
    _demand_frauds(known, parts)
    settings, raw = _chosen(vectors, known.choosing, parts, params, progress)
    fraud = known.choosing[parts.validation]
    calibrator = calibration.fit(raw, fraud)
    costs = params.costs()
    thresholds = choose_thresholds(calibrator(raw), fraud, amounts[parts.validation], costs)
    former, _ = _grown(vectors, parts.fit, known.choosing, settings, params)
    booster, rows = _grown(vectors, parts.train, known.final, settings, params)
    between = vectors[parts.train[-1] + 1 : parts.test[0]]  # nobody learns from these: what they are is not known yet
    if len(between):
        calibrator = calibration.carried(calibrator, *(_raw(one, between) for one in (former, booster)))
    bundle = Bundle(
        fingerprint=fingerprint(CATALOGUE),
        features=names(CATALOGUE),
        trees=booster.model_to_string(),
        calibrator=calibrator,
        policy=money_policy(thresholds, params.policy.let_through_share),
        usual=usual_values(CATALOGUE, vectors[rows]),
        about={},
    )
    chance = LightGbmScorer(bundle).score(vectors[parts.test])
    arrivals = past.clock.gather(parts.test)
    judgement = judge(chance, known.final[parts.test], amounts[parts.test], arrivals, bundle.policy, costs)
    truth = past.transfers[parts.test].select(*TRANSFER_KEY, "base_minor", fraud=pl.Series(known.final[parts.test]))
    about = {
        **_about(past, parts, settings, thresholds, params, judgement),
        "data": digest_of(past.transfers, past.reports),
        "judged_on": digest_of(truth),  # figures of two bundles can be compared where this is the same
    }
    progress("judged", 1, 1)
    tested = truth.with_columns(chance=chance)
    reference = look_back(past.transfers, past.reports, CATALOGUE, vectors, parts.test, chance, bundle.policy.hold_at)
    return Trained(bundle=replace(bundle, about=about, reference=reference), judgement=judgement, tested=tested)


def _grown(
    vectors: Floats, part: NDArray[np.int64], fraud: NDArray[np.bool_], settings: Settings, params: Params
) -> tuple[lgb.Booster, NDArray[np.int64]]:
    """Return trees grown on a part, and the rows of it that they learnt from."""
    rows, weight = sample(part, fraud, params.train.max_rows, params.seed)
    return grow(vectors[rows], fraud[rows], settings, params.seed, weight=weight), rows


def _raw(booster: lgb.Booster, vectors: Floats) -> Floats:
    return np.asarray(booster.predict(vectors, raw_score=True))


def _demand_frauds(known: Labels, parts: Parts) -> None:
    """Refuse a history in which some part, as it was known when it is used, has nothing to learn or judge by."""
    used = (
        ("fit", parts.fit, known.choosing),
        ("validation", parts.validation, known.choosing),
        ("test", parts.test, known.final),
    )
    for name, rows, fraud in used:
        if not fraud[rows].any():
            raise InvalidValue("history", f"has no known fraud in its {name} part", f"{rows.size} transfers")


def _chosen(
    vectors: Floats, fraud: NDArray[np.bool_], parts: Parts, params: Params, progress: Progress
) -> tuple[Settings, Floats]:
    """Return the settings that did best on the validation part, and their raw scores of it."""
    rows, weight = sample(parts.fit, fraud, params.train.max_rows, params.seed)
    nobody = np.zeros(parts.validation.size, np.int64)
    fold = FoldData(rows, parts.validation, nobody, nobody, weight)
    grid = GRID if params.train.search == "full" else _QUICK
    hear: Callable[[int, int], None] = lambda done, of: progress("settings tried", done, of)  # noqa: E731
    settings, raw = choose(vectors, fraud, [fold], params.seed, grid, hear)
    return settings, raw[0]


def _about(
    past: Past,
    parts: Parts,
    settings: Settings,
    thresholds: Thresholds,
    params: Params,
    judgement: Judgement,
) -> Mapping[str, object]:
    """Say how the model came to be: enough to do it again and to see whether it is the same."""
    return {
        "history": {
            "transfers": past.transfers.height,
            "first": str(past.transfers["received_at"].min()),
            "last": str(past.transfers["received_at"].max()),
        },
        "learnt_until": past.at(parts.test[0]).isoformat(),
        "rows": {name: int(getattr(parts, name).size) for name in ("fit", "validation", "train", "test")},
        "settings": asdict(settings),
        "thresholds": asdict(thresholds),
        "params": params.model_dump(mode="json"),
        "test": asdict(judgement),
    }
