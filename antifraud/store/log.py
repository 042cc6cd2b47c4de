"""The durable log of decisions and reports: nothing is answered before it stands here."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Final, TypeVar

from sqlalchemy import Connection, Engine, select, tuple_
from sqlalchemy.exc import DBAPIError

from antifraud.domain.errors import NotDurable, Unavailable
from antifraud.domain.report import Report
from antifraud.store.address import reason
from antifraud.store.bulk import LastWords, ManyRows, Statement
from antifraud.store.rows import Row, decision_row, recorded_of, report_of, report_row
from antifraud.store.schema import decisions, reports
from antifraud.store.seen import Key, Seen
from antifraud.store.writer import GroupWriter
from antifraud.workflow.ports import Recorded

_log: Final = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")
_KEYS_A_QUESTION: Final = 400


class SqlDecisionLog:
    """The `DecisionLog` of the one process that records, and of those that only read beside it.

    Who records knows which transfers may be in the log and asks the database about those alone; who only reads
    asks about all.
    """

    def __init__(self, engine: Engine, writer: GroupWriter | None) -> None:
        """Read which transfers are known, if there is a writer; without one the log can only be read."""
        self._engine = engine
        self.writer = writer
        self._decisions = ManyRows(decisions, engine.dialect)
        self._reports = ManyRows(reports, engine.dialect)
        self._last_words = LastWords(decisions)
        self._seen = None if writer is None else _seen(engine)

    async def find(self, participant: str, transfer_id: str) -> Recorded | None:
        """Return what was decided about a transfer, or None if it was never seen."""
        key = (participant, transfer_id)
        return (await self.find_all([key])).get(key)

    async def find_all(self, keys: Sequence[Key]) -> Mapping[Key, Recorded]:
        """Return what was decided about those (participant, transfer_id) that were seen before."""
        seen = self._seen
        perhaps = keys if seen is None else [key for key in keys if key in seen]
        if not perhaps:
            return {}
        return await self._ask(partial(_recorded, perhaps))

    def record(self, rows: Sequence[Recorded]) -> Awaitable[None]:
        """Begin to record at once; wait for the result: all rows are durable, or NotDurable and none is kept."""
        if self._seen is not None:  # before they are there: from now on they may be, whatever becomes of the write
            self._seen.add((row.transfer.participant, row.transfer.transfer_id) for row in rows)
        return self._write(self._decisions, [decision_row(row) for row in rows])

    def resume(self) -> None:
        """Wait until all that was begun has ended, then record again; blocks. The state is rebuilt after this.

        After one write that was not durable none is: what came later may have been decided on what is missing.
        Raise Unavailable if the database is away, or somebody else records in it now.
        """
        if self.writer is not None:
            self.writer.resume()

    async def amend(self, rows: Sequence[Recorded]) -> None:
        """Give rows recorded before their last words (evidence, degraded, answer), or raise NotDurable."""
        await self._write(self._last_words, [decision_row(row) for row in rows])

    async def find_report(self, participant: str, transfer_id: str) -> Report | None:
        """Return the latest report about a transfer, a withdrawal too, or None if there was none."""
        return await self._ask(partial(_latest_report, (participant, transfer_id)))

    async def record_report(self, report: Report) -> None:
        """Return once the report is durable, or raise NotDurable."""
        await self._write(self._reports, [report_row(report)])

    def _write(self, into: Statement, lines: Sequence[Row]) -> Awaitable[None]:
        if self.writer is None:
            raise NotDurable("the store was opened for reading only")
        return self.writer.write(into, lines)

    async def _ask(self, question: Callable[[Connection], _Answer]) -> _Answer:
        return await asyncio.to_thread(self._answer, question)

    def _answer(self, question: Callable[[Connection], _Answer]) -> _Answer:
        try:
            with self._engine.connect() as connection:
                return question(connection)
        except DBAPIError as error:
            _log.error("the log of decisions cannot be read: %s", reason(error))  # not for those who call from outside
            raise Unavailable("the log of decisions cannot be read now") from error


def _seen(engine: Engine) -> Seen:
    names = select(decisions.c.participant, decisions.c.transfer_id)
    with engine.connect().execution_options(stream_results=True) as connection:
        return Seen(map(tuple, connection.execute(names)))


def _recorded(keys: Sequence[Key], connection: Connection) -> dict[Key, Recorded]:
    name = tuple_(decisions.c.participant, decisions.c.transfer_id)
    found = {}
    for start in range(0, len(keys), _KEYS_A_QUESTION):
        asked = select(decisions).where(name.in_(keys[start : start + _KEYS_A_QUESTION]))
        for row in connection.execute(asked).mappings():
            found[row["participant"], row["transfer_id"]] = recorded_of(row)
    return found


def _latest_report(key: Key, connection: Connection) -> Report | None:
    about = tuple_(reports.c.participant, reports.c.transfer_id).in_([key])
    latest = select(reports).where(about).order_by(reports.c.known_at.desc(), reports.c.seq.desc()).limit(1)
    row = connection.execute(latest).mappings().one_or_none()
    return None if row is None else report_of(row)
