"""The languages of the console: words from gettext files, numbers, sums, dates and plurals by Babel."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO
from typing import Final

from babel import Locale
from babel.core import negotiate_locale
from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, format_percent

from antifraud.domain.center.calendar import ALMATY, working_time
from antifraud.domain.money import MINOR_DIGITS

CODES: Final = ("kk", "ru", "en")
_SOURCE: Final = "en"  # the words that stand in the code
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)


class Language:
    """One language. Moments are shown in Almaty; what people wrote is never translated."""

    def __init__(self, code: str, translations: NullTranslations) -> None:
        self.code = code
        self.translations = translations
        self.locale = Locale(code)

    def say(self, text: str, **values: object) -> str:
        """Return a sentence that stands in the code in English, with `%(name)s` filled in."""
        found = self.translations.gettext(text)
        return found % values if values else found

    def count(self, one: str, many: str, number: int, **values: object) -> str:
        """Return a sentence with a number of things in it, as `%(num)s`."""
        return self.translations.ngettext(one, many, number) % {"num": self.number(number), **values}

    def number(self, value: float | Decimal) -> str:
        """Return a number as it is written in this language."""
        return format_decimal(value, locale=self.locale)

    def percent(self, share: float) -> str:
        """Return a share of one as whole percent; what is little is never written as nothing, nor much as all.

        >>> spoken()["en"].percent(0.004), spoken()["en"].percent(0.0), spoken()["en"].percent(0.999)
        ('<1%', '0%', '>99%')
        """
        sign, shown = ("<", 0.01) if 0 < share < 0.005 else (">", 0.99) if 0.995 < share < 1 else ("", share)
        return sign + format_percent(shown, format="#,##0 %" if self.code != "en" else "#,##0%", locale=self.locale)

    def money(self, minor: int, currency: str) -> str:
        """Return a sum with thousands set apart and its currency; a whole one without its minor digits."""
        units = Decimal(minor).scaleb(-MINOR_DIGITS[currency])
        whole = units == units.to_integral_value()
        return format_currency(
            units,
            currency,
            locale=self.locale,
            format="#,##0 ¤" if whole else "#,##0.00 ¤",
            currency_digits=False,
        )

    def share(self, ppm: int) -> str:
        """Return millionths as percent, with one digit behind the point."""
        return format_percent(Decimal(ppm) / 1_000_000, "#,##0.# %" if self.code != "en" else "#,##0.#%", self.locale)

    def typed(self, minor: int, currency: str) -> str:
        """Return a sum as people type it into a form: without its currency, nothing set apart."""
        units = Decimal(minor).scaleb(-MINOR_DIGITS[currency])
        return format_decimal(units, "0.##", locale=self.locale)

    def moment(self, at: datetime) -> str:
        """Return a moment to the minute, as it is on a clock in Almaty."""
        return format_datetime(at.astimezone(ALMATY), "d MMM y, HH:mm", locale=self.locale)

    def clock(self, at: datetime) -> str:
        """Return the time of day, as it is on a clock in Almaty."""
        return format_datetime(at.astimezone(ALMATY), "HH:mm", locale=self.locale)

    def day(self, day: date) -> str:
        """Return a day of the calendar."""
        return format_date(day, "d MMM", locale=self.locale)

    def left(self, now: datetime, until: datetime) -> str:
        """Say how long is left, in working days above one, else in hours and minutes."""
        span = until - now
        if span <= timedelta(0):
            return self.say("time is up")
        if span < _HOUR:
            return self.count("%(num)s min", "%(num)s min", max(1, span // timedelta(minutes=1)))
        if span < 2 * _DAY:
            return self.count("%(num)s h", "%(num)s h", span // _HOUR)
        days = working_time(now, until) // _DAY
        return self.count("%(num)s working day", "%(num)s working days", days)


@cache
def spoken() -> Mapping[str, Language]:
    """Return all languages by code, read once."""
    found: dict[str, Language] = {}
    for code in CODES:
        translations: NullTranslations = NullTranslations() if code == _SOURCE else _read(code)
        found[code] = Language(code, translations)
    return found


def language_for(chosen: str | None, accepted: str | None) -> Language:
    """Return the language that somebody chose, else the first one that the browser asks for and we have.

    >>> language_for(None, "de;q=0.9, ru-RU;q=0.8, en;q=0.1").code, language_for("kk", "en").code
    ('ru', 'kk')
    """
    if chosen in CODES:
        return spoken()[chosen]
    wanted = [part.split(";")[0].strip() for part in (accepted or "").split(",")]
    code = negotiate_locale([each for each in wanted if each], CODES, sep="-")
    return spoken()[CODES[0] if code is None else code.split("-")[0]]


def _read(code: str) -> GNUTranslations:
    source = files(__package__).joinpath("languages", f"{code}.po").read_bytes()
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(source), locale=code))
    compiled.seek(0)
    return GNUTranslations(compiled)
