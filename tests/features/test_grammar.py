"""The names of features say whose, what and over which window, and say it truly."""

import re
from datetime import timedelta

import pytest

from features.catalogue import CATALOGUE
from features.row import ROW_VALUES
from features.schema import names
from features.spec import DAY, HOUR, MINUTE, RETENTION, Measure

BY_NAME = {feature.name: feature for feature in CATALOGUE}
OF_HISTORY = [feature for feature in CATALOGUE if feature.role]
WITHOUT_A_WINDOW = {
    Measure.SINCE_LAST,
    Measure.AGE,
    Measure.SINCE_REPORT,
    Measure.SINCE_FIRST_REPORT,
    Measure.MATURED,
}
# What the name of a measure must say.
SAYS = {
    Measure.COUNT: "_count",
    Measure.TOTAL: "_total",
    Measure.MEAN: "_mean",
    Measure.MAX: "_max",
    Measure.DISTINCT: "_distinct_",
    Measure.NEWCOMERS: "_new_",
    Measure.SINCE_LAST: "_since_last",
    Measure.AGE: "_age",
    Measure.REPORTS: "_report",
    Measure.SINCE_REPORT: "_since_report",
    Measure.SINCE_FIRST_REPORT: "_since_first_report",
    Measure.MATURED: "_matured_since_report",
    Measure.SURPRISE: "_surprise",
}
UNITS = {"m": MINUTE, "h": HOUR, "d": DAY}
FIRST_WORD = {"device_id": "device"}


def by_name(feature):
    return feature.name


def suffix(feature):
    """Return the window that a name ends in, or None."""
    found = re.search(r"_(\d+)([mhd])$", feature.name)
    return int(found[1]) * UNITS[found[2]] if found else None


def test_there_are_enough_of_them_and_none_is_declared_twice():
    assert len(names(CATALOGUE)) >= 60
    meanings = [feature.definition for feature in CATALOGUE]
    assert sorted({one for one in meanings if meanings.count(one) > 1}) == []


@pytest.mark.parametrize("feature", CATALOGUE, ids=by_name)
def test_a_name_is_plain_words_and_a_reason_is_given(feature):
    assert re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", feature.name)
    assert feature.why.strip()
    assert "|" not in feature.why
    assert "\n" not in feature.why


@pytest.mark.parametrize("feature", OF_HISTORY, ids=by_name)
def test_a_name_begins_with_whose_past_it_is(feature):
    whose = feature.name.split("_")[0]
    if len(feature.ask) == 1:
        assert whose == FIRST_WORD.get(feature.ask[0], feature.ask[0])
    elif set(feature.ask) == {"payer", "payee"}:
        assert whose == "pair"
    else:
        assert feature.name.startswith(f"{feature.ask[0]}_on_{FIRST_WORD.get(feature.ask[1], feature.ask[1])}_")


@pytest.mark.parametrize("feature", OF_HISTORY, ids=by_name)
def test_a_name_says_its_measure_and_its_window(feature):
    assert SAYS[feature.measure] in f"_{feature.name}"
    if feature.measure in WITHOUT_A_WINDOW:
        assert suffix(feature) is None
        assert feature.over == RETENTION
    else:
        assert suffix(feature) == feature.over
        assert 5 * MINUTE <= feature.over <= timedelta(days=30)


def test_money_is_recognised_by_its_name():
    money = {Measure.TOTAL, Measure.MEAN, Measure.MAX}
    for feature in CATALOGUE:
        if feature.measure in money or feature.field == "amount":
            assert re.search(r"_(total|mean|max)_\d|^amount_minor$", feature.name), feature.name
        elif feature.measure is not Measure.RATIO:
            assert not re.search(r"_(total|mean|max|minor)(_|$)", feature.name), feature.name


def test_a_ratio_divides_what_stands_before_it_and_carries_the_window_of_one_side():
    earlier = set()
    for feature in CATALOGUE:
        if feature.measure is Measure.RATIO:
            assert earlier.issuperset(feature.operands), feature.name
            assert suffix(feature) in {suffix(BY_NAME[operand]) for operand in feature.operands}, feature.name
        earlier.add(feature.name)


def test_every_value_of_a_transfer_is_asked_for_and_every_measure_is_used():
    assert {feature.field for feature in CATALOGUE if feature.measure is Measure.VALUE} == set(ROW_VALUES)
    assert {feature.measure for feature in CATALOGUE} == set(Measure)
