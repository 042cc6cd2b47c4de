"""Times become aware UTC; what a wall clock never showed, or showed twice, is not guessed."""

# ruff: noqa: DTZ001 - times read off a wall have no zone: that is what is tested here

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from antifraud.domain.errors import InvalidValue
from antifraud.intake.mapping import TimeRule
from antifraud.intake.times import moments

ZONES = st.sampled_from(["UTC", "Asia/Almaty", "Europe/Berlin", "America/New_York"])
# Hours around changes of the clock: Berlin and New York in spring and autumn, Almaty for the last time in 2024.
CHANGES = [datetime(2024, 2, 29, 18), datetime(2025, 3, 30, 1), datetime(2025, 10, 26, 1), datetime(2025, 11, 2, 6)]
WALLS = st.datetimes(datetime(1971, 1, 1), datetime(2090, 1, 1)) | st.builds(
    lambda change, minutes: change + timedelta(minutes=minutes), st.sampled_from(CHANGES), st.integers(-600, 600)
)


def read_one(value, dtype=None, **rule):
    checked = moments(pl.Series([value], dtype=dtype), "occurred_at", TimeRule(**rule))
    return checked.values[0], checked.wrong[0]


@given(wall=WALLS, zone=ZONES)
@example(wall=datetime(2024, 2, 29, 23, 30), zone="Asia/Almaty")
@example(wall=datetime(2025, 3, 30, 2, 30), zone="Europe/Berlin")
def test_a_wall_time_means_the_one_moment_that_the_zone_gives_it(wall, zone):
    first, second = (wall.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1))
    shown = {one for one in (first, second) if one.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == wall}
    text = wall.isoformat()
    for value in (wall, text, text.replace("T", " ")):
        moment, reason = read_one(value, zone=zone)
        if len(shown) == 1:
            assert (moment, reason) == (first, None)
        else:
            assert moment is None
            assert f"does not exist, or exists twice, in {zone}" in reason
    if len(shown) == 2:
        assert read_one(wall, zone=zone, ambiguous="earliest") == (min(shown), None)
        assert read_one(wall, zone=zone, ambiguous="latest") == (max(shown), None)


@given(moment=st.datetimes(datetime(1971, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)), zone=ZONES)
def test_a_time_with_an_offset_needs_no_zone(moment, zone):
    local = moment.astimezone(ZoneInfo(zone))
    assert read_one(local, pl.Datetime("us", zone), zone="Asia/Almaty") == (moment, None)
    # An ISO offset has whole minutes; all zones had such ones in these years.
    for text in (local.isoformat(), local.strftime("%Y-%m-%dT%H:%M:%S.%f%z"), f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z"):
        assert read_one(text, zone="Asia/Almaty") == (moment, None)


@pytest.mark.parametrize(
    ("value", "rule", "moment"),
    [
        ("2026-03-01", {}, datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01T07:05", {"zone": "Asia/Almaty"}, datetime(2026, 3, 1, 2, 5, tzinfo=UTC)),
        ("1.2.2026 7:05", {"format": "%d.%m.%Y %H:%M"}, datetime(2026, 2, 1, 7, 5, tzinfo=UTC)),
        ("01/02/2026 07:05 +0500", {"format": "%d/%m/%Y %H:%M %z"}, datetime(2026, 2, 1, 2, 5, tzinfo=UTC)),
        (1_772_323_200, {"format": "epoch_s"}, datetime(2026, 3, 1, tzinfo=UTC)),
        ("1772323200123", {"format": "epoch_ms"}, datetime(2026, 3, 1, 0, 0, 0, 123_000, tzinfo=UTC)),
    ],
)
def test_other_spellings_are_read_as_the_rule_says(value, rule, moment):
    assert read_one(value, **rule) == (moment, None)


@pytest.mark.parametrize("value", ["2026-13-01", "2026-03-01T25:00", "soon", "1772323200", "2026-03-01T10:00:00+99:00"])
def test_what_is_no_time_says_which_form_was_expected(value):
    assert read_one(value) == (None, f"occurred_at: must be a time (iso), was {value!r}")


def test_numbers_in_the_wrong_unit_are_not_times():
    assert "1970 to 2099" in read_one("3026-03-01T00:00:00")[1]
    assert read_one(1_772_323_200_123, format="epoch_s")[0] is None
    with pytest.raises(InvalidValue, match="say epoch_s"):
        read_one(1_772_323_200)


@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Almaty"])
@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_a_date_or_time_that_no_calendar_has_is_refused_by_its_number(unit, zone):
    for far in (2**63 - 1, 1 - 2**63):
        dtype = pl.Datetime(unit, zone)
        source = pl.Series([far, 0, None], dtype=pl.Int64).cast(pl.Datetime(unit)).to_physical().cast(dtype)
        checked = moments(source, "occurred_at", TimeRule())
        assert checked.wrong[0].startswith("occurred_at: must be in the years 1970 to 2099, was ")
        assert checked.wrong[0].endswith(f", was {far}") or unit == "ns"  # 292 years: a calendar has them all
        assert checked.values.to_list()[1:] == [datetime(1970, 1, 1, tzinfo=UTC), None]
        assert checked.wrong.to_list()[1:] == [None, "occurred_at: is missing"]
    checked = moments(pl.Series([2**30], dtype=pl.Int32).cast(pl.Date), "occurred_at", TimeRule())
    assert checked.wrong[0] == f"occurred_at: must be in the years 1970 to 2099, was {2**30}"


def test_a_number_that_is_none_is_no_time():
    checked = moments(pl.Series([float("nan"), float("nan")]), "occurred_at", TimeRule(format="epoch_s"))
    assert checked.wrong.to_list() == ["occurred_at: must be a time (epoch_s), was nan"] * 2


def test_a_format_that_gives_no_time_is_named_by_its_key():
    with pytest.raises(InvalidValue, match=r"mapping\.time\.format: .*hour and minute.*, was '%Y-%m-%dT%H'"):
        read_one("2026-03-01T10", format="%Y-%m-%dT%H")
