"""What only SQLite needs: its settings, one writing process a file, and checkpoints off the hot path."""

import fcntl
import os
import sqlite3
import threading
import time
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from antifraud.domain.errors import Unavailable
from antifraud.store.address import shown

# A commit is one fsync of the log (FULL), never a checkpoint: those in the writer cost 50 to 130 ms at the 99th
# percentile. Someone else does them, see Checkpoints.
_SETTINGS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA wal_autocheckpoint = 0",
    "PRAGMA cache_size = -65536",
    "PRAGMA foreign_keys = ON",
)
_LOCK_WAIT_S: Final = 10.0
_TRIES: Final = 200
_LOCK_LOOK_S: Final = 0.05
_EVERY_S: Final = 0.5
_FEW_FRAMES: Final = 200  # pages left that the writer may copy itself, between two groups
_LONG_FRAMES: Final = 16_000  # 64 MB of log: time to begin it anew
_ROUNDS: Final = 5


def embedded_engine(url: URL) -> Engine:
    """Return an engine on the SQLite file that `url` names; a new file is readable by its owner only."""
    path = database_path(url)
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    engine = create_engine(
        url,
        connect_args={"timeout": _LOCK_WAIT_S, "cached_statements": 256},
        hide_parameters=True,  # an error says what failed, never with whose data
    )

    @event.listens_for(engine, "connect")
    def settle(connection: sqlite3.Connection, _: object) -> None:
        for setting in _SETTINGS:
            _patiently(connection, setting)

    return engine


def _patiently(connection: sqlite3.Connection, setting: str) -> None:
    """Apply a setting; try again while another one who opens a new file at the same moment locks it.

    SQLite's own patience does not cover the change to a write-ahead log.
    """
    for left in reversed(range(_TRIES)):
        try:
            connection.execute(setting)
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or not left:
                raise
            time.sleep(_LOCK_WAIT_S / _TRIES)


def database_path(url: URL) -> Path:
    """Return the file of a SQLite URL; a database in memory is refused, it would be durable for nobody."""
    if not url.database or url.database == ":memory:":
        raise Unavailable(f"the store needs a file, for example sqlite:///var/antifraud.db; was {shown(url)}")
    return Path(url.database)


class WriterLock:
    """The right to write decisions into one SQLite file, held by one process until closed."""

    def __init__(self, database: Path, patience_s: float) -> None:
        """Take the right once nobody has it; if that takes too long, say who does."""
        path = database.with_name(f"{database.name}.lock")
        self._file = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        enough = time.monotonic() + patience_s
        while not self._taken():
            if time.monotonic() >= enough:
                holder = os.read(self._file, 20).decode() or "unknown"
                os.close(self._file)
                raise Unavailable(f"process {holder} records decisions in {database}, and only one may: stop it first")
            time.sleep(_LOCK_LOOK_S)
        os.ftruncate(self._file, 0)
        os.write(self._file, str(os.getpid()).encode())

    def _taken(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Give the right back; the operating system does so too when the process dies."""
        os.close(self._file)


class Checkpoints:
    """Moves what the write-ahead log holds into the database, on a connection and thread of its own.

    A checkpoint that runs beside the writer never quite catches up, and a log that never ends is never begun
    anew: so once little is left the writer copies that little itself, between two groups.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._stopped = threading.Event()
        self._nearly_done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
        self._thread.start()

    def after_group(self, connection: Connection) -> None:
        """Finish a checkpoint that is nearly done; for the writer, when nobody waits for it."""
        if self._nearly_done.is_set():
            self._nearly_done.clear()
            _checkpoint(connection)

    def close(self) -> None:
        """Stop; what is left is moved when the last connection closes."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        with self._engine.connect() as connection:
            while not self._stopped.wait(_EVERY_S):
                try:
                    for _ in range(_ROUNDS):
                        length, left = _checkpoint(connection)
                        if left <= _FEW_FRAMES:
                            break
                    if length >= _LONG_FRAMES and left <= _FEW_FRAMES:
                        self._nearly_done.set()
                except DBAPIError:  # busy or out of space: the log keeps everything, the next round may do better
                    connection.rollback()


def _checkpoint(connection: Connection) -> tuple[int, int]:
    """Copy what can be copied without making anyone wait; return the log's length and what is left, in pages."""
    _, length, done = connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)").one()
    connection.rollback()  # ends SQLAlchemy's transaction; SQLite was in none
    return length, length - done
