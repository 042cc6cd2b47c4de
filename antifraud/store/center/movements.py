"""The transfers of the decision log as tracing reads them: written in blocks, read by account and moment."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from itertools import takewhile
from typing import Any, Final, cast

from sqlalchemy import Connection, Dialect, RowMapping, Select, bindparam, delete, func, select

from antifraud.domain.center.movement import Movement
from antifraud.domain.decision import Action
from antifraud.domain.moment import micros, moment_of
from antifraud.store.bulk import ManyRows
from antifraud.store.center import ends
from antifraud.store.center.schema import movements
from antifraud.workflow.center.ports import Row

COLUMNS: Final = tuple(column.name for column in movements.columns)
_SEQ, _AT = COLUMNS.index("seq"), COLUMNS.index("at")


def keep(connection: Connection, rows: Sequence[Row], since: datetime) -> Sequence[Row]:
    """Keep the rows (values in the order of COLUMNS) that are not older than `since`; return those."""
    oldest = micros(since)
    young = rows if rows and _number(rows[0], _AT) >= oldest else [row for row in rows if _number(row, _AT) >= oldest]
    if young:
        _insert(connection.dialect).run(connection, young)
        ends.note(connection, _number(young[-1], _SEQ))
    return young


def forget(connection: Connection, before: datetime, limit: int) -> int:
    """Remove up to `limit` of the oldest rows, those received before a moment, and what else is of no use without them.

    Return how many of one kind, so that it is called again while there may be more.
    """
    oldest = select(movements.c.seq, movements.c.at).order_by(movements.c.seq).limit(limit)
    rows = connection.execute(oldest).all()
    old = [seq for seq, _ in takewhile(lambda row: row.at < micros(before), rows)]
    if old:
        connection.execute(delete(movements).where(movements.c.seq <= old[-1]))
    return max(len(old), ends.forget(connection, limit))


def between(
    connection: Connection, side: int, account: str, since: datetime, until: datetime, limit: int
) -> Sequence[Movement]:
    """Return up to `limit` rows of which an account is one side, received in `[since, until)`, oldest first."""
    given = ends.meant(connection, side, account, since, until)
    return [_movement(row) for row in connection.execute(_between(), {**given, "limit": limit}).mappings()]


def count(connection: Connection, side: int, account: str, since: datetime, until: datetime, limit: int) -> int:
    """Count what `between` would return, up to `limit`, without looking at the rows."""
    given = ends.meant(connection, side, account, since, until)
    return cast(int, connection.execute(_count(), {**given, "limit": limit}).scalar_one())


@cache  # a trace asks twice for each account: to put the statement together would take longer than to run it
def _between() -> Select[Any]:
    oldest = ends.which().order_by("at", "seq").limit(bindparam("limit")).subquery()
    rows = select(movements).where(movements.c.seq.in_(select(oldest.c.seq)))
    return rows.order_by(movements.c.at, movements.c.seq)


@cache
def _count() -> Select[Any]:
    return select(func.count()).select_from(ends.which().limit(bindparam("limit")).subquery())


@cache
def _insert(dialect: Dialect) -> ManyRows:
    return ManyRows(movements, dialect)


def _number(row: Row, place: int) -> int:
    value = row[place]
    assert isinstance(value, int)  # noqa: S101 - the columns are whole numbers
    return value


def _movement(row: RowMapping) -> Movement:
    values = dict(row)
    return Movement(**values | {"at": moment_of(row["at"]), "action": Action(row["action"])})
