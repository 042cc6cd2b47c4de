"""Columns that were checked value by value, with the reason beside each value that failed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from antifraud.domain.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class Checked:
    """`values` in the type of the field; `wrong` says why, as InvalidValue does, and is null where all is well."""

    values: pl.Series
    wrong: pl.Series


def fine(values: pl.Series) -> Checked:
    """Call every value right."""
    return Checked(values, pl.Series(values.name, [None], dtype=pl.String).new_from_index(0, len(values)))


def refuse(checked: Checked, bad: pl.Series, was: pl.Series, problem: str) -> Checked:
    """Empty the values where `bad` holds and say why, unless a reason stands there already.

    `was` shows the source's values.
    """
    bad = bad.fill_null(False) & checked.wrong.is_null()
    if not bad.any():
        return checked
    reasons = [str(InvalidValue(checked.values.name, problem, value)) for value in was.filter(bad)]
    said = pl.Series(reasons, dtype=pl.String)
    return Checked(checked.values.set(bad, None), placed(checked.wrong, bad.arg_true(), said))


def placed(series: pl.Series, place: pl.Series, values: pl.Series) -> pl.Series:
    """Return a copy with `values` at the indices `place`; polars' own scatter writes into its argument."""
    return series.clone().scatter(place, values)


def by_value(text: pl.Series, check: Callable[[str], object], dtype: pl.DataType | None = None) -> Checked:
    """Run a check of the domain once on each different text; null stays null and is not checked.

    With `dtype`, what the check returns becomes the value; without, the text itself stays.
    """
    wrong: dict[str, str] = {}
    found: dict[str, object] = {}
    for value in text.drop_nulls().unique():
        try:
            found[value] = check(value)
        except InvalidValue as error:
            wrong[value] = str(error)
    values = text if dtype is None else replaced(text, found, dtype)
    if not wrong:
        return fine(values)
    reasons = replaced(text, wrong, pl.String())
    return Checked(values.set(reasons.is_not_null(), None), reasons)


def replaced(text: pl.Series, by: Mapping[str, object], dtype: pl.DataType) -> pl.Series:
    """Look every text up in `by`; null where it is not."""
    if not by:
        return pl.Series(text.name, [None], dtype=dtype).new_from_index(0, len(text))
    old = pl.Series(list(by), dtype=pl.String)
    new = pl.Series(list(by.values()), dtype=dtype)
    return text.replace_strict(old, new, default=None, return_dtype=dtype)


def first_reason(columns: list[Checked]) -> pl.Series:
    """Return for each row the first thing that is wrong in the order of the columns, null if nothing is."""
    frame = pl.DataFrame([one.wrong.alias(str(number)) for number, one in enumerate(columns)])
    return frame.select(pl.coalesce(pl.all())).to_series()


def as_text(column: pl.Series, name: str) -> pl.Series:
    """Write source values as text: trimmed, empty as null, whole floats without a point."""
    if column.dtype.is_float():
        whole = (column == column.round()) & (column.abs() < 2.0**53)
        plain = column.set(~whole.fill_null(False), None).cast(pl.Int64, strict=False).cast(pl.String)
        return plain.zip_with(plain.is_not_null(), column.cast(pl.String)).alias(name)
    text = column.cast(pl.String, strict=False).str.strip_chars()
    return text.set(text == "", None).alias(name)
