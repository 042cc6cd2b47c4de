"""Group commit: whatever waits is written by one thread in one transaction, then all are told.

A group is one transaction, durable when its futures resolve. What was begun later may rest on what was begun
before it, so after a failure everything fails until `resume`: nothing is durable behind a gap.
"""

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from antifraud.domain.errors import NotDurable, Unavailable
from antifraud.store.address import reason, shown
from antifraud.store.bulk import Statement
from antifraud.store.rows import Row

_log: Final = logging.getLogger(__name__)
_GROUP_ROWS: Final = 2_000  # a larger group would let those who came first wait
_SLOW_S: Final = 1.0  # as long as a caller has patience for the disk


@dataclass(frozen=True, slots=True)
class _Write:
    """Rows of one call: they become durable together or not at all."""

    into: Statement
    rows: Sequence[Row]
    future: asyncio.Future[None]


@dataclass(slots=True)
class _Mark:
    """A place in the queue: everything before it has ended when `passed` is set."""

    last: bool
    problem: Exception | None = None  # why what comes after it cannot be written
    passed: threading.Event = field(default_factory=threading.Event)


@dataclass(slots=True)
class Commits:
    """What the thread has made durable so far; only it writes here, whoever watches reads.

    `took` is told, in that thread, the seconds that each group took.
    """

    rows: int = 0
    failed: int = 0
    took: Callable[[float], None] = lambda seconds: None


_Outcome = tuple[_Write, NotDurable | None]


class GroupWriter:
    """The one thread that writes decisions and reports, in one session of the database."""

    def __init__(
        self, engine: Engine, claim: Callable[[Connection], None], after_group: Callable[[Connection], None]
    ) -> None:
        """Start the thread.

        `claim` takes the right to write for a new session, or raises Unavailable; `after_group` is called
        between two groups, when nobody waits for its own.
        """
        self._engine = engine
        self._claim = claim
        self._after_group = after_group
        self._queue: queue.SimpleQueue[_Write | _Mark] = queue.SimpleQueue()
        self._connection: Connection | None = None
        self._failed = False
        self._closed = False
        self.commits = Commits()
        self._thread = threading.Thread(target=self._run, name="decision-writer", daemon=True)
        self._thread.start()
        try:
            self.resume()
        except BaseException:
            self.close()
            raise

    @property
    def waiting(self) -> int:
        """Count the calls that wait for their turn."""
        return self._queue.qsize()

    def write(self, into: Statement, rows: Sequence[Row]) -> asyncio.Future[None]:
        """Begin to write; the future ends once all rows are durable, or with NotDurable and none of them kept.

        Writes become durable in the order in which they were begun. Whoever stops waiting does not stop the
        writing.
        """
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._closed:
            future.set_exception(NotDurable("the store is closed"))
        elif not rows:
            future.set_result(None)
        else:
            self._queue.put(_Write(into, rows, future))
        return future

    def resume(self) -> None:
        """Wait until everything begun has ended, then let what comes after a failure be written. Blocks.

        Raise Unavailable, and go on refusing, while the database is away or not ours to write.
        """
        mark = _Mark(last=False)
        self._queue.put(mark)
        while not mark.passed.wait(1) and self._thread.is_alive():
            pass
        if mark.problem is not None:
            raise mark.problem

    def close(self) -> None:
        """Write what waits, then stop."""
        if not self._closed:
            self._closed = True
            self._queue.put(_Mark(last=True))
            self._thread.join()

    def _run(self) -> None:
        mark: _Mark | None = None
        while mark is None or not mark.last:
            group, mark = self._next_group()
            if group:
                _tell(self._outcomes(group))
                self._look_after()
            if mark is not None:
                mark.problem = None if mark.last else self._problem_of_session()
                self._failed = mark.problem is not None
                mark.passed.set()
        self._disconnect()

    def _problem_of_session(self) -> Exception | None:
        """Have a session that may write, or say why there is none."""
        try:
            self._session()
        except Unavailable as refusal:
            return refusal
        except Exception as error:
            problem = Unavailable(f"the store {shown(self._engine.url)} cannot be written: {_problem(error)}")
            problem.__cause__ = error
            return problem
        return None

    def _session(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
            try:
                self._claim(self._connection)
            except BaseException:
                self._disconnect()
                raise
        return self._connection

    def _next_group(self) -> tuple[list[_Write], _Mark | None]:
        """Wait for something and take all that waits, up to a mark."""
        group: list[_Write] = []
        rows = 0
        try:
            while rows < _GROUP_ROWS:
                next_one = self._queue.get(block=not group)
                if isinstance(next_one, _Mark):
                    return group, next_one
                group.append(next_one)
                rows += len(next_one.rows)
        except queue.Empty:
            pass
        return group, None

    def _look_after(self) -> None:
        if self._connection is not None:
            try:
                self._after_group(self._connection)
            except DBAPIError:
                _log.exception("upkeep between two groups failed")

    def _outcomes(self, group: Sequence[_Write]) -> list[_Outcome]:
        """Write a group; if one of its calls is at fault, write call by call up to that one."""
        if self._failed:
            return [(write, NotDurable("a write before this one failed")) for write in group]
        began = time.perf_counter()
        try:
            self._commit(group)
        except Exception as error:
            if len(group) > 1 and not isinstance(error, OperationalError):
                return [outcome for write in group for outcome in self._outcomes([write])]
            self.commits.failed += 1
            self._failed = True  # disk full, connection lost, or the one call that cannot be written
            _log.error("%d writes were not durable: %s", len(group), _problem(error))
            return [(write, _not_durable(error)) for write in group]
        took = time.perf_counter() - began
        if took > _SLOW_S:
            _log.warning("a commit of %d writes took %.1f s: the disk or the database is slow", len(group), took)
        self.commits.took(took)
        self.commits.rows += sum(len(write.rows) for write in group)
        return [(write, None) for write in group]

    def _commit(self, group: Sequence[_Write]) -> None:
        """Make a group durable in one transaction, or leave nothing of it behind."""
        connection = self._session()
        try:
            for into, rows in _by_table(group).items():
                into.run(connection, rows)
            connection.commit()
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


def _problem(error: Exception) -> object:
    return reason(error) if isinstance(error, DBAPIError) else error


def _not_durable(cause: Exception) -> NotDurable:
    """Return what those hear who call from outside: the cause is for our own log."""
    refusal = NotDurable("the log of decisions cannot be written now")
    refusal.__cause__ = cause
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
        if write.future.done():  # whoever waited has gone
            continue
        if error is None:
            write.future.set_result(None)
        else:
            write.future.set_exception(error)
