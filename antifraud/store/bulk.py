"""Insert many rows at once, each database in its quickest way; errors are SQLAlchemy's in both.

SQLite gets few statements of many rows each, not one a row: every statement gives up the interpreter lock
and has to win it back. PostgreSQL gets COPY, because its driver parses a long statement in Python.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Any, Final, Protocol

from psycopg import Cursor
from sqlalchemy import (
    Connection,
    Dialect,
    Engine,
    ExecutionContext,
    Table,
    and_,
    bindparam,
    event,
    insert,
    update,
)

from antifraud.store.rows import Row

_WORDS: Final = ("evidence", "degraded", "answer")
_STATEMENT_ROWS: Final = 64  # of some 40 values each, far below what SQLite accepts


class Statement(Protocol):
    """What a group of writes runs for the rows of one kind."""

    table: str

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Write all rows, in order, in the connection's transaction."""
        ...


class LastWords:
    """The UPDATE that gives decisions their evidence, what was degraded, and the answer; few rows, so no haste."""

    def __init__(self, table: Table) -> None:
        self.table = table.name
        self._names = [column.name for column in table.columns if column.name != "seq"]
        meant = and_(table.c.participant == bindparam("of"), table.c.transfer_id == bindparam("id"))
        self._update = update(table).where(meant).values({name: bindparam(f"new_{name}") for name in _WORDS})

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Rewrite the words of rows of all columns but `seq`."""
        for row in rows:
            line = dict(zip(self._names, row, strict=True))
            words = {f"new_{name}": line[name] for name in _WORDS}
            connection.execute(self._update, {"of": line["participant"], "id": line["transfer_id"], **words})


class ManyRows:
    """The INSERT of one table for any number of rows; rows are tuples of all columns, without those the database gives.

    That is `seq` wherever the database counts it.
    """

    def __init__(self, table: Table, dialect: Dialect) -> None:
        """Compile once for the dialect of the connections to come."""
        names = [column.name for column in table.columns if column is not table.autoincrement_column]
        self.table = table.name
        self._sql = str(insert(table).inline().compile(dialect=dialect, column_keys=names))
        self._head, self._row = self._sql.split(" VALUES ")
        self._texts: dict[int, str] = {}
        self._copy = {"copy": f"COPY {table.name} ({', '.join(names)}) FROM STDIN"}

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Insert all rows, in order, in the connection's transaction."""
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(self._sql, list(rows), execution_options=self._copy)
            return
        for start in range(0, len(rows), _STATEMENT_ROWS):
            part = rows[start : start + _STATEMENT_ROWS]
            connection.exec_driver_sql(self._text(len(part)), tuple(chain.from_iterable(part)))

    def _text(self, count: int) -> str:
        text = self._texts.get(count)
        if text is None:
            text = self._texts[count] = f"{self._head} VALUES {', '.join([self._row] * count)}"
        return text


def copy_many_rows(engine: Engine) -> None:
    """Make `ManyRows` use COPY on a PostgreSQL engine for more than one row; one row stays an INSERT."""

    @event.listens_for(engine, "do_executemany")
    def copy_in(cursor: Cursor[Any], _: str, rows: Sequence[Row], context: ExecutionContext) -> bool:
        statement = context.execution_options.get("copy")
        if statement is None:
            return False
        with cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
        return True
