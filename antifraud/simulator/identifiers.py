"""Identifiers that look right, pass every check, and can belong to nobody."""

from typing import Final

import numpy as np
import polars as pl

from antifraud.domain.identifiers import iin_check_digit
from antifraud.simulator.drafts import Ints

_KZ00: Final = 203500  # the letters K and Z as numbers and two zeros, as the IBAN check wants them at the end


def impossible_iin(ordinal: int, birth_year: int) -> str:
    """Return the IIN of fictional person `ordinal`: right check digit, born in a month above 12.

    >>> impossible_iin(0, 1990)
    '901301300007'
    """
    month, day = 13 + ordinal // 10_000 % 7, 1 + ordinal // 70_000 % 28
    century = 3 if birth_year < 2000 else 5
    for later_month in (0, 7):
        for sex in (0, 1):
            beginning = f"{birth_year % 100:02d}{month + later_month}{day:02d}{century + sex}{ordinal % 10_000:04d}"
            if (digit := iin_check_digit(beginning)) is not None:
                return f"{beginning}{digit}"
    raise ValueError(f"person {ordinal} of {birth_year}: no beginning has a check digit")


def impossible_bin(ordinal: int, year: int) -> str:
    """Return the BIN of fictional firm `ordinal`: right check digit, registered in a month above 12."""
    for month in range(13 + ordinal // 100_000, 99, 10):
        beginning = f"{year % 100:02d}{month}40{ordinal % 100_000:05d}"
        if (digit := iin_check_digit(beginning)) is not None:
            return f"{beginning}{digit}"
    raise ValueError(f"firm {ordinal} of {year}: no beginning has a check digit")


def ibans(bank_codes: Ints, numbers: Ints) -> pl.Series:
    """Return KZ IBANs of accounts `numbers` at banks with these three-digit codes, check digits right."""
    remainder = ((bank_codes * 10**13 + numbers) % 97 * 10**6 + _KZ00) % 97
    return (
        pl.DataFrame({"check": 98 - remainder, "code": bank_codes, "number": numbers})
        .select(
            pl.concat_str(
                pl.lit("KZ"),
                pl.col("check").cast(pl.String).str.zfill(2),
                pl.col("code").cast(pl.String).str.zfill(3),
                pl.col("number").cast(pl.String).str.zfill(13),
            )
        )
        .to_series()
    )


def phones(numbers: Ints) -> pl.Series:
    """Return phone numbers +7 000 xxxxxxx: no area of the +7 plan begins with 0, so nobody has them."""
    return "+7000" + pl.Series(numbers).cast(pl.String).str.zfill(7)


def devices(numbers: Ints) -> pl.Series:
    """Return opaque device ids, 12 hexadecimal digits, all different for numbers below 2**40."""
    scrambled = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) % np.uint64(2**48)
    return pl.Series([f"{number:012x}" for number in scrambled.tolist()], dtype=pl.String)


def ips(numbers: Ints, network: str) -> pl.Series:
    """Return addresses of ranges that no customer has: `home` 198.18.0.0/15 (RFC 2544), `carrier` 100.64.0.0/10.

    >>> ips(np.array([258]), "home").to_list()
    ['198.18.1.2']
    """
    first, second, size = {"home": (198, 18, 2**17), "carrier": (100, 64, 2**22)}[network]
    offset = numbers % size
    return (
        pl.DataFrame({"b": second + offset // 2**16, "c": offset // 256 % 256, "d": offset % 256})
        .select(pl.format(f"{first}.{{}}.{{}}.{{}}", "b", "c", "d"))
        .to_series()
    )
