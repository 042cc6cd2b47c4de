"""The transfers of the decision log as tracing reads them: written in blocks, read by account and moment."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import takewhile
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Connection, Dialect, RowMapping, Select, bindparam, delete, func, select

from antifraud.domain.center.movement import Movement
from antifraud.domain.decision import Action
from antifraud.domain.moment import micros, moment_of
from antifraud.store.bulk import ManyRows
from antifraud.store.center.schema import movements
from antifraud.workflow.center.ports import Row

COLUMNS: Final = tuple(column.name for column in movements.columns)
_AT: Final = COLUMNS.index("at")


def keep(connection: Connection, rows: Sequence[Row], since: datetime) -> Sequence[Row]:
    """Keep the rows (values in the order of COLUMNS) that are not older than `since`; return those."""
    oldest = micros(since)
    young = rows if rows and _moment(rows[0]) >= oldest else [row for row in rows if _moment(row) >= oldest]
    if young:
        _insert(connection.dialect).run(connection, young)
    return young


def forget(connection: Connection, before: datetime, limit: int) -> int:
    """Remove up to `limit` of the oldest rows, those received before a moment; return how many."""
    oldest = select(movements.c.seq, movements.c.at).order_by(movements.c.seq).limit(limit)
    rows = connection.execute(oldest).all()
    old = [seq for seq, _ in takewhile(lambda row: row.at < micros(before), rows)]
    if not old:
        return 0
    return connection.execute(delete(movements).where(movements.c.seq <= old[-1])).rowcount


def between(
    connection: Connection, since: datetime, until: datetime, payer: str | None, payee: str | None, limit: int
) -> Sequence[Movement]:
    """Return up to `limit` rows of one payer, or of one payee, or of such a pair, received in `[since, until)`."""
    given = _given(since, until, payer, payee, limit)
    rows = connection.execute(_between(frozenset(given)), given).mappings()
    return [_movement(row) for row in rows]


def count(
    connection: Connection, since: datetime, until: datetime, payer: str | None, payee: str | None, limit: int
) -> int:
    """Count what `between` would return, up to `limit`: of a payer or a payee from the index alone."""
    given = _given(since, until, payer, payee, limit)
    return cast(int, connection.execute(_count(frozenset(given)), given).scalar_one())


def _given(
    since: datetime, until: datetime, payer: str | None, payee: str | None, limit: int
) -> Mapping[str, str | int]:
    of = {"payer": payer, "payee": payee}
    named = {name: account for name, account in of.items() if account is not None}
    return named | {"since": micros(since), "until": micros(until), "limit": limit}


@cache  # a trace asks twice for each account: to put the statement together would take longer than to run it
def _between(given: frozenset[str]) -> Select[Any]:
    asked = select(movements).where(*_meant(given)).order_by(movements.c.at, movements.c.seq)
    return asked.limit(bindparam("limit"))


@cache
def _count(given: frozenset[str]) -> Select[Any]:
    few = select(movements.c.at).where(*_meant(given)).limit(bindparam("limit")).subquery()
    return select(func.count()).select_from(few)


def _meant(given: frozenset[str]) -> list[ColumnElement[bool]]:
    named = [movements.c[name] == bindparam(name) for name in ("payer", "payee") if name in given]
    return [movements.c.at >= bindparam("since"), movements.c.at < bindparam("until"), *named]


@cache
def _insert(dialect: Dialect) -> ManyRows:
    return ManyRows(movements, dialect)


def _moment(row: Row) -> int:
    at = row[_AT]
    assert isinstance(at, int)  # noqa: S101 - the column is whole numbers
    return at


def _movement(row: RowMapping) -> Movement:
    values = dict(row)
    return Movement(**values | {"at": moment_of(row["at"]), "action": Action(row["action"])})
