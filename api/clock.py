"""The only clocks: what is received gets distinct, ordered stamps."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

_TICK: Final = timedelta(microseconds=1)
_BEGINNING: Final = datetime.min.replace(tzinfo=UTC)


def utc_now() -> datetime:
    """Return the time of this machine, aware UTC."""
    return datetime.now(UTC)


class SystemClock:
    """Stamps with the machine's time; two stamps are never the same and never step back.

    A machine whose clock was set back goes on from what is stamped already.

    >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> clock = SystemClock(now=lambda: noon - timedelta(hours=1))
    >>> clock.go_on_after(noon)
    >>> clock.stamp(noon) - noon, clock.stamp(noon) - noon
    (datetime.timedelta(microseconds=1), datetime.timedelta(microseconds=2))
    """

    def __init__(self, now: Callable[[], datetime] = utc_now) -> None:
        self._now = now
        self._last = _BEGINNING

    def go_on_after(self, moment: datetime) -> None:
        """Give only stamps later than `moment` from now on."""
        self._last = max(self._last, moment)

    def stamp(self, occurred_at: datetime) -> datetime:
        """Return now, or a tick after the last stamp if that is later."""
        now = self._now()
        self._last = now if now > self._last else self._last + _TICK
        return self._last

    def latest_occurrence(self, leeway: timedelta) -> datetime:
        """Return the latest moment at which something received now may say it occurred."""
        return self._now() + leeway


class ReplayClock:
    """Stamps with what the transfers say themselves, never stepping back: for histories played again.

    Transfers of one instant share a stamp, as they do in a table, and do not see each other.

    >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> clock = ReplayClock()
    >>> clock.stamp(noon) == clock.stamp(noon - timedelta(hours=1)) == noon
    True
    """

    def __init__(self) -> None:
        self._last = _BEGINNING

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
