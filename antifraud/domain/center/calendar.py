"""Legal time: working days of Kazakhstan with transferred holidays, counted in Almaty."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

import holidays

ALMATY: Final = ZoneInfo("Asia/Almaty")
_DAY: Final = timedelta(days=1)


def end_of_working_day(start: datetime, days: int) -> datetime:
    """Return when the `days`-th working day after the day of `start` ends: midnight in Almaty, aware UTC.

    The day of `start` itself does not count, whatever it is. Nauryz makes five working days long:

    >>> held = datetime.fromisoformat("2026-03-19T15:00+05:00")
    >>> end_of_working_day(held, 5).astimezone(ALMATY).isoformat()
    '2026-04-01T00:00:00+05:00'
    """
    day = start.astimezone(ALMATY).date()
    while days:
        day += _DAY
        days -= is_working_day(day)
    return datetime.combine(day + _DAY, time(), ALMATY).astimezone(UTC)


@cache
def is_working_day(day: date) -> bool:
    """Say whether a day is worked in Kazakhstan; a Saturday worked in place of another day is.

    >>> is_working_day(date(2025, 1, 5)), is_working_day(date(2025, 1, 3))
    (True, False)
    """
    return holidays.country_holidays("KZ", years=day.year).is_working_day(day)


def end_of_day(at: datetime) -> datetime:
    """Return the midnight in Almaty that ends the day of a moment, aware UTC."""
    return datetime.combine(at.astimezone(ALMATY).date() + _DAY, time(), ALMATY).astimezone(UTC)


def working_time(start: datetime, end: datetime) -> timedelta:
    """Return how much of a span lies in working days, each of which has 24 hours as the law counts them.

    >>> friday, monday = (datetime.fromisoformat(f"2026-02-{day}T18:00+05:00") for day in (13, 16))
    >>> working_time(friday, monday)
    datetime.timedelta(days=1)
    """
    total, at = timedelta(0), start
    while at < end:
        day = at.astimezone(ALMATY).date()
        midnight = min(end_of_day(at), end)
        if is_working_day(day):
            total += midnight - at
        at = midnight
    return total
