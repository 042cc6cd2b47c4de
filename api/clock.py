"""The only clocks: what is received gets distinct, ordered stamps."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

_log: Final = logging.getLogger(__name__)
_TICK: Final = timedelta(microseconds=1)
_NOTABLE: Final = timedelta(seconds=1)  # less is what a clock is kept right by
_BEGINNING: Final = datetime.min.replace(tzinfo=UTC)


# Of Linux; elsewhere the time that a machine slept is not among them, and its clock then seems to have been set.
_STEADY: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def utc_now() -> datetime:
    """Return the time of this machine, aware UTC."""
    return datetime.now(UTC)


def passed_s() -> float:
    """Return seconds that no setting of a clock moves, those of a machine that slept among them."""
    return time.clock_gettime(_STEADY)


class Leap:
    """How far a clock ran ahead of the time that passed since this was made: it was set forward.

    >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> times = iter([noon, noon + timedelta(hours=2)])
    >>> leap = Leap(lambda: next(times), iter([0.0, 3_600.0]).__next__)
    >>> leap.ahead
    datetime.timedelta(seconds=3600)
    """

    def __init__(self, now: Callable[[], datetime] = utc_now, passed: Callable[[], float] = passed_s) -> None:
        self._now, self._passed = now, passed
        self._began = self._beginning()

    @property
    def ahead(self) -> timedelta:
        """Return how far; nothing for a clock that was set back, or was right all the time."""
        return max(timedelta(0), self._beginning() - self._began)

    def _beginning(self) -> datetime:
        return self._now() - timedelta(seconds=self._passed())


class SystemClock:
    """Stamps with the machine's time; two stamps are never the same and never step back.

    A machine whose clock was set back goes on from what is stamped already, and so does what transfers may say of
    themselves: participants whose clocks are right are not refused because ours is not.

    >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> clock = SystemClock(now=lambda: noon - timedelta(hours=1))
    >>> clock.go_on_after(noon)
    >>> clock.stamp(noon) - noon, clock.stamp(noon) - noon
    (datetime.timedelta(microseconds=1), datetime.timedelta(microseconds=2))
    """

    def __init__(self, now: Callable[[], datetime] = utc_now) -> None:
        self._now = now
        self._last = _BEGINNING
        self._said = False

    def now(self) -> datetime:
        """Return the machine's time, or the last stamp if that is later: what a stamp may be compared with."""
        return max(self._now(), self._last)

    @property
    def behind(self) -> timedelta:
        """Return how far the machine's time is behind what is stamped already; hardly anything unless it was set."""
        return max(timedelta(0), self._last - self._now())

    def go_on_after(self, moment: datetime) -> None:
        """Give only stamps later than `moment` from now on."""
        self._last = max(self._last, moment)

    def stamp(self, occurred_at: datetime) -> datetime:
        """Return now, or a tick after the last stamp if that is later."""
        now = self._now()
        if now > self._last:
            self._last = now
            self._said = False
        else:
            self._last += _TICK
            if self._last - now > _NOTABLE and not self._said:
                self._said = True
                _log.warning("the clock was set back by %s: stamps go on from where they were", self._last - now)
        return self._last

    def latest_occurrence(self, leeway: timedelta) -> datetime:
        """Return the latest moment at which something received now may say it occurred."""
        return self.now() + leeway


class ReplayClock:
    """Stamps with what the transfers say themselves, never stepping back: for histories played again.

    Transfers of one instant share a stamp, as they do in a table, and do not see each other.

    >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> clock = ReplayClock()
    >>> clock.stamp(noon) == clock.stamp(noon - timedelta(hours=1)) == noon
    True
    """

    def __init__(self, now: Callable[[], datetime] = utc_now) -> None:
        self._now = now
        self._last = _BEGINNING

    def now(self) -> datetime:
        """Return the machine's time: whatever is not played again goes by it."""
        return self._now()

    @property
    def behind(self) -> timedelta:
        """Return nothing: no machine's time counts here."""
        return timedelta(0)

    def go_on_after(self, moment: datetime) -> None:
        """Give no stamp earlier than `moment` from now on."""
        self._last = max(self._last, moment)

    def stamp(self, occurred_at: datetime) -> datetime:
        """Return `occurred_at`, or the last stamp if that is later."""
        self._last = max(self._last, occurred_at)
        return self._last

    def latest_occurrence(self, leeway: timedelta) -> datetime:
        """Return the end of time: a history may be of any age."""
        return datetime.max.replace(tzinfo=UTC)
