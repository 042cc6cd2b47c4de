"""Training: the same input gives the same model, and nothing learnt too late reaches it."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from antifraud.domain.errors import InvalidValue
from models.train import train
from models.trees import Trees
from tests.models.conftest import MONEY, params


def test_the_same_history_and_seed_give_the_same_model(past, trained):
    again = train(past.transfers, past.reports, params())
    assert again.bundle.version == trained.bundle.version
    assert again == trained


def test_another_seed_gives_another_model(past, trained):
    assert train(past.transfers, past.reports, params(seed=2), features=past.features) != trained


def test_another_history_gives_another_model(past, trained):
    shorter = past.transfers.head(past.transfers.height * 9 // 10)
    assert train(shorter, past.reports, params()).bundle.version != trained.bundle.version


def test_a_report_that_comes_after_the_history_changes_nothing(past, trained):
    end = past.transfers["received_at"].max() + timedelta(microseconds=1)
    late = past.reports.filter(pl.col("known_at") >= end)
    assert late.height > 0, "the world must have gone on reporting after its last day"
    everything = past.transfers.select(
        "participant",
        "transfer_id",
        fraud=pl.lit(True),
        source=pl.lit("police"),
        known_at=pl.lit(end),
        fraud_type=pl.lit(None, pl.String),
        reporter=pl.lit(None, pl.String),
    )
    known = past.reports.filter(pl.col("known_at") < end)
    for reports in (known, pl.concat([known, everything.cast(known.schema)])):
        assert train(past.transfers, reports, params()).bundle.version == trained.bundle.version


def with_reports(past, rows, known_at):
    """Return the reports, and besides that these rows are frauds, said at one moment."""
    more = past.transfers[rows].select(
        "participant",
        "transfer_id",
        fraud=pl.lit(True),
        source=pl.lit("police"),
        known_at=pl.lit(known_at),
        fraud_type=pl.lit(None, pl.String),
        reporter=pl.lit(None, pl.String),
    )
    return pl.concat([past.reports, more.cast(past.reports.schema)])


def retrained(past, rows, known_at):
    """Train with further labels and the same features, so that only labels can make a difference."""
    return train(past.transfers, with_reports(past, rows, known_at), params(), features=past.features).bundle


def test_what_becomes_known_once_the_test_has_begun_does_not_reach_the_trees(past, bundle):
    train_rows = past.parts.train
    rows = train_rows[~past.fraud[train_rows]][::40]
    begins = past.at(past.parts.test[0])
    # The version covers what drift is measured against too, and that may know the history's end.
    assert replace(retrained(past, rows, begins), reference=bundle.reference).version == bundle.version
    assert retrained(past, rows, begins - timedelta(microseconds=1)).trees != bundle.trees


def test_what_becomes_known_once_the_validation_has_begun_does_not_reach_the_choice(past, bundle):
    fit_rows = past.parts.fit
    rows = fit_rows[~past.fraud[fit_rows]][::20]
    begins = past.at(past.parts.validation[0])

    def chosen(one):
        return one.about["settings"], one.policy

    after = retrained(past, rows, begins)
    assert chosen(after) == chosen(bundle), "chosen by what was known when the validation began"
    assert after.trees != bundle.trees, "by the time the test begins it is known"
    assert chosen(retrained(past, rows, begins - timedelta(microseconds=1))) != chosen(bundle)


def test_the_model_finds_frauds_it_never_saw_and_saves_money(past, trained):
    judgement = trained.judgement
    prevalence = judgement.frauds / judgement.transfers
    assert judgement.average_precision > 10 * prevalence
    assert judgement.auc_roc > 0.9
    assert judgement.transfers == past.parts.test.size
    assert (
        trained.bundle.about["thresholds"]["loss_minor"]
        < (trained.bundle.about["thresholds"]["loss_of_allowing_all_minor"])
    )


def test_the_model_that_serves_alerts_as_often_as_the_desk_was_promised(past, trained):
    """It learnt from more frauds than the one whose scores set the thresholds, and scores higher."""
    alerts = trained.judgement.held + trained.judgement.blocked
    promised = MONEY["alerts_per_100k"] / 100_000 * trained.judgement.transfers
    assert promised / 3 < alerts < promised * 1.5
    bundle = trained.bundle
    chance = bundle.calibrator(Trees(bundle.trees).raw(past.vectors[past.parts.test]))
    assert chance.sum() == pytest.approx(trained.judgement.frauds, rel=0.5), "chances add up to frauds"


def test_shuffled_reports_teach_nothing(past):
    """The figures above are no leak: with reports about transfers drawn at random they vanish."""
    end = past.transfers["received_at"].max()
    known = past.reports.filter(pl.col("known_at") <= end, pl.col("fraud")).unique("transfer_id", maintain_order=True)
    drawn = np.random.default_rng(3).choice(past.transfers.height, known.height, replace=False)
    about = past.transfers[np.sort(drawn)]
    reports = known.with_columns(
        participant=about["participant"], transfer_id=about["transfer_id"], known_at=about["received_at"]
    )
    judgement = train(past.transfers, reports, params()).judgement
    assert judgement.auc_roc < 0.7


def test_a_history_without_frauds_is_refused_by_name(past):
    with pytest.raises(InvalidValue, match="no known fraud in its fit part"):
        train(past.transfers, past.reports.clear(), params(), features=past.features)
