"""Group commit: whatever waits is written by one thread in one transaction, then all are told.

A group is one transaction, durable when its futures resolve.
"""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from antifraud.domain.errors import NotDurable
from antifraud.store.bulk import Statement
from antifraud.store.rows import Row

_log: Final = logging.getLogger(__name__)
_GROUP_ROWS: Final = 2_000  # a larger group would let those who came first wait


@dataclass(frozen=True, slots=True)
class _Write:
    """Rows of one call: they become durable together or not at all. `then` is called on the loop, if so."""

    into: Statement
    rows: Sequence[Row]
    future: asyncio.Future[None]
    then: Callable[[], None]


_Outcome = tuple[_Write, NotDurable | None]


class GroupWriter:
    """The one thread that writes decisions and reports."""

    def __init__(self, engine: Engine, after_group: Callable[[Connection], None]) -> None:
        """Start the thread; `after_group` is called between two groups, when nobody waits for its own."""
        self._engine = engine
        self._after_group = after_group
        self._queue: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._connection: Connection | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="decision-writer", daemon=True)
        self._thread.start()

    def write(
        self, into: Statement, rows: Sequence[Row], then: Callable[[], None] = lambda: None
    ) -> asyncio.Future[None]:
        """Begin to write; the future ends once all rows are durable, or with NotDurable and none of them kept.

        Groups keep the order in which writes were begun. Whoever stops waiting does not stop the writing.
        """
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._closed:
            future.set_exception(NotDurable("the store is closed"))
        elif not rows:
            future.set_result(None)
        else:
            self._queue.put(_Write(into, rows, future, then))
        return future

    def close(self) -> None:
        """Write what waits, then stop."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
            self._thread.join()

    def _run(self) -> None:
        while group := self._next_group():
            _tell(self._outcomes(group))
            if self._connection is not None:
                try:
                    self._after_group(self._connection)
                except DBAPIError:
                    _log.exception("upkeep between two groups failed")
        self._disconnect()

    def _next_group(self) -> list[_Write]:
        """Wait for something to write and take all that waits; empty means that the end has come."""
        group: list[_Write] = []
        rows = 0
        try:
            while rows < _GROUP_ROWS:
                write = self._queue.get(block=not group)
                if write is None:
                    if group:
                        self._queue.put(None)  # met again once this group is written
                    break
                group.append(write)
                rows += len(write.rows)
        except queue.Empty:
            pass
        return group

    def _outcomes(self, group: Sequence[_Write]) -> list[_Outcome]:
        """Write a group; if one of its calls is at fault, write each call alone so that only that one fails."""
        try:
            self._commit(group)
        except OperationalError as error:  # disk full, connection lost: the next ones would fail as well
            _log.error("a group of %d writes was not durable: %s", len(group), error.orig)
            return [(write, _not_durable(write, error)) for write in group]
        except Exception as error:
            if len(group) == 1:
                return [(group[0], _not_durable(group[0], error))]
            return [outcome for write in group for outcome in self._outcomes([write])]
        return [(write, None) for write in group]

    def _commit(self, group: Sequence[_Write]) -> None:
        """Make a group durable in one transaction, or leave nothing of it behind."""
        if self._connection is None:
            self._connection = self._engine.connect()
        try:
            for into, rows in _by_table(group).items():
                into.run(self._connection, rows)
            self._connection.commit()
        except BaseException as error:
            self._abandon(error)
            raise

    def _abandon(self, error: BaseException) -> None:
        """Roll back; after anything but a refused row, start the next group on a new connection."""
        if isinstance(error, OperationalError) or self._connection is None:
            self._disconnect()
            return
        try:
            self._connection.rollback()
        except DBAPIError:
            self._disconnect()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            connection.invalidate()
            connection.close()
        except DBAPIError:
            _log.warning("a broken connection could not be closed")


def _by_table(group: Sequence[_Write]) -> dict[Statement, list[Row]]:
    rows: dict[Statement, list[Row]] = {}
    for write in group:
        rows.setdefault(write.into, []).extend(write.rows)
    return rows


def _not_durable(write: _Write, error: Exception) -> NotDurable:
    problem = error.orig if isinstance(error, DBAPIError) else error
    refusal = NotDurable(f"{len(write.rows)} rows of {write.into.table} could not be written: {problem}")
    refusal.__cause__ = error
    return refusal


def _tell(outcomes: Sequence[_Outcome]) -> None:
    """Wake the waiting loops, once each."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Outcome]] = {}
    for outcome in outcomes:
        by_loop.setdefault(outcome[0].future.get_loop(), []).append(outcome)
    for loop, part in by_loop.items():
        try:
            loop.call_soon_threadsafe(_settle, part)
        except RuntimeError:
            _log.warning("%d writes ended after their event loop was closed", len(part))


def _settle(outcomes: Sequence[_Outcome]) -> None:
    for write, error in outcomes:
        if error is None:
            write.then()
        if write.future.done():  # whoever waited has gone
            continue
        if error is None:
            write.future.set_result(None)
        else:
            write.future.set_exception(error)
