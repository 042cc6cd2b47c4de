"""Days of Kazakhstan: week, holidays, and the paydays that move off them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import holidays

from antifraud.simulator.drafts import DAY, SECOND

ALMATY = ZoneInfo("Asia/Almaty")


@dataclass(frozen=True, slots=True)
class Day:
    """One local day; `paydays` are the days of the month whose payments fall on it."""

    index: int  # since the world's first day; days before it are negative
    date: date
    is_working: bool
    is_holiday: bool
    eve_of_holiday: bool
    paydays: frozenset[int]

    @property
    def start(self) -> int:
        """Return its midnight in microseconds since the world began."""
        return self.index * DAY

    @property
    def is_weekend(self) -> bool:
        """Tell Saturdays and Sundays."""
        return self.date.weekday() >= 5


class Calendar:
    """The days from a first one on."""

    def __init__(self, start: date) -> None:
        self.start = start
        self._holidays = holidays.country_holidays("KZ")  # it grows by itself, year by year

    @cached_property
    def epoch(self) -> int:
        """Return the first local midnight in microseconds of Unix time."""
        midnight = datetime.combine(self.start, time(), ALMATY).astimezone(UTC)
        return int(midnight.timestamp()) * SECOND

    def day(self, index: int) -> Day:
        """Return a day by its number.

        >>> Calendar(date(2026, 3, 1)).day(22).is_working  # Nauryz, a Monday
        False
        """
        day = self.start + timedelta(days=index)
        return Day(
            index=index,
            date=day,
            is_working=self._is_working(day),
            is_holiday=day in self._holidays,
            eve_of_holiday=any(day + timedelta(days=ahead) in self._holidays for ahead in (1, 2)),
            paydays=frozenset(self._paydays(day)),
        )

    def _is_working(self, day: date) -> bool:
        return day.weekday() < 5 and day not in self._holidays

    def _paydays(self, day: date) -> list[int]:
        if not self._is_working(day):
            return []
        due = [day.day]
        following = day + timedelta(days=1)
        while not self._is_working(following):  # what falls on days off is paid before them
            due.append(following.day)
            following += timedelta(days=1)
        return due
