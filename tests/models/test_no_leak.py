"""Nothing of the future reaches a figure, and where somebody plants it, the evaluation says so."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from features.catalogue import CATALOGUE
from features.schema import names
from models.dataset import prepare
from models.evaluation import Terms, evaluate
from models.evaluation.report import page
from models.evaluation.suspicion import rewritten
from models.scorer import LightGbmScorer
from models.train import train
from tests.models.conftest import params

DELAY = timedelta(days=5)
COSTS = params().costs()
PLANTED = names(CATALOGUE)[40]


def terms(bundle, **more):
    learnt_until = datetime.fromisoformat(bundle.about["learnt_until"])
    return Terms(**({"delay": DELAY, "since": learnt_until, "learnt_until": learnt_until, "rounds": 100} | more))


def evaluated(past, bundle, **more):
    return evaluate(past, LightGbmScorer(bundle), bundle.policy, COSTS, terms(bundle, **more))


@pytest.fixture(scope="module")
def honest(past, bundle):
    return evaluated(past, bundle)


def test_an_honest_model_raises_no_suspicion(honest):
    assert honest.warnings.too_good == ()
    assert honest.warnings.rewritten == ()
    assert not honest.warnings.seen_in_training
    assert honest.quality.auc.low > 0.8
    assert "none of which the model learnt from" in page(honest)


@pytest.fixture(scope="module")
def planted(past):
    """A column of the features that was written when the answer was known, with some noise on top."""
    noise = np.random.default_rng(8).normal(0, 0.2, past.transfers.height)
    return past.features.with_columns(pl.Series(PLANTED, past.fraud + noise))


def test_a_column_that_knows_the_future_is_too_good_to_be_true(past, planted):
    bundle = train(past.transfers, past.reports, params(), features=planted).bundle
    leaky = prepare(past.transfers, past.reports, planted)
    evaluation = evaluated(leaky, bundle)
    assert evaluation.warnings.too_good == (PLANTED,)
    assert evaluation.warnings.rewritten == (PLANTED,)
    assert evaluation.features[0].feature == PLANTED
    text = page(evaluation)
    assert "Too good to be true." in text
    assert "The past changes with the future." in text
    assert text.count(f"<code>{PLANTED}</code>") == 3


def test_a_past_that_was_computed_with_other_reports_is_noticed(past):
    """A subtle leak: nothing is too good, but reports of the last days are seen before they came."""
    early = past.reports.with_columns(known_at=pl.col("known_at") - timedelta(days=1))
    about = past.transfers.select("participant", "transfer_id", "received_at")
    early = early.join(about, on=["participant", "transfer_id"]).filter(pl.col("known_at") >= pl.col("received_at"))
    leaky = prepare(past.transfers, early.select(past.reports.columns))
    middle = past.at(past.parts.test[0])
    assert rewritten(past, middle, CATALOGUE) == ()
    changed = rewritten(replace(leaky, reports=past.reports), middle, CATALOGUE)
    assert changed
    assert all("report" in each for each in changed)


def shuffled(past):
    """Return reports about transfers that were drawn at random, as many as there are."""
    known = past.reports.filter(pl.col("known_at") < past.end, pl.col("fraud")).unique(
        "transfer_id", maintain_order=True
    )
    drawn = np.sort(np.random.default_rng(3).choice(past.transfers.height, known.height, replace=False))
    about = past.transfers[drawn]
    return known.with_columns(
        participant=about["participant"], transfer_id=about["transfer_id"], known_at=about["received_at"]
    )


def test_on_shuffled_labels_a_good_model_ranks_no_better_than_chance(past, bundle, honest):
    evaluation = evaluated(replace(past, reports=shuffled(past)), bundle, recompute=False)
    assert evaluation.quality.auc.low < 0.5 < evaluation.quality.auc.high
    assert evaluation.quality.auc.high - evaluation.quality.auc.low < 0.3, "the interval says something"
    assert evaluation.quality.average_precision.value < honest.quality.average_precision.low


def test_a_model_that_learnt_shuffled_labels_ranks_no_better_than_chance(past):
    reports = shuffled(past)
    bundle = train(past.transfers, reports, params(), features=past.features).bundle
    evaluation = evaluated(replace(past, reports=reports), bundle, recompute=False)
    assert evaluation.quality.auc.low < 0.5 < evaluation.quality.auc.high


def test_who_judges_what_the_model_learnt_from_is_told(past, bundle):
    evaluation = evaluated(past, bundle, since=past.at(past.parts.train[0]), recompute=False)
    assert evaluation.warnings.seen_in_training
    assert "The model has seen part of this." in page(evaluation)
    assert "some of which the model learnt from" in page(evaluation)
    unsaid = evaluated(past, bundle, learnt_until=None, recompute=False)
    assert "nobody says whether the model learnt from them" in page(unsaid)


def test_a_policy_that_floods_the_desk_is_told(past, bundle, honest):
    flood = replace(bundle, policy=replace(bundle.policy, hold_at=0.0))
    assert not honest.warnings.over_capacity
    evaluation = evaluated(past, flood, recompute=False)
    assert evaluation.warnings.over_capacity
    assert "More alerts than the desk can take." in page(evaluation)
