"""Drift is silent where nothing moves, and names what moves where something does."""

import numpy as np
import polars as pl
import pytest

from models.drift.reference import reference_of
from models.drift.signals import Kind
from tests.drift.conftest import TRAINED


def named(drift):
    return {(alarm.kind, alarm.name) for alarm in drift.alarms}


def test_five_weeks_in_which_nothing_changed_raise_no_alarm(stable, reference):
    found = stable.drift(reference)
    assert len(found.signals) > 200
    assert len(found.signals[0].days) > 30
    assert sum(day.value is not None for signal in found.signals for day in signal.days) > 5_000
    assert found.alarms == ()


def test_thieves_who_turn_to_something_else_are_noticed_by_name(shifted, stable, reference):
    old = stable.old
    assert shifted.transfers.filter(pl.Series(shifted.old)).equals(stable.transfers.filter(pl.Series(old)))
    (alarm,) = shifted.drift(reference).alarms
    assert alarm.kind is Kind.TYPES
    assert alarm.says.startswith(("mistaken_transfer", "scam_call"))
    assert (alarm.first - shifted.drift(reference).first).days < 21


def half(world, share, seed=3):
    """Draw a share of the transfers after the first 70 days."""
    late = np.arange(world.transfers.height) >= np.flatnonzero(~world.old)[0] + 7_000
    return pl.Series(late & (np.random.default_rng(seed).random(late.size) < share))


def test_a_signal_that_a_bank_stops_sending_is_named(stable, reference):
    gone = pl.when(half(stable, 0.3)).then(None).otherwise(pl.col("payee_account_age_days"))
    found = stable.drift(reference, stable.features.with_columns(payee_account_age_days=gone))
    assert named(found) == {(Kind.ABSENT, "payee_account_age_days")}
    (alarm,) = found.alarms
    assert alarm.last == found.last
    assert "absent in" in alarm.says


def test_amounts_in_another_unit_are_named(stable, reference):
    wrong = pl.when(half(stable, 0.5)).then(pl.col("amount_minor") * 100).otherwise("amount_minor")
    found = stable.drift(reference, stable.features.with_columns(amount_minor=wrong))
    assert named(found) == {(Kind.FEATURE, "amount_minor")}
    assert found.alarms[0].says.startswith("from ")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda score: score**0.3, {(Kind.SCORE, "score"), (Kind.ALERTS, "alerts by score")}),
        (lambda score: np.where(np.arange(score.size) % 3 == 0, np.nan, score), {(Kind.ABSENT, "score")}),
    ],
    ids=["higher", "missing"],
)
def test_a_score_that_changes_or_fails_is_named(stable, reference, change, expected):
    assert named(stable.drift(reference, score=change(stable.score))) == expected


def test_reports_that_come_much_later_are_named(stable, reference):
    late = stable.reports.with_columns(
        known_at=pl.when(pl.col("known_at") > stable.transfers["received_at"][int(stable.old.sum())])
        .then(pl.col("known_at") + pl.duration(days=40))
        .otherwise("known_at")
    )
    found = type(stable)(stable.transfers, late, stable.features, stable.score).drift(reference)
    delay = next(signal for signal in found.signals if signal.kind is Kind.DELAY)
    assert [day.rows for day in delay.days][-1] == 0, "reports that have not come say nothing"
    assert Kind.DELAY not in {alarm.kind for alarm in found.alarms}
    sooner = stable.reports.with_columns(known_at=pl.col("known_at") + pl.duration(days=21))
    found = type(stable)(stable.transfers, sooner, stable.features, stable.score).drift(reference)
    assert Kind.DELAY in {alarm.kind for alarm in found.alarms}


@pytest.mark.parametrize("pieces", [2, 7, 100])
def test_pieces_of_any_size_say_the_same(stable, reference, pieces):
    assert stable.drift(reference, pieces=pieces).document() == stable.drift(reference).document()


def test_transfers_decided_blind_are_counted_and_in_no_index(stable, reference):
    blind = half(stable, 0.3)
    features = stable.features.with_columns(pl.when(~blind).then(pl.col(name)) for name in stable.features.columns[2:])
    assert len(stable.drift(reference, features).alarms) > 50, "all that is absent would be an alarm each"
    found = stable.drift(reference, features, blind=blind.to_numpy())
    assert found.alarms == ()
    assert found.blind == blind.sum()


def test_a_reference_comes_back_from_its_document(reference):
    assert reference_of(reference.document()) == reference
    assert (reference.last - reference.first).days == TRAINED - 30 - 1, "the first month is left out"
