"""Open the durable store that a URL names: one code path for SQLite and PostgreSQL."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from psycopg.errors import LockNotAvailable
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, OperationalError

from antifraud.domain.errors import Unavailable
from antifraud.store.address import reason, shown, supported_url
from antifraud.store.bulk import copy_many_rows
from antifraud.store.embedded import Checkpoints, WriterLock, database_path, embedded_engine
from antifraud.store.history import History
from antifraud.store.keys import ApiKeys
from antifraud.store.log import SqlDecisionLog
from antifraud.store.migrating import at_head, upgrade
from antifraud.store.writer import GroupWriter

# A server that does not answer must become an error while the caller still waits.
_PATIENCE: Final = {"connect_timeout": 5, "tcp_user_timeout": 10_000}  # seconds; milliseconds
_SESSION: Final = {**_PATIENCE, "application_name": "antifraud"}
_ONE_RECORDER: Final = 8137226003  # any number, the same for all, and that of no other lock here
_HANDOVER_S: Final = 3  # so long who recorded, or only upgrades, may take to let go


@dataclass(frozen=True, slots=True)
class Store:
    """An open store. Close it: what waits is written then."""

    engine: Engine
    log: SqlDecisionLog
    history: History
    keys: ApiKeys
    _parts: ExitStack

    def close(self) -> None:
        """Write what waits and let go of the database."""
        self._parts.close()

    def __enter__(self) -> Self:
        """Return the store itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close."""
        self.close()


def open_store(url: str, *, recording: bool = True) -> Store:
    """Open the store at `url`, creating or upgrading its schema.

    `sqlite:///path/to/file.db` or `postgresql://user@host/name`. With `recording` the caller may record
    decisions; only one process may at a time, and a second one is refused unless the first lets go within a few
    seconds. Without it everything can be read, and participants and keys can be changed. Nobody upgrades the
    schema under another one who records.
    Raises Unavailable, saying why.
    """
    engine = bare_engine(url)
    parts = ExitStack()
    parts.callback(engine.dispose)
    try:
        writer = None
        if recording:
            writer = _recording(engine, parts)
            upgrade(engine)
        elif not at_head(engine):
            with ExitStack() as meanwhile:
                _recording(engine, meanwhile)
                upgrade(engine)
        return Store(engine, SqlDecisionLog(engine, writer), History(engine), ApiKeys(engine), parts)
    except DBAPIError as error:
        parts.close()
        raise Unavailable(f"the store {shown(engine.url)} cannot be opened: {reason(error)}") from error
    except BaseException:
        parts.close()
        raise


def _recording(engine: Engine, parts: ExitStack) -> GroupWriter:
    """Take the right to record, until `parts` are closed; raise Unavailable if somebody else has it."""
    if engine.dialect.name == "sqlite":
        parts.callback(WriterLock(database_path(engine.url), _HANDOVER_S).close)
    claim = claim_recording if engine.dialect.name == "postgresql" else lambda _: None
    writer = GroupWriter(engine, claim, _upkeep(engine, parts))
    parts.callback(writer.close)
    return writer


def bare_engine(url: str | URL) -> Engine:
    """Return an engine for the database at `url`, whatever is in it; raise Unavailable if it cannot be durable."""
    at = supported_url(url)
    if at.get_backend_name() == "sqlite":
        return embedded_engine(at)
    engine = create_engine(at, paramstyle="format", pool_pre_ping=True, connect_args=_SESSION, hide_parameters=True)
    event.listen(engine, "connect", _insist_on_durable_commits)
    copy_many_rows(engine)
    return engine


def claim_recording(connection: Connection) -> None:
    """Take the right to record in a PostgreSQL database, which ends with the session; raise Unavailable.

    The session has to be the server's own: no pool in between may hand it to others.
    """
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_HANDOVER_S}s'")
    try:
        connection.exec_driver_sql(f"SELECT pg_advisory_lock({_ONE_RECORDER})")
    except OperationalError as error:
        if not isinstance(error.orig, LockNotAvailable):
            raise
        raise Unavailable(
            f"another process records decisions in {shown(connection.engine.url)}, and only one may: stop it first"
        ) from None
    connection.commit()


def _insist_on_durable_commits(connection: DBAPIConnection, _: object) -> None:
    """Turn a server's `synchronous_commit = off` on again for us; stricter settings stay."""
    cursor = connection.cursor()
    cursor.execute(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )
    cursor.close()
    connection.commit()


def _upkeep(engine: Engine, parts: ExitStack) -> Callable[[Connection], None]:
    if engine.dialect.name != "sqlite":
        return lambda connection: None
    checkpoints = Checkpoints(engine)
    parts.callback(checkpoints.close)
    return checkpoints.after_group
