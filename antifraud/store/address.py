"""Where a store is: its URL, and how to speak of it without giving its secrets away."""

from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from antifraud.domain.errors import Unavailable

_DRIVERS: Final = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg", "sqlite": "sqlite"}


def supported_url(url: str | URL) -> URL:
    """Return the URL with our driver; raise Unavailable if it is of no database that can be durable."""
    try:
        at = make_url(url)
        return at.set(drivername=_DRIVERS[at.get_backend_name()])
    except (ArgumentError, KeyError, ValueError):  # ValueError: a port that is no number
        raise Unavailable("the store's URL must be sqlite:///FILE or postgresql://USER@HOST/NAME") from None


def reason(error: DBAPIError) -> str:
    """Return in one line what the database said."""
    return " ".join(str(error.orig).split())


def shown(url: URL) -> str:
    """Return a URL as it may stand in a message: without its password, wherever it was given.

    >>> shown(supported_url("postgresql://ana:secret@db/engine?password=secret"))
    'postgresql://ana:***@db/engine'
    """
    return url.set(drivername=url.get_backend_name(), query={}).render_as_string(hide_password=True)
