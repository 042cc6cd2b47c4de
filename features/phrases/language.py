"""One language: its texts, and how it writes numbers, money and time."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

import yaml
from babel import Locale
from babel.numbers import format_decimal, get_currency_symbol

from antifraud.domain.money import MINOR_DIGITS

_TERRITORY: Final = {"kk": "kk_KZ", "ru": "ru_KZ", "en": "en"}
_NO_BREAK: Final = "\N{NO-BREAK SPACE}"
_UNITS: Final = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
_WHOLE_FROM: Final = 100  # currency units: above, minor units only distract
_TIMES_FROM: Final = 2  # a share below is said in percent


class Language:
    """Texts by dotted key. A key may have plural forms below it: =0, =1, or CLDR's one, few, many, other."""

    def __init__(self, code: str) -> None:
        self.code = code
        self._locale = Locale.parse(_TERRITORY[code])
        text = (Path(__file__).parent / f"{code}.yaml").read_text(encoding="utf-8")
        content = yaml.load(text, yaml.CSafeLoader)  # libyaml's: ten times as fast, and a server starts with this
        self.texts: Mapping[str, str] = dict(_flattened(content))

    def find(self, key: str, n: Decimal | None = None) -> str | None:
        """Return the text of a key, in the form that `n` of them takes, or None if there is none."""
        if n is not None:
            for form in (f"={_plain(n)}", self._locale.plural_form(abs(n)), "other"):
                if (text := self.texts.get(f"{key}.{form}")) is not None:
                    return text
        return self.texts.get(key)

    def say(self, key: str, n: Decimal | None = None, /, **parts: str) -> str:
        """Return a text with its parts in place; raise LookupError if the language has no such text."""
        text = self.find(key, n)
        if text is None:
            raise LookupError(f"{self.code}.yaml has no text for {key}")
        return text.format_map(parts)

    def number(self, value: Decimal) -> str:
        """Write a number with this language's separators."""
        return format_decimal(value, locale=self._locale)

    def money(self, minor: float, currency: str) -> str:
        """Write an amount of minor units in units of its currency; XXX, no currency, has no sign."""
        digits = MINOR_DIGITS[currency]
        units = Decimal(minor).scaleb(-digits)
        places = 0 if abs(units) >= _WHOLE_FROM or units == units.to_integral_value() else digits
        pattern = "#,##0" + ("." + "0" * places if places else "")
        written = format_decimal(rounded(units, places), format=pattern, locale=self._locale)
        if currency == "XXX":
            return written
        return f"{written}{_NO_BREAK}{get_currency_symbol(currency, locale=self._locale)}"

    def duration(self, seconds: float) -> str:
        """Say a length of time in the largest unit of which there are at least two."""
        for unit, length in _UNITS:
            if seconds >= 2 * length or (length == 1 and seconds >= 1):
                n = rounded(Decimal(seconds) / length, 0)
                return self.say(f"durations.{unit}", n, n=self.number(n))
        return self.say("durations.instant")

    def window(self, over: timedelta) -> str:
        """Say "in the last 24 hours"."""
        unit, n = _in_units(over)
        return self.say(f"windows.{unit}", n, n=self.number(n))

    def share(self, key: str, value: float, beside: float | None = None, /, **parts: str) -> str:
        """Say how many times one thing is another, or how many percent when that is less than twice.

        What stands `beside` another share is said in its words, so that the two can be compared.
        """
        if abs(value if beside is None else beside) >= _TIMES_FROM:
            n = count(value) if abs(value) >= 1 else rounded(Decimal(value), 2)
            return self.say(f"{key}.times", n, n=self.number(n), **parts)
        percent = Decimal(value) * 100
        places = 0 if abs(percent) >= 10 else 1 if abs(percent) >= 1 else 2
        n = rounded(percent, places)
        written = f"<{self.number(Decimal('0.01'))}" if n == 0 and value > 0 else self.number(n)
        return self.say(f"{key}.percent", n=written, **parts)


def rounded(value: Decimal, places: int) -> Decimal:
    """Round to so many places; a whole number loses its point, because plural forms hear it."""
    result = round(value, places)
    return result.to_integral_value() if result == result.to_integral_value() else result


def count(value: float) -> Decimal:
    """Return a number as a person counts: whole from ten on, one place below."""
    exact = Decimal(value)
    return rounded(exact, 0 if abs(exact) >= 10 else 1)


def _plain(n: Decimal) -> str:
    return f"{n:f}" if n else "0"


def _in_units(over: timedelta) -> tuple[str, Decimal]:
    """Return a window in the largest unit that it is a whole number of; one day is 24 hours."""
    seconds = int(over.total_seconds())
    for unit, length in _UNITS:
        if seconds % length == 0 and (unit != "day" or seconds > length):
            return unit, Decimal(seconds // length)
    raise ValueError(f"a window is whole seconds, was {over}")


def _flattened(content: object, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(content, dict):
        for key, inner in content.items():
            name = str(key).lower() if isinstance(key, bool) else str(key)
            yield from _flattened(inner, f"{path}.{name}" if path else name)
    else:
        yield path, str(content)
