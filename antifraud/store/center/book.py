"""The Center's book in SQLite or PostgreSQL: one transaction at a time writes, by one code path."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError

from antifraud.domain.center.banks import AsNamed, Banks
from antifraud.domain.errors import Unavailable
from antifraud.store.address import reason, shown
from antifraud.store.center.page import SqlPage
from antifraud.store.migrating import CENTER, upgrade
from antifraud.store.opening import bare_engine
from antifraud.workflow.center.ports import Page

T = TypeVar("T")
# All who write take turns, whatever process they are in: the journal is one chain. The number is any.
_TAKE_TURNS: Final = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "SELECT pg_advisory_xact_lock(8137226002)"}

# How long a commit waits for the disk: what another log can tell again after a crash needs no such wait.
_DURABLE: Final = {"sqlite": "PRAGMA synchronous = FULL", "postgresql": None}
_LIGHT: Final = {"sqlite": "PRAGMA synchronous = NORMAL", "postgresql": "SET LOCAL synchronous_commit = off"}

_READERS: Final = 4
_LOG_PAGES: Final = 8_000  # 32 MB


class SqlBook:
    """The `Book` of the use cases. Close it at the end."""

    def __init__(self, engine: Engine, banks: Callable[[], Banks] = AsNamed) -> None:
        self.engine = engine
        self._banks = banks
        self._dialect = engine.dialect.name
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="book-writer")
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="book-reader")

    async def write(self, work: Callable[[Page], T]) -> T:
        """Run `work` as one transaction, after all that were begun before; durable when it returns."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, self.write_now, work)

    async def read(self, work: Callable[[Page], T]) -> T:
        """Run `work` on the book as it stands; it may not act."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.read_now, work)

    async def write_lightly(self, work: Callable[[Page], T]) -> T:
        """Do what `write` does without waiting for the disk, unless `work` acts: then it runs again and does wait.

        After a loss of power such transactions may be gone, the youngest first, never one before an older one:
        so `work` notes in the same transaction how far it has come in another log, and is done again.
        """
        return await asyncio.get_running_loop().run_in_executor(self._writer, self.write_lightly_now, work)

    def write_now(self, work: Callable[[Page], T]) -> T:
        """Do what `write` does, in the caller's thread."""
        made, _ = self._written(work, lightly=False)
        return made

    def write_lightly_now(self, work: Callable[[Page], T]) -> T:
        """Do what `write_lightly` does, in the caller's thread."""
        made, kept = self._written(work, lightly=True)
        return made if kept else self.write_now(work)

    def _written(self, work: Callable[[Page], T], *, lightly: bool) -> tuple[T, bool]:
        """Return what `work` made and whether it was kept: not what acted without waiting for the disk."""
        wait = (_LIGHT if lightly else _DURABLE)[self._dialect]
        turn = _TAKE_TURNS[self._dialect]
        first, then = (wait, turn) if self._dialect == "sqlite" else (turn, wait)  # no pragma inside a transaction
        try:
            with self.engine.connect() as connection:
                for each in (first, then):
                    if each is not None:
                        connection.exec_driver_sql(each)
                page = SqlPage(connection, writing=True, banks=self._banks)
                made = work(page)
                page.flush()
                if lightly and page.acted:
                    connection.rollback()
                    return made, False
                connection.commit()
                return made, True
        except DBAPIError as error:
            raise Unavailable("the Center's book cannot be written now: nothing of this was done") from error

    def read_now(self, work: Callable[[Page], T]) -> T:
        """Do what `read` does, in the caller's thread."""
        try:
            with self.engine.connect() as connection:
                return work(SqlPage(connection, writing=False, banks=self._banks))
        except DBAPIError as error:
            raise Unavailable("the Center's book cannot be read now") from error

    def close(self) -> None:
        """Let what was begun end, and let go of the database."""
        self._writer.shutdown()
        self._readers.shutdown()
        self.engine.dispose()


def open_book(url: str, banks: Callable[[], Banks] = AsNamed) -> SqlBook:
    """Open the book at `url`, creating or upgrading its schema; raise Unavailable, saying why.

    `banks` is asked in each transaction that looks at transfers: who takes part may change meanwhile.
    """
    engine = bare_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _checkpoint_by_itself)
    try:
        upgrade(engine, steps=CENTER)
    except DBAPIError as error:
        engine.dispose()
        raise Unavailable(f"the Center's book {shown(engine.url)} cannot be opened: {reason(error)}") from error
    except BaseException:
        engine.dispose()
        raise
    return SqlBook(engine, banks)


def _checkpoint_by_itself(connection: DBAPIConnection, _: object) -> None:
    """Let SQLite move its log into the file now and then: no decision waits for this database.

    Not often: nearly every block of transfers writes to the same pages, which go into the file once for all of them.
    """
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
    cursor.close()
