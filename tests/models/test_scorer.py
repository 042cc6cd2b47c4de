"""The scorer: one row, many rows and LightGBM's own prediction are the same to the last bit."""

import lightgbm
import numpy as np
import pytest

from models.scorer import LightGbmScorer, usual_values
from models.trees import Trees


@pytest.fixture(scope="module")
def vectors(past):
    """Real ones, and some that no history gives."""
    draw = np.random.default_rng(2)
    wild = draw.lognormal(2, 6, (300, past.vectors.shape[1])) * draw.choice([-1, 1], (300, past.vectors.shape[1]))
    wild[draw.random(wild.shape) < 0.3] = np.nan
    wild[draw.random(wild.shape) < 0.05] = 0.0
    wild[draw.random(wild.shape) < 0.02] = np.inf
    absent = np.full((1, wild.shape[1]), np.nan)
    frauds = past.vectors[past.fraud][:200]
    return np.concatenate([past.vectors[:: past.vectors.shape[0] // 300], frauds, wild, absent])


def test_one_by_one_as_a_batch_and_by_lightgbm_itself_the_scores_are_the_same_bits(bundle, vectors):
    trees = Trees(bundle.trees)
    itself = lightgbm.Booster(model_str=bundle.trees).predict(vectors, raw_score=True)
    assert np.array_equal(trees.raw(vectors), itself)
    assert np.array_equal(np.concatenate([trees.raw(row.reshape(1, -1)) for row in vectors]), itself)
    assert len(np.unique(itself)) > 100
    scorer = LightGbmScorer(bundle)
    chances = scorer.score(vectors)
    assert np.array_equal(np.concatenate([scorer.score(vectors[[row]]) for row in range(len(vectors))]), chances)
    assert np.array_equal(chances, bundle.calibrator(itself))


def test_how_rows_lie_in_memory_changes_nothing(bundle, vectors):
    trees = Trees(bundle.trees)
    columns = np.asfortranarray(vectors)
    assert np.array_equal(trees.raw(columns), trees.raw(vectors))
    for row in (0, 7, len(vectors) - 1):
        assert np.array_equal(trees.raw(columns[row : row + 1]), trees.raw(vectors[row : row + 1]))


def test_a_vector_of_another_length_is_refused(bundle, vectors):
    trees = Trees(bundle.trees)
    for ask in (trees.raw, trees.contributions):
        for rows in (1, 5):
            with pytest.raises(ValueError, match=f"a vector has {vectors.shape[1]} features, was 3"):
                ask(vectors[:rows, :3])


def test_contributions_and_the_base_add_up_to_the_raw_score(bundle, vectors):
    trees = Trees(bundle.trees)
    shares = trees.contributions(vectors)
    assert shares.shape == (vectors.shape[0], vectors.shape[1] + 1)
    assert np.allclose(shares.sum(axis=1), trees.raw(vectors), rtol=0, atol=1e-9)
    assert len(np.unique(shares[:, -1])) == 1, "the base is the same for all"


def test_an_explanation_names_what_spoke_for_fraud_strongest_first(bundle, vectors):
    scorer, trees = LightGbmScorer(bundle), Trees(bundle.trees)
    explained = 0
    for vector in vectors:
        evidence = scorer.explain(vector)
        shares = trees.contributions(vector.reshape(1, -1))[0, :-1] * bundle.calibrator.slope
        said = [each.contribution for each in evidence]
        assert said == sorted(said, reverse=True)
        assert all(each > 0 for each in said)
        assert len(said) == min(5, int((shares >= 0.05).sum()))
        assert said == np.sort(shares)[::-1][: len(said)].tolist()
        for each in evidence:
            index = bundle.features.index(each.feature)
            assert each.contribution == shares[index]
            assert each.value is None if np.isnan(vector[index]) else each.value == vector[index]
            assert each.usual == bundle.usual[each.feature]
        explained += len(said)
    assert explained > len(vectors)


def test_what_else_is_asked_for_is_explained_in_its_place_and_measured_without_the_trees(bundle, vectors):
    scorer, trees = LightGbmScorer(bundle), Trees(bundle.trees)
    for vector in vectors[::40]:
        alone = scorer.explain(vector)
        also = [*bundle.features[::9], *(each.feature for each in alone[:1])]
        shares = trees.contributions(vector.reshape(1, -1))[0, :-1] * bundle.calibrator.slope
        evidence = scorer.explain(vector, also)
        assert {each.feature for each in evidence} == {each.feature for each in alone} | set(also)
        said = [each.contribution for each in evidence]
        assert said == sorted((shares[bundle.features.index(each.feature)] for each in evidence), reverse=True)
        numbers = {each.feature: (each.value, each.usual) for each in evidence}
        measured = scorer.measured(vector, also)
        assert [each.feature for each in measured] == also
        assert all(each.contribution is None for each in measured)
        assert all((each.value, each.usual) == numbers[each.feature] for each in measured)


def test_the_usual_value_is_the_median_of_what_is_present_and_absent_if_most_is(past, bundle):
    catalogue = [type("Named", (), {"name": name})() for name in ("half", "less", "none", "zero")]
    nan = np.nan
    table = np.array([[1.0, 5.0, nan, 0.0], [3.0, nan, nan, 0.0], [nan, nan, nan, 0.0], [nan, nan, nan, 9.0]])
    assert usual_values(catalogue, table) == {"half": 2.0, "less": None, "none": None, "zero": 0.0}
    assert set(bundle.usual) == set(bundle.features)
