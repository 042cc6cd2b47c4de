"""Metrics equal their definitions read aloud, and do not depend on the order of the rows."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from antifraud.domain.errors import InvalidValue
from models.metrics import Ranking, metric

# Few scores, days and payers: ties, payers with several transfers and payers caught twice on every run.
ROWS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]), st.booleans(), st.integers(0, 3), st.integers(0, 5)),
    min_size=2,
    max_size=40,
)


def ranking(rows):
    score, fraud, day, payer = (np.array(column) for column in zip(*rows, strict=True))
    return Ranking(score.astype(np.float64), fraud.astype(bool), day.astype(np.int64), payer.astype(np.int64))


@st.composite
def rows_of_both_kinds(draw):
    rows = draw(ROWS)
    assume(len({fraud for _, fraud, _, _ in rows}) == 2)
    return rows


def pairs_won(rows):
    """Count how often a fraud scores above an honest transfer, a tie as one half."""
    frauds = [score for score, fraud, _, _ in rows if fraud]
    honest = [score for score, fraud, _, _ in rows if not fraud]
    won = sum((a > b) + (a == b) / 2 for a in frauds for b in honest)
    return won / (len(frauds) * len(honest))


def precision_by_steps(rows):
    """Lower the threshold score by score; weigh each precision with the recall that it adds."""
    frauds, total, before = sum(fraud for _, fraud, _, _ in rows), 0.0, 0
    for threshold in sorted({score for score, _, _, _ in rows}, reverse=True):
        alerts = [fraud for score, fraud, _, _ in rows if score >= threshold]
        total += (sum(alerts) - before) / frauds * sum(alerts) / len(alerts)
        before = sum(alerts)
    return total


def desk_of_payers(rows, top):
    """Call the `top` payers of each day; who was rightly called is not called again."""
    caught, precisions = set(), []
    for today in sorted({day for _, _, day, _ in rows}):
        payers = {}
        for score, fraud, day, payer in rows:
            if day == today and payer not in caught:
                best, truth = payers.get(payer, (-math.inf, False))
                payers[payer] = max(best, score), truth or fraud
        called = sorted(payers, key=lambda payer: (-payers[payer][0], payer))[:top]
        found = {payer for payer in called if payers[payer][1]}
        precisions.append(len(found) / top)
        caught |= found
    return sum(precisions) / len(precisions)


def frauds_in_budget(rows, budget):
    """Average over the transfers that tie at the edge of the budget: the desk picks them blindly."""
    ordered = sorted((score for score, _, _, _ in rows), reverse=True)
    edge = ordered[budget - 1]
    sure = [fraud for score, fraud, _, _ in rows if score > edge]
    tied = [fraud for score, fraud, _, _ in rows if score == edge]
    return sum(sure) + (budget - len(sure)) * sum(tied) / len(tied)


@given(rows=rows_of_both_kinds(), top=st.integers(1, 4), percent=st.sampled_from(["1", "10", "29", "100", "2.5"]))
def test_metrics_equal_their_definitions(rows, top, percent):
    table = ranking(rows)
    assert metric("auc_roc")(table) == pytest.approx(pairs_won(rows))
    assert metric("average_precision")(table) == pytest.approx(precision_by_steps(rows))
    assert metric(f"card_precision@{top}")(table) == pytest.approx(desk_of_payers(rows, top))
    budget = max(1, int(Fraction(percent) / 100 * len(rows)))
    found = frauds_in_budget(rows, budget)
    assert metric(f"precision@{percent}%")(table) == pytest.approx(found / budget)
    assert metric(f"share_caught@{percent}%")(table) == pytest.approx(found / sum(fraud for _, fraud, _, _ in rows))


@given(rows=rows_of_both_kinds(), seed=st.integers(0, 99))
def test_metrics_do_not_depend_on_the_order_of_rows_nor_on_the_scale_of_scores(rows, seed):
    order = np.random.default_rng(seed).permutation(len(rows))
    other = [(score * 0.5 + 3, fraud, day, payer) for score, fraud, day, payer in (rows[place] for place in order)]
    for name in ("auc_roc", "average_precision", "card_precision@2", "share_caught@10%", "precision@10%"):
        assert metric(name)(ranking(other)) == pytest.approx(metric(name)(ranking(rows)))


def test_a_budget_is_counted_exactly():
    # 0.29 * 100 is 28.999999999999996 in floats; 29 alerts find 29 frauds.
    rows = [(1 - n / 100, n < 29, 0, n) for n in range(100)]
    assert metric("share_caught@29%")(ranking(rows)) == 1.0


def test_a_missing_score_is_not_a_low_score():
    with pytest.raises(InvalidValue, match="score: every transfer of a ranking needs one"):
        ranking([(math.nan, True, 0, 0), (0.5, False, 0, 1)])


@pytest.mark.parametrize("rows", [[(0.5, True, 0, 0)], [(0.5, False, 0, 0), (0.1, False, 0, 1)]])
def test_a_ranking_of_one_kind_says_nothing(rows):
    with pytest.raises(InvalidValue, match="needs frauds and honest transfers"):
        ranking(rows)


@pytest.mark.parametrize(
    "name",
    ["", "auc", "auc_roc@1%", "card_precision@0", "card_precision@5%", "precision@0%", "precision@101%", "precision@1"],
)
def test_a_metric_that_does_not_exist_is_refused(name):
    with pytest.raises(InvalidValue, match="unknown name"):
        metric(name)
