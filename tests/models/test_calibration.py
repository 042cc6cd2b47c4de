"""Calibration: the order stays, the chances become honest."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import log_loss

from models.calibration import Calibrator, carried, fit
from models.trees import Trees


@given(
    raw=st.lists(st.floats(-30, 30), min_size=2, max_size=50),
    fraud=st.lists(st.booleans(), min_size=50, max_size=50),
)
def test_whatever_it_was_fitted_on_a_higher_score_is_never_a_lower_chance(raw, fraud):
    raw = np.sort(np.array(raw))
    calibrator = fit(raw, np.array(fraud[: raw.size]))
    chances = calibrator(raw)
    assert (np.diff(chances) >= 0).all()
    assert ((chances >= 0) & (chances <= 1)).all()


def test_distinct_scores_stay_distinct_even_if_frauds_score_low():
    raw = np.linspace(-8, 8, 400)
    calibrator = fit(raw, raw < 0)
    assert (np.diff(calibrator(raw)) > 0).all()


@pytest.mark.parametrize(("slope", "shift"), [(3.0, 2.0), (0.3, -4.0), (1.0, 5.0)])
def test_it_undoes_what_was_done_to_the_log_odds_and_helps_on_what_it_never_saw(slope, shift):
    draw = np.random.default_rng(4)
    odds = draw.normal(-3, 2, 40_000)
    fraud = draw.random(odds.size) < 1 / (1 + np.exp(-odds))
    raw = slope * odds + shift
    calibrator = fit(raw[::2], fraud[::2])
    assert calibrator.slope == pytest.approx(1 / slope, rel=0.05)
    assert calibrator.intercept == pytest.approx(-shift / slope, rel=0.05)
    before, after = (log_loss(fraud[1::2], each(raw[1::2])) for each in (Calibrator(1.0, 0.0), calibrator))
    assert after < before
    assert after == pytest.approx(log_loss(fraud[1::2], 1 / (1 + np.exp(-odds[1::2]))), rel=0.01)


@pytest.mark.parametrize("kind", [True, False])
def test_of_one_kind_alone_nothing_is_learnt(kind):
    assert fit(np.array([1.0, 2.0]), np.array([kind, kind])) == Calibrator(1.0, 0.0)


def test_the_trained_chances_add_up_to_the_frauds_that_the_test_part_has(past, bundle):
    rows = past.parts.test
    chances = bundle.calibrator(Trees(bundle.trees).raw(past.vectors[rows]))
    frauds = int(past.fraud[rows].sum())
    assert frauds / 3 < chances.sum() < frauds * 3


@pytest.mark.parametrize(("scale", "shift"), [(1.0, 0.0), (1.6, 4.0), (0.5, -3.0)])
def test_carried_to_a_model_with_other_scores_it_states_the_same_chances(scale, shift):
    theirs = np.random.default_rng(5).normal(-8, 2, 50_000)
    ours = scale * theirs + shift
    before = Calibrator(1.1, 2.0)
    after = carried(before, theirs, ours)
    assert after(ours) == pytest.approx(before(theirs), rel=1e-6)


def test_carried_between_models_that_disagree_it_alerts_as_often_and_keeps_the_order():
    draw = np.random.default_rng(6)
    theirs = draw.normal(-8, 2, 50_000)
    ours = 1.5 * theirs + 5 + draw.normal(0, 1, theirs.size)
    before = Calibrator(1.0, 1.0)
    after = carried(before, theirs, ours)
    for share in (0.01, 0.003):
        threshold = np.quantile(before(theirs), 1 - share)
        assert (after(ours) >= threshold).mean() == pytest.approx(share, rel=0.2)
    assert (np.diff(after(np.sort(ours))) >= 0).all()


def test_too_few_transfers_carry_nothing():
    before = Calibrator(1.0, 1.0)
    assert carried(before, np.zeros(50), np.ones(50)) is before
