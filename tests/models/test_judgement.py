"""Calibration figures against a definition that goes through the transfers one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.judgement import calibration_bins, calibration_error


def slow_bins(chance, fraud, bins=10):
    """A transfer belongs to the bin in which the middle of the stated frauds of its chance lies."""
    total, found = sum(chance), {}
    for value in sorted(set(chance)):
        same = [index for index, each in enumerate(chance) if each == value]
        middle = sum(each for each in chance if each < value) + value * len(same) / 2
        number = min(int(bins * middle / total), bins - 1)
        transfers, stated, real = found.get(number, (0, 0.0, 0))
        found[number] = (transfers + len(same), stated + value * len(same), real + sum(fraud[index] for index in same))
    return [found[number] for number in sorted(found)]


def chances():
    """Odd numbers of 2**-12, so that no middle lies on an edge by rounding alone."""
    each = st.one_of(st.sampled_from([1, 41, 2047]), st.integers(0, 2047).map(lambda n: 2 * n + 1))
    return each.map(lambda n: n / 4096)


@given(rows=st.lists(st.tuples(chances(), st.booleans()), min_size=1, max_size=60))
def test_bins_and_error_are_what_a_plain_loop_finds(rows):
    chance, fraud = zip(*rows, strict=True)
    expected = slow_bins(chance, fraud)
    bins = calibration_bins(np.array(chance), np.array(fraud))
    assert [(each.transfers, each.stated, each.real) for each in bins] == expected
    error = sum(abs(stated - real) for _, stated, real in expected) / sum(chance)
    assert calibration_error(np.array(chance), np.array(fraud)) == pytest.approx(error)


def test_at_one_fraud_in_a_thousand_it_tells_an_honest_score_from_one_that_doubles():
    draw = np.random.default_rng(3)
    chance = np.minimum(draw.lognormal(-9, 2, 400_000), 1)
    fraud = draw.random(chance.size) < chance
    assert fraud.mean() < 0.002
    honest, doubled = (calibration_error(np.minimum(each, 1), fraud) for each in (chance, 2 * chance))
    assert honest < 0.2
    assert doubled == pytest.approx(0.5, abs=0.1)
    assert len(calibration_bins(chance, fraud)) == 10
