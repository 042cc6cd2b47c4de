"""Typed reading of a YAML document: every complaint names the key by its whole path."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from antifraud.domain.errors import InvalidValue
from antifraud.yaml_file import read_yaml

_REQUIRED: Final = "\0required"
_MOST_DAYS: Final = 36_500
_YEARS: Final = range(1970, 2100)  # those of a transfer


class Section:
    """A mapping inside a YAML document that knows where it stands and which of its keys were read.

    >>> Section({"delay_days": "soon"}, "labels").number("delay_days")
    Traceback (most recent call last):
        ...
    antifraud.domain.errors.InvalidValue: labels.delay_days: must be a number, was 'soon'
    """

    def __init__(self, node: object, where: str = "") -> None:
        """Take a node of a document; `where` is its path in it."""
        if node is not None and not isinstance(node, Mapping):
            raise InvalidValue(where or "document", "must hold keys and values", node)
        self._node: dict[str, object] = {str(key): value for key, value in (node or {}).items()}
        self._where = where
        self._read: set[str] = set()

    @classmethod
    def load(cls, path: Path) -> "Section":
        """Read a YAML file; raise NotFound or InvalidValue, naming the file."""
        return cls(read_yaml(path))

    def __contains__(self, key: str) -> bool:
        """Say whether `key` is there with a value."""
        return self._node.get(key) is not None

    def path(self, key: str) -> str:
        """Return the whole path of `key`, as errors name it."""
        return f"{self._where}.{key}" if self._where else key

    def __iter__(self) -> Iterator[str]:
        """Yield the keys in the order of the file."""
        return iter(self._node)

    def get(self, key: str) -> object:
        """Return the plain value of `key`, None when absent, and remember that it was read."""
        self._read.add(key)
        return self._node.get(key)

    def finish(self, ignored: frozenset[str] = frozenset()) -> None:
        """Refuse keys that nobody read: a mistyped option must not be an option left out."""
        for key in self._node:
            if key not in self._read and key not in ignored:
                raise InvalidValue(self.path(key), "unknown key", self._node[key])

    def optional_text(self, key: str) -> str | None:
        """Return a text, or None when absent."""
        found = self.get(key)
        if found is None:
            return None
        if isinstance(found, bool) or not isinstance(found, str | int):
            raise InvalidValue(self.path(key), "must be a text", found)
        return str(found)

    def text(self, key: str, default: str = _REQUIRED) -> str:
        """Return a text; without a default the key must be there."""
        found = self.optional_text(key)
        if found is not None:
            return found
        if default is _REQUIRED:
            raise InvalidValue(self.path(key), "is missing", None)
        return default

    def choice(self, key: str, allowed: tuple[str, ...], default: str = _REQUIRED) -> str:
        """Return a text that must be one of `allowed`."""
        found = self.text(key, default)
        if found not in allowed:
            raise InvalidValue(self.path(key), f"must be one of {', '.join(allowed)}", found)
        return found

    def optional_number(self, key: str) -> float | None:
        """Return a number, or None when absent."""
        found = self.get(key)
        if found is None:
            return None
        if isinstance(found, bool) or not isinstance(found, int | float):
            raise InvalidValue(self.path(key), "must be a number", found)
        return found

    def number(self, key: str) -> float:
        """Return a number that must be there."""
        found = self.optional_number(key)
        if found is None:
            raise InvalidValue(self.path(key), "is missing", None)
        return found

    def days(self, key: str, at_least: float = 0) -> timedelta:
        """Return a span that must be there, a number of days."""
        found = self.number(key)
        if not found >= at_least:
            raise InvalidValue(self.path(key), f"must be {at_least} or more", found)
        if found > _MOST_DAYS:
            raise InvalidValue(self.path(key), f"must be at most {_MOST_DAYS}", found)
        return timedelta(days=found)

    def flag(self, key: str, default: bool) -> bool:
        """Return true or false."""
        found = self.get(key)
        if found is None:
            return default
        if not isinstance(found, bool):
            raise InvalidValue(self.path(key), "must be true or false", found)
        return found

    def moment(self, key: str) -> datetime:
        """Return a date (its first instant, UTC) or a time; a time without an offset is UTC."""
        return _as_moment(self.get(key), self.path(key))

    def moments(self, key: str) -> tuple[datetime, ...]:
        """Return a list of dates or times, as `moment` reads them."""
        return tuple(_as_moment(item, f"{self.path(key)}[{n}]") for n, item in enumerate(self._items(key)))

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; absent is the empty list."""
        found = self._items(key)
        for number, item in enumerate(found):
            if isinstance(item, bool) or not isinstance(item, str | int):
                raise InvalidValue(f"{self.path(key)}[{number}]", "must be a text", item)
        return tuple(str(item) for item in found)

    def section(self, key: str) -> "Section":
        """Return the mapping under `key`; absent is an empty one."""
        return Section(self.get(key), self.path(key))

    def sections(self, key: str) -> tuple["Section", ...]:
        """Return the list of mappings under `key`; absent is the empty list."""
        return tuple(Section(item, f"{self.path(key)}[{n}]") for n, item in enumerate(self._items(key)))

    def _items(self, key: str) -> list[object]:
        found = self.get(key)
        if found is None:
            return []
        if not isinstance(found, list):
            raise InvalidValue(self.path(key), "must be a list", found)
        return found


def _as_moment(found: object, path: str) -> datetime:
    if isinstance(found, str):
        try:
            found = datetime.fromisoformat(found)
        except ValueError:
            raise InvalidValue(path, "must be an ISO date or time", found) from None
    if not isinstance(found, date):
        raise InvalidValue(path, "must be a date or a time", found)
    if found.year not in _YEARS:
        raise InvalidValue(path, f"must be in the years {_YEARS[0]} to {_YEARS[-1]}", str(found))
    if not isinstance(found, datetime):
        return datetime.combine(found, time.min, tzinfo=UTC)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
