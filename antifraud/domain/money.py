"""Money is whole minor units of a known currency; no float ever holds it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from antifraud.domain.errors import InvalidValue

# ISO 4217: the currencies of states by their minor digits, without funds and metals. XXX means "no currency": public
# data sets that name none.
MINOR_DIGITS: Final[Mapping[str, int]] = {
    code: digits
    for digits, codes in (
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"),
        (
            2,
            "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY "
            "COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR "
            "ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK "
            "MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP "
            "SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG XXX "
            "YER ZAR ZMW ZWG",
        ),
        (3, "BHD IQD JOD KWD LYD OMR TND"),
    )
    for code in codes.split()
}

# A transfer above a thousand billion tenge is a mistake in units. The bound also keeps the sum of ninety
# thousand such transfers of one account inside 64 bits.
MAX_AMOUNT_MINOR: Final = 10**14


def currency_code(text: str, field: str = "currency") -> str:
    """Return `text` if it is a currency the engine knows; raise InvalidValue otherwise."""
    if text not in MINOR_DIGITS:
        raise InvalidValue(field, "unknown currency code (ISO 4217)", text)
    return text


def amount(minor: int, field: str = "amount_minor") -> int:
    """Return `minor` if a transfer can have this amount; raise InvalidValue otherwise.

    Zero is an amount: a card check moves nothing, and is how stolen cards are tried out.
    """
    if not 0 <= minor <= MAX_AMOUNT_MINOR:
        raise InvalidValue(field, f"an amount is 0 to {MAX_AMOUNT_MINOR} minor units", minor)
    return minor


def to_minor(units: Decimal, currency: str) -> int:
    """Return an amount in units as whole minor units, half to even.

    >>> to_minor(Decimal("12.34"), "KZT"), to_minor(Decimal("12"), "JPY")
    (1234, 12)
    """
    scale = Decimal(10) ** MINOR_DIGITS[currency_code(currency)]
    return int((units * scale).to_integral_value(rounding=ROUND_HALF_EVEN))


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """Split a whole number by weights, exactly: what rounding leaves goes to the largest remainders.

    Weights are not below zero, and one of them is above. Of equal remainders the first one gets it.

    >>> apportion(100, [1, 1, 1])
    [34, 33, 33]
    """
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda place: -(total * weights[place] % whole))
    for place in by_remainder[: total - sum(parts)]:
        parts[place] += 1
    return parts


@dataclass(frozen=True, slots=True)
class Rates:
    """Fixed reference rates into one base currency, so that amounts of one account can be summed.

    `per_unit` says how many units of `base` one unit of a currency is worth. A currency that is not
    listed is refused: an unknown worth is not zero.

    >>> Rates("KZT", {"USD": Decimal("520.5")}).base_minor(1_00, "USD")
    52050
    """

    base: str
    per_unit: Mapping[str, Decimal]

    def base_minor(self, amount_minor: int, currency: str) -> int:
        """Return `amount_minor` of `currency` in minor units of the base currency."""
        if currency == self.base:
            return amount_minor
        rate = self.per_unit.get(currency_code(currency))
        if rate is None:
            raise InvalidValue("currency", f"no reference rate into {self.base} is configured", currency)
        units = Decimal(amount_minor).scaleb(-MINOR_DIGITS[currency])
        return to_minor(units * rate, self.base)
