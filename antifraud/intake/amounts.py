"""Amounts of a source as whole minor units, exactly or not at all."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from antifraud.domain.errors import InvalidValue
from antifraud.domain.money import MAX_AMOUNT_MINOR, MINOR_DIGITS, Rates, amount, to_minor
from antifraud.intake.checked import Checked, as_text, by_value, fine, placed, refuse
from antifraud.intake.mapping import AmountRule

FIELD: Final = "amount_minor"
_PLAIN: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
# Sums of floats carry noise (0.1 + 0.2), also when printed; within these bounds only one minor amount can be meant.
_NOISE_RELATIVE: Final = 1e-12
_NOISE_ABSOLUTE: Final = 1e-3


def minor_amounts(source: pl.Series, currency: pl.Series, rule: AmountRule) -> Checked:
    """Read amounts, each in the minor digits of its own row's currency.

    Floats and integers are taken by their value, everything else by its text. Rows whose currency is
    null come back null without a reason: the currency has its own.
    """
    if source.dtype == pl.String:
        source = as_text(source, FIELD)
    values = pl.Series(FIELD, [None], dtype=pl.Int64).new_from_index(0, len(source))
    checked = refuse(fine(values), source.is_null(), source, "is missing")
    for code in currency.drop_nulls().unique().sort():
        place = ((currency == code) & source.is_not_null()).fill_null(False).arg_true()
        part = _of_currency(source.gather(place), code, rule)
        checked = Checked(placed(checked.values, place, part.values), placed(checked.wrong, place, part.wrong))
    return checked


def base_amounts(minor: pl.Series, currency: pl.Series, rates: Rates) -> Checked:
    """Convert amounts into the base currency by fixed rates; a null amount stays null."""
    name = "base_minor"
    checked = fine(minor.alias(name))
    foreign = ((currency != rates.base) & minor.is_not_null()).fill_null(False)
    for code in currency.filter(foreign).unique().sort():
        place = (foreign & (currency == code)).fill_null(False).arg_true()
        part = by_value(minor.gather(place).cast(pl.String), _into_base(rates, code), pl.Int64())
        checked = Checked(placed(checked.values, place, part.values), placed(checked.wrong, place, part.wrong))
    return checked


def _into_base(rates: Rates, code: str) -> Callable[[str], int]:
    return lambda text: amount(rates.base_minor(int(text), code), "base_minor")


def _of_currency(source: pl.Series, code: str, rule: AmountRule) -> Checked:
    if source.dtype.is_float() or source.dtype.is_integer():
        return _from_numbers(source, code, rule)
    return by_value(as_text(source, FIELD), lambda text: _from_text(text, code, rule), pl.Int64())


def _from_text(text: str, code: str, rule: AmountRule) -> int:
    plain = text.replace(rule.thousands, "") if rule.thousands else text
    if rule.decimal == ",":
        plain = plain.translate({ord(","): ".", ord("."): ","})
    if _PLAIN.fullmatch(plain) is None:
        raise InvalidValue(FIELD, "must be a plain decimal number", text)
    return amount(_exact(Decimal(plain), text, code, rule), FIELD)


def _exact(units: Decimal, was: object, code: str, rule: AmountRule) -> int:
    """Return the minor units of an exact amount, rounding a fraction of one only if the rule says so."""
    digits = MINOR_DIGITS[code] if rule.unit == "units" else 0
    if units.adjusted() + digits > 18:  # spare the arithmetic a huge power
        raise InvalidValue(FIELD, "is larger than any amount", was)
    minor = to_minor(units.scaleb(digits - MINOR_DIGITS[code]), code)
    noise = abs(units.scaleb(digits) - minor)
    if rule.excess == "reject" and noise > min(abs(minor) * Decimal(_NOISE_RELATIVE), Decimal(_NOISE_ABSOLUTE)):
        raise InvalidValue(FIELD, f"{code} has {digits} digits after the point", was)
    return minor


def _from_numbers(source: pl.Series, code: str, rule: AmountRule) -> Checked:
    scale = 10 ** MINOR_DIGITS[code] if rule.unit == "units" else 1
    numbers: NDArray[np.float64] = source.cast(pl.Float64).to_numpy()
    with np.errstate(invalid="ignore", over="ignore"):
        near = np.rint(numbers * scale)
        noise = np.abs(numbers * scale - near)
        # Dividing back is exact: the quotient is the float nearest to that many minor units.
        whole = (near / scale == numbers) | (noise <= np.minimum(np.abs(near) * _NOISE_RELATIVE, _NOISE_ABSOLUTE))
        sane = (near >= 0) & (near <= MAX_AMOUNT_MINOR)
    values = pl.Series(FIELD, np.where(whole & sane, near, 0).astype(np.int64))
    rest = pl.Series(~(whole & sane))
    if not rest.any():
        return fine(values)
    # Few: fractions to round or refuse, and what no amount can be. The shortest text of a float is its meaning.
    place = rest.arg_true()
    part = by_value(source.gather(place).cast(pl.String).alias(FIELD), lambda text: _rare(text, code, rule), pl.Int64())
    return Checked(placed(values, place, part.values), placed(fine(values).wrong, place, part.wrong))


def _rare(text: str, code: str, rule: AmountRule) -> int:
    number = Decimal(text)
    if not number.is_finite():
        raise InvalidValue(FIELD, "must be a number", text)
    return amount(_exact(number, float(text), code, rule), FIELD)
