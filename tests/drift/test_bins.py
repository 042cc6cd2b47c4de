"""Counting in bins, the index and its limits, against loops and another library's chi-square."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import isnan, nan

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from features.catalogue import CATALOGUE
from models.drift.bins import bins_of, by_chance, contributions, counted, cuts_of, index, numbers, weekly
from models.drift.once import OnceADay, owners_of
from models.drift.signals import Day, Kind, Signal, alarms_of

VALUES = st.lists(st.just(nan) | st.sampled_from([0.0, 1.0, 2.0]) | st.floats(-1e9, 1e9), max_size=60)
COUNTS = st.lists(st.integers(0, 1_000), min_size=3, max_size=3)


@given(VALUES, VALUES)
def test_every_value_is_in_the_bin_that_its_cuts_say(then, now):
    cuts = cuts_of(np.array(then, np.float64))
    assert list(cuts) == sorted(set(cuts))
    assert len(cuts) < 10
    for value, found in zip(now, numbers(np.array(now, np.float64), cuts), strict=True):
        assert found == (len(cuts) + 1 if isnan(value) else sum(cut <= value for cut in cuts))
        assert found < bins_of(cuts)


@given(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 2)), max_size=50))
def test_weeks_are_the_sums_of_seven_days(rows):
    days, found = (np.array([row[side] for row in rows], np.int64) for side in (0, 1))
    weeks = weekly(counted(days, found, 12, 3))
    for day in range(12):
        for bin_ in range(3):
            assert weeks[day, bin_] == sum(day - 7 < at <= day and each == bin_ for at, each in rows)


@given(COUNTS, COUNTS)
def test_the_index_is_never_below_zero_and_alike_both_ways(now, then):
    now, then = np.array(now), np.array(then)
    assert index(now, then) >= -1e-12
    assert index(now, now) == pytest.approx(0, abs=1e-12)
    assert index(now, then) == pytest.approx(index(then, now))
    assert contributions(now, then).sum() == pytest.approx(index(now, then))


@pytest.mark.parametrize("bins", [2, 3, 5, 8, 11])
def test_what_chance_exceeds_once_in_a_hundred_thousand_times(bins):
    exact = chi2.isf(1e-5, bins - 1) * (1 / 500 + 1 / 4_000)
    assert exact <= by_chance(bins, 500, 4_000) <= 1.12 * exact
    assert by_chance(bins, 0, 4_000) == float("inf")


def test_chance_alone_stays_below_its_limit():
    draw = np.random.default_rng(1)
    then = draw.multinomial(20_000, [0.1] * 10)
    weeks = draw.multinomial(400, [0.1] * 10, size=5_000)
    assert (index(weeks, then) > by_chance(10, 400, 20_000)).sum() <= 2
    assert np.quantile(index(weeks, then), 0.999) > by_chance(10, 400, 20_000) / 2, "the limit is no wall either"


OWNERS = owners_of(CATALOGUE)
ROWS = st.lists(
    st.tuples(
        st.sampled_from("ab"), st.sampled_from("ab"), st.sampled_from([None, "d"]), st.sampled_from([0, 0, 1, 9])
    ),
    min_size=1,
    max_size=20,
)


@given(ROWS, st.lists(st.integers(0, 20), max_size=4))
def test_each_owner_is_first_once_a_day_however_the_rows_are_cut(rows, cuts):
    moment, dated = datetime(2026, 3, 1, 12, tzinfo=UTC), []
    for payer, payee, device, hours in rows:
        moment += timedelta(hours=hours)
        dated.append({"payer": payer, "payee": payee, "device_id": device, "ip": device, "received_at": moment})
    table = pl.DataFrame(dated, schema_overrides={"device_id": pl.String, "ip": pl.String})
    watch, found = OnceADay(OWNERS), []
    edges = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
    for start, end in pairwise(edges):
        found.append(watch.first(table[start:end]))
    for owner in {("payer",), ("payee",), ("payee", "payer"), ("device_id",), ()}:
        seen, expected = set(), []
        for row in dated:
            day = (row["received_at"] + timedelta(hours=5)).date()
            key = (day, *(row[name] for name in owner))
            expected.append(not owner or None in key or key not in seen)
            seen.add(key)
        assert np.concatenate([each[owner] for each in found]).tolist() == expected


def test_every_feature_has_an_owner_or_is_the_transfers_own():
    assert OWNERS["payee_receiving_age"] == ("payee",)
    assert OWNERS["amount_minor"] == ()
    assert OWNERS["amount_over_payer_max_30d"] == ("payer",)
    assert OWNERS["pair_sent_count_30d"] == ("payee", "payer")


START = datetime(2026, 3, 1, tzinfo=UTC).date()


@given(st.lists(st.sampled_from([None, 0.5, 1.0, 1.5, 3.0]), min_size=1, max_size=12))
def test_an_alarm_is_one_stretch_of_days_however_long(values):
    days = tuple(
        Day(day=START + timedelta(days=at), rows=1, value=value, high=1.0, low=0.6) for at, value in enumerate(values)
    )
    alarms = alarms_of([Signal(kind=Kind.FEATURE, name="f", days=days)])
    off = [value is not None and not 0.6 <= value <= 1.0 for value in values]
    starts = [at for at, bad in enumerate(off) if bad and not (at and off[at - 1])]
    assert sorted(alarm.first for alarm in alarms) == [START + timedelta(days=at) for at in starts]
    covered = {alarm.first + timedelta(days=n) for alarm in alarms for n in range((alarm.last - alarm.first).days + 1)}
    assert covered == {START + timedelta(days=at) for at, bad in enumerate(off) if bad}
    assert all(alarm.limit == (1.0 if alarm.value > 1 else 0.6) for alarm in alarms)
