"""Moments as whole numbers: microseconds since 1970, the form in which they are stored and compared."""

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY: Final = 86_400_000_000
_MICROSECOND: Final = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    """Return an aware moment as microseconds since 1970, exactly.

    >>> micros(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC))
    -1
    """
    since = moment - _EPOCH
    return since.days * _DAY + since.seconds * 1_000_000 + since.microseconds


def moment_of(us: int) -> datetime:
    """Return the moment that many microseconds after 1970, aware UTC."""
    return _EPOCH + timedelta(microseconds=us)


def span_micros(span: timedelta) -> int:
    """Return a span of time in microseconds, exactly.

    >>> span_micros(timedelta(minutes=5))
    300000000
    """
    return span // _MICROSECOND
