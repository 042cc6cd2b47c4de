"""The decision log as the Center's follower reads it: in blocks, in order, never over a row that may still come."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import DBAPIError

from antifraud.domain.decision import Action
from antifraud.domain.errors import Unavailable
from antifraud.domain.moment import moment_of
from antifraud.store.center.movements import COLUMNS
from antifraud.store.rows import recorded_of
from antifraud.store.schema import decisions
from antifraud.workflow.center.follow import Block, HeldDecision
from antifraud.workflow.center.ports import Row
from antifraud.workflow.center.sightings import Naming

_CALLED: Final = {"at": "received_at"}
_PAYER, _ACTION = COLUMNS.index("payer"), COLUMNS.index("action")
_NAMED: Final = Naming._fields[4:]
_ROWS: Final = select(*(decisions.c[_CALLED.get(name, name)] for name in COLUMNS), *(decisions.c[n] for n in _NAMED))
_WHO: Final = tuple(COLUMNS.index(name) for name in ("participant", "payer", "payee", "at"))


class SqlDecidedLog:
    """The `DecidedLog` of the follower, on the engine of the decision log.

    PostgreSQL gives numbers before it commits, so that a missing one may be a row on its way: a block ends before
    it, until the caller says that it has waited long enough (`over_gap`). SQLite has one writer and no such gaps.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._gaps_are_settled = engine.dialect.name == "sqlite"

    def after(self, seq: int, limit: int, *, over_gap: bool = False) -> Block | None:
        """Return the next block, an empty one before a gap that may still be filled; None when nothing is there."""
        try:
            with self._engine.connect() as connection:
                return self._after(connection, seq, limit, over_gap)
        except DBAPIError as error:
            raise Unavailable(f"the log of decisions cannot be followed: {error.orig}") from error

    def last(self) -> int:
        """Return the number of the last row, 0 while there is none."""
        try:
            with self._engine.connect() as connection:
                return connection.execute(select(func.max(decisions.c.seq))).scalar_one() or 0
        except DBAPIError as error:
            raise Unavailable("the log of decisions cannot be counted now") from error

    def received_after(self, seq: int) -> datetime | None:
        """Return when the first decision after that number was received, None where there is none."""
        asked = select(decisions.c.received_at).where(decisions.c.seq > seq).order_by(decisions.c.seq).limit(1)
        try:
            with self._engine.connect() as connection:
                first = connection.execute(asked).scalar_one_or_none()
        except DBAPIError as error:
            raise Unavailable("the log of decisions cannot be counted now") from error
        return None if first is None else moment_of(first)

    def _after(self, connection: Connection, seq: int, limit: int, over_gap: bool) -> Block | None:
        asked = _ROWS.where(decisions.c.seq > seq).order_by(decisions.c.seq).limit(limit)
        rows = [tuple(row) for row in connection.execute(asked)]
        if not rows:
            return None
        if not self._gaps_are_settled and rows[-1][0] != seq + len(rows):
            begin = rows[0][0] if over_gap else seq + 1
            rows = [row for place, row in enumerate(rows) if row[0] == begin + place]
        upto = rows[-1][0] if rows else seq
        held = select(decisions).where(
            (decisions.c.seq > seq) & (decisions.c.seq <= upto) & (decisions.c.action == Action.HOLD.value)
        )
        found = [recorded_of(row) for row in connection.execute(held.order_by(decisions.c.seq)).mappings()]
        width = len(COLUMNS)
        return Block(
            after=seq,
            upto=upto,
            payers={row[_PAYER] for row in rows if row[_ACTION] == Action.ALLOW.value},
            rows=[row[:width] for row in rows],
            named=[_naming(row) for row in rows if any(row[width:])],
            held=[HeldDecision(each.transfer, each.decision) for each in found],
        )


def _naming(row: Row) -> Naming:
    participant, payer, payee, at = (row[place] for place in _WHO)
    return Naming(participant, moment_of(at), payer, payee, *row[len(COLUMNS) :])  # type: ignore[arg-type]
