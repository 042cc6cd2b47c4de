"""Growing trees: only what may be used is used, and the best settings are chosen on the fold."""

from dataclasses import replace

import numpy as np
import pytest

from models.search import FoldData, Settings, choose, grow

SMALL = Settings(num_leaves=7, feature_fraction=1.0, keep=None, trees=30)


@pytest.fixture(scope="module")
def made():
    """Twelve features, of which only the third and the eighth say something."""
    draw = np.random.default_rng(6)
    vectors = draw.normal(0, 1, (3_000, 12))
    vectors[draw.random(vectors.shape) < 0.1] = np.nan
    told = np.nan_to_num(vectors[:, 2]) + np.nan_to_num(vectors[:, 7]) + draw.normal(0, 0.3, 3_000)
    return vectors, told > 1.8


def used(booster):
    return set(np.flatnonzero(booster.feature_importance("split")))


def test_only_as_many_features_are_used_as_may_be_kept_and_they_are_the_telling_ones(made):
    assert len(used(grow(*made, SMALL, 1))) > 2, "without a limit noise is used too"
    assert used(grow(*made, replace(SMALL, keep=2), 1)) == {2, 7}
    assert {2, 7} < used(grow(*made, replace(SMALL, keep=3), 1))
    assert len(used(grow(*made, replace(SMALL, keep=3), 1))) == 3
    assert used(grow(*made, replace(SMALL, keep=12), 1)) == used(grow(*made, SMALL, 1))


def test_what_is_not_kept_does_not_touch_a_score(made):
    vectors, fraud = made
    booster = grow(vectors, fraud, replace(SMALL, keep=2), 1)
    scrambled = np.random.default_rng(1).normal(0, 9, vectors.shape)
    scrambled[:, [2, 7]] = vectors[:, [2, 7]]
    assert np.array_equal(booster.predict(scrambled), booster.predict(vectors))
    assert booster.num_feature() == vectors.shape[1], "it takes whole vectors all the same"


def test_a_model_of_the_engine_keeps_to_the_number_of_features_it_was_given(past):
    rows = past.parts.train[::8]
    booster = grow(past.vectors[rows], past.fraud[rows], replace(SMALL, keep=5), 1)
    assert 1 < len(used(booster)) <= 5


def test_the_number_of_trees_is_what_was_asked(made):
    assert grow(*made, SMALL, 1).num_trees() == 30
    assert grow(*made, SMALL, 1, trees=7).num_trees() == 7


def test_a_seed_decides_everything(made):
    text = [grow(*made, replace(SMALL, feature_fraction=0.5), seed).model_to_string() for seed in (1, 1, 2)]
    assert text[0] == text[1] != text[2]


def test_weights_are_heard(made):
    vectors, fraud = made
    weight = np.where(fraud, 1.0, 50.0)
    plain, weighed = grow(vectors, fraud, SMALL, 1), grow(vectors, fraud, SMALL, 1, weight=weight)
    assert weighed.predict(vectors).mean() < plain.predict(vectors).mean() / 2


def test_the_better_settings_are_chosen_wherever_they_stand(made):
    vectors, fraud = made
    folds = [fold(np.arange(2_000), np.arange(2_000, 3_000)), fold(np.arange(1_000, 3_000), np.arange(1_000))]
    good, blind = replace(SMALL, keep=None), replace(SMALL, keep=1, num_leaves=2)
    for grid in ((good, blind), (blind, good)):
        chosen, raw = choose(vectors, fraud, folds, 1, grid)
        assert replace(chosen, trees=good.trees) == good
        for each, scores in zip(folds, raw, strict=True):
            again = grow(vectors[each.train], fraud[each.train], chosen, 1).predict(vectors[each.test], raw_score=True)
            assert np.allclose(scores, again, rtol=0, atol=1e-9), (
                "what is told of the fold is what the chosen model says"
            )


def test_what_a_fold_is_judged_by_teaches_nothing(made):
    vectors, fraud = made
    lied = fraud.copy()
    lied[2_000:] = np.random.default_rng(2).random(1_000) < 0.1
    one = fold(np.arange(2_000), np.arange(2_000, 3_000))
    (_, (honest,)), (_, (misled,)) = (choose(vectors, each, [one], 1, [SMALL]) for each in (fraud, lied))
    few = min(len(np.unique(honest)), len(np.unique(misled)))
    assert few > 100
    order = np.corrcoef(np.argsort(np.argsort(honest)), np.argsort(np.argsort(misled)))[0, 1]
    assert order > 0.9, "only the number of trees may differ"


def fold(train, test):
    nobody = np.zeros(test.size, np.int64)
    return FoldData(train, test, nobody, nobody)
