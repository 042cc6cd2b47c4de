"""Amounts become whole minor units exactly, or the row says why not."""

from decimal import ROUND_HALF_EVEN, Decimal

import polars as pl
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from antifraud.domain.money import MAX_AMOUNT_MINOR, MINOR_DIGITS
from antifraud.intake.amounts import minor_amounts
from antifraud.intake.mapping import AmountRule

CURRENCIES = st.sampled_from(["KZT", "JPY", "KWD"])
AMOUNTS = st.integers(1, MAX_AMOUNT_MINOR) | st.integers(1, 1_000_000)


def read_one(value, currency, dtype=None, **rule):
    checked = minor_amounts(pl.Series([value], dtype=dtype), pl.Series([currency]), AmountRule(**rule))
    return checked.values[0], checked.wrong[0]


@given(minor=AMOUNTS, currency=CURRENCIES)
@example(minor=29, currency="KZT")  # 0.29 * 100 is 28.999999999999996
@example(minor=MAX_AMOUNT_MINOR, currency="KZT")
@example(minor=32_268_305_240_041, currency="KZT")  # times 0.01 it is another float than divided by 100
def test_every_amount_survives_floats_text_decimals_and_minor_units(minor, currency):
    exact = Decimal(minor).scaleb(-MINOR_DIGITS[currency])
    assert read_one(float(exact), currency) == (minor, None)
    assert read_one(format(exact, "f"), currency) == (minor, None)
    assert read_one(exact, currency, pl.Decimal(38, 3)) == (minor, None)
    assert read_one(minor, currency, unit="minor") == (minor, None)
    assert read_one(f"{exact:,f}".translate({44: 32, 46: 44}), currency, decimal=",", thousands=" ") == (minor, None)


@given(minor=st.integers(1, 10**11), currency=CURRENCIES, steps=st.integers(-2, 2))
def test_the_noise_of_float_sums_is_no_fraction_of_a_cent(minor, currency, steps):
    noisy = float(Decimal(minor).scaleb(-MINOR_DIGITS[currency]))
    noisy *= 1 + steps * 2.0**-52
    assert read_one(noisy, currency) == (minor, None)
    assert read_one(format(Decimal(repr(noisy)), "f"), currency) == (minor, None)


@given(thousandths=st.integers(1, 10**12), currency=st.sampled_from(["KZT", "JPY"]))
@example(thousandths=12_345, currency="KZT")
def test_a_real_fraction_is_refused_or_rounded_half_to_even_as_told(thousandths, currency):
    exact = Decimal(thousandths).scaleb(-3)
    rounded = int(exact.scaleb(MINOR_DIGITS[currency]).to_integral_value(rounding=ROUND_HALF_EVEN))
    assume(rounded != exact.scaleb(MINOR_DIGITS[currency]) and rounded > 0)
    digits = MINOR_DIGITS[currency]
    for value in (float(exact), str(exact)):
        assert read_one(value, currency, excess="half_even") == (rounded, None)
        refused, reason = read_one(value, currency)
        assert refused is None
        assert reason == f"amount_minor: {currency} has {digits} digits after the point, was {value!r}"


def test_a_small_fraction_is_still_a_fraction():
    for value in (12.3400009, "12.3400009", 1_000_000.000009):
        assert read_one(value, "KZT")[0] is None


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "amount_minor: is missing"),
        (-5.25, f"amount_minor: an amount is 0 to {MAX_AMOUNT_MINOR} minor units, was -525"),
        (float("nan"), "amount_minor: must be a number, was 'NaN'"),
        (float("inf"), "amount_minor: must be a number, was 'inf'"),
        (1e300, "amount_minor: is larger than any amount, was 1e+300"),
    ],
)
def test_what_is_no_amount_says_so(value, reason):
    assert read_one(value, "KZT", pl.Float64) == (None, reason)


@given(text=st.text(alphabet="0123456789+-.,e_ xN", max_size=8))
def test_text_is_an_amount_or_a_reason_never_a_guess(text):
    minor, reason = read_one(text, "KZT")
    assert (minor is None) != (reason is None)
    if minor is not None:
        assert Decimal(text.strip()).scaleb(2) == minor
        assert "_" not in text
        assert "e" not in text


def test_zero_is_an_amount_and_less_is_not():
    for value in (0.0, -0.0, 0, "0.00"):
        assert read_one(value, "XXX") == (0, None)
    assert read_one(-0.01, "XXX")[0] is None


def test_each_row_is_read_in_the_digits_of_its_own_currency():
    checked = minor_amounts(
        pl.Series([1.5, 2.0, 1.5, 1.5, 7.0]), pl.Series(["KZT", "JPY", "KWD", "JPY", None]), AmountRule()
    )
    assert checked.values.to_list() == [150, 2, 1500, None, None]
    assert [reason is not None for reason in checked.wrong] == [False, False, False, True, False]


def test_currencies_have_the_minor_digits_of_the_standard():
    known = {"KZT": 2, "EGP": 2, "ZMW": 2, "JPY": 0, "KRW": 0, "IQD": 3, "KWD": 3}
    assert {code: MINOR_DIGITS[code] for code in known} == known
    assert {len(code) for code in MINOR_DIGITS} == {3}
