"""Times of a source as aware UTC."""

from typing import Final, Literal, cast

import polars as pl
from polars.exceptions import PolarsError

from antifraud.domain.errors import InvalidValue
from antifraud.intake.checked import Checked, as_text, fine, refuse
from antifraud.intake.mapping import TimeRule

_EPOCH: Final = {"epoch_s": 1_000_000, "epoch_ms": 1_000, "epoch_us": 1}
_OFFSET: Final = r"(Z|[+-]\d{2}:?(\d{2})?)$"
_MOMENT: Final = pl.Datetime("us", "UTC")
# Beyond these years a number was read in the wrong unit; inside, microseconds fit 64 bits with room.
_FIRST_US: Final = 0
_LAST_US: Final = 4_102_444_800_000_000
_A_DAY: Final = {pl.Date(): 1, "ms": 86_400_000, "us": 86_400_000_000}  # 64 bits of nanoseconds stay on the calendar
_CALENDAR: Final = (-719_000, 2_932_000)  # days from 1970 to the years 1 and 9999, with room for zones
_YEARS: Final = "must be in the years 1970 to 2099"


def moments(source: pl.Series, field: str, rule: TimeRule) -> Checked:
    """Read times; naive ones were read off a wall in `rule.zone`.

    An hour that the wall skipped is refused; one that it showed twice is refused unless the rule chooses.
    """
    if source.dtype == pl.String:
        source = as_text(source, field)
    nothing = pl.Series(field, [None], dtype=_MOMENT).new_from_index(0, len(source))
    checked = refuse(fine(nothing), source.is_null(), source, "is missing")
    beyond = off_the_calendar(source)
    if beyond.any():
        checked = refuse(checked, beyond, source.to_physical(), _YEARS)
        source = source.zip_with(~beyond, source.clear(len(source)))
    naive, aware = _read(source, rule, field)
    read = naive.is_not_null() | aware.is_not_null()
    checked = refuse(checked, ~read & source.is_not_null(), source, f"must be a time ({rule.format})")
    walled = naive.dt.replace_time_zone(
        rule.zone, ambiguous=_ambiguous(rule), non_existent="null"
    ).dt.convert_time_zone("UTC")
    problem = f"does not exist, or exists twice, in {rule.zone}"
    checked = refuse(checked, naive.is_not_null() & walled.is_null(), source, problem)
    values = walled.zip_with(walled.is_not_null(), aware).alias(field)
    checked = Checked(values, checked.wrong)
    number = values.to_physical()
    return refuse(checked, (number < _FIRST_US) | (number >= _LAST_US), source, _YEARS)


def off_the_calendar(column: pl.Series) -> pl.Series:
    """Say which dates and times lie in no year that can be named: a number that was taken for another unit."""
    day = _A_DAY.get(column.dtype.time_unit if isinstance(column.dtype, pl.Datetime) else column.dtype)
    if day is None:
        return pl.Series([False]).new_from_index(0, len(column))
    first, last = _CALENDAR
    return ~column.to_physical().is_between(first * day, last * day).fill_null(True)


def _ambiguous(rule: TimeRule) -> Literal["earliest", "latest", "null"]:
    return "null" if rule.ambiguous == "reject" else cast(Literal["earliest", "latest"], rule.ambiguous)


def _read(source: pl.Series, rule: TimeRule, field: str) -> tuple[pl.Series, pl.Series]:
    """Return the times as (naive, aware UTC); each row is in at most one of them."""
    no_naive = pl.Series(field, [None], dtype=pl.Datetime("us")).new_from_index(0, len(source))
    no_aware = no_naive.dt.replace_time_zone("UTC")
    if isinstance(source.dtype, pl.Datetime):
        if source.dtype.time_zone is not None:
            return no_naive, source.cast(pl.Datetime("us", source.dtype.time_zone)).dt.convert_time_zone("UTC")
        return source.cast(pl.Datetime("us")), no_aware
    if source.dtype == pl.Date:
        return source.cast(pl.Datetime("us")), no_aware
    if rule.format in _EPOCH:
        return no_naive, _from_epoch(source, _EPOCH[rule.format])
    if source.dtype.is_numeric():
        raise InvalidValue(
            "mapping.time.format", f"{field} is a number: say epoch_s, epoch_ms or epoch_us", rule.format
        )
    text = as_text(source, field)
    if rule.format != "iso":
        try:
            found = text.str.to_datetime(rule.format, strict=False, time_unit="us")
        except PolarsError as error:
            raise InvalidValue("mapping.time.format", str(error).splitlines()[0], rule.format) from None
        return (found, no_aware) if found.dtype == pl.Datetime("us") else (no_naive, found)
    return _from_iso(text)


def _from_epoch(source: pl.Series, unit: int) -> pl.Series:
    number = source.cast(pl.Int64, strict=False)
    number = number.set(number.abs() > _LAST_US // unit, None)
    return (number * unit).cast(_MOMENT)


def _from_iso(text: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Read `2026-03-01T12:30:00.5`, with or without an offset; a blank for the T, no seconds or no time at all."""
    text = text.str.replace(" ", "T", literal=True)
    lengths = text.str.len_chars()
    text = text.zip_with((lengths != 10).fill_null(True), text + "T00:00:00")
    text = text.zip_with((lengths != 16).fill_null(True), text + ":00")
    has_offset = text.str.slice(19).str.contains(_OFFSET).fill_null(False)
    naive = text.set(has_offset, None).str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", strict=False, time_unit="us")
    aware = text.set(~has_offset, None).str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%#z", strict=False, time_unit="us")
    return naive, aware
