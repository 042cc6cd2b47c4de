"""Take out of old decisions whom they were about; what was decided, and from which vector, stays as it was."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, Engine, and_, bindparam, exists, func, or_, select, update
from sqlalchemy.exc import DBAPIError

from antifraud.domain.errors import Unavailable
from antifraud.domain.moment import micros
from antifraud.domain.pseudonym import MARK, PSEUDONYMOUS, is_pseudonym, pseudonym
from antifraud.store.address import reason
from antifraud.store.schema import decisions, reports

# Those who write beside the server take turns, whatever process they are in. The number is any, that of no other lock.
_TAKE_TURNS: Final = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "SELECT pg_advisory_xact_lock(8137226005)"}
_BLOCK: Final = 500  # rows in one transaction: the server's own commits wait for it, so it stays short
_NAMES: Final = [decisions.c[name] for name in PSEUDONYMOUS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Old:
    """Which decisions are old: received before a moment, and without a report since another one.

    What a report of late is about still speaks in the state, by its names. With `named`, only what bears one of these
    names, and only that name of it.
    """

    received_before: datetime
    unreported_since: datetime
    named: Collection[str] = ()


class SqlForgetting:
    """Puts pseudonyms in the place of names in one log of decisions, beside the server or without one."""

    def __init__(self, engine: Engine, key: bytes) -> None:
        self._engine = engine
        self._key = key
        self._turn = _TAKE_TURNS[engine.dialect.name]
        of_one = update(decisions).where(decisions.c.seq == bindparam("of"))
        self._put = of_one.values({name: bindparam(f"new_{name}") for name in PSEUDONYMOUS})

    def count(self, old: Old) -> int:
        """Return how many decisions there are to forget the names of."""
        with self._writing() as connection:
            found: int = connection.execute(select(func.count()).select_from(decisions).where(_meant(old))).scalar_one()
        return found

    def still_named(self, named: Collection[str]) -> int:
        """Return how many decisions of any age bear one of these names."""
        with self._writing() as connection:
            asked = select(func.count()).select_from(decisions).where(_bears(named))
            found: int = connection.execute(asked).scalar_one()
        return found

    def forget(self, old: Old) -> Iterator[int]:
        """Put pseudonyms in the place of names, some rows a transaction; yield how many rows each time."""
        after = 0
        while True:
            with self._writing() as connection:
                asked = select(decisions.c.seq, *_NAMES).where(decisions.c.seq > after, _meant(old))
                rows = connection.execute(asked.order_by(decisions.c.seq).limit(_BLOCK)).mappings().all()
                if not rows:
                    return
                lines = [
                    {"of": row["seq"]} | {f"new_{name}": self._instead(row[name], old.named) for name in PSEUDONYMOUS}
                    for row in rows
                ]
                connection.execute(self._put, lines)
                connection.commit()
            after = rows[-1]["seq"]
            yield len(rows)

    def _instead(self, name: str | None, named: Collection[str]) -> str | None:
        if name is None or is_pseudonym(name) or (named and name not in named):
            return name
        return pseudonym(name, self._key)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Begin a transaction that nobody else forgets in; who is done commits."""
        try:
            with self._engine.connect() as connection:
                if self._engine.dialect.name == "sqlite":  # or names would stay where rows were, in the file
                    connection.exec_driver_sql("PRAGMA secure_delete = ON")
                    connection.rollback()
                connection.exec_driver_sql(self._turn)
                yield connection
        except DBAPIError as error:
            raise Unavailable(f"nothing more can be forgotten now: {reason(error)}") from error


def _meant(old: Old) -> ColumnElement[bool]:
    name_of_report = (
        reports.c.participant == decisions.c.participant,
        reports.c.transfer_id == decisions.c.transfer_id,
    )
    of_late = exists().where(*name_of_report, reports.c.known_at > micros(old.unreported_since))
    bears = _bears(old.named) if old.named else or_(*(column.not_like(f"{MARK}%") for column in _NAMES))
    return and_(decisions.c.received_at < micros(old.received_before), bears, ~of_late)


def _bears(named: Collection[str]) -> ColumnElement[bool]:
    return or_(*(column.in_(named) for column in _NAMES))
