"""Copy a database as of one moment while it serves, and put a copy in the place of none: SQLite and PostgreSQL."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, create_engine, inspect
from sqlalchemy.exc import DBAPIError

from antifraud.domain.errors import Conflict, DamagedFile, NotFound, Unavailable
from antifraud.store.address import reason, shown, supported_url
from antifraud.store.contents import Contents, contents_of
from antifraud.store.embedded import database_path

SUFFIX: Final = {"sqlite": ".db", "postgresql": ".dump"}
_OWNER_ONLY: Final = 0o600
_AS_ANYBODY: Final = ("--no-owner", "--no-privileges")
_BESIDE: Final = ("", "-wal", "-shm")


def copy_database(url: str, into: Path) -> Contents:
    """Copy a database into a new file; return what the copy holds. Raise NotFound, Unavailable or DamagedFile.

    Nobody who writes waits. A copy of SQLite is a database; one of PostgreSQL is an archive of `pg_dump`.
    """
    at = supported_url(url)
    os.close(os.open(into, os.O_CREAT | os.O_EXCL | os.O_RDWR, _OWNER_ONLY))
    if at.get_backend_name() == "sqlite":
        return _copy_file(database_path(at), into)
    with _connected(at) as connection:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        moment = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
        _run(
            at, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={moment}", f"--file={into}"
        )
        return contents_of(connection)


def refuse_unless_empty(url: str) -> None:
    """Raise Conflict if there is anything where a copy would be put."""
    at = supported_url(url)
    if at.get_backend_name() == "sqlite":
        path = database_path(at)
        for each in (path.with_name(path.name + ending) for ending in _BESIDE):
            if each.exists():
                raise Conflict(f"{each} is there already: a copy is put only where nothing is")
        return
    with _connected(at) as connection:
        if found := inspect(connection).get_table_names():
            raise Conflict(f"{shown(at)} holds {found[0]} and more already: a copy is put only where nothing is")


def put_back(copy: Path, url: str, expected: Contents) -> None:
    """Put a copy where nothing is; raise DamagedFile, and leave nothing there, if it does not hold what it should."""
    refuse_unless_empty(url)
    at = supported_url(url)
    if at.get_backend_name() == "sqlite":
        _put_file(copy, database_path(at), expected)
        return
    _run(at, "pg_restore", "--exit-on-error", "--single-transaction", *_AS_ANYBODY, str(copy))
    with _connected(at) as connection:
        _insist(contents_of(connection), expected, copy)


def take_away(url: str) -> None:
    """Undo `put_back` of a file; what went into a server stays, since nobody can tell whose it is by now."""
    at = supported_url(url)
    if at.get_backend_name() == "sqlite":
        _unlink(database_path(at))


def _copy_file(source: Path, target: Path) -> Contents:
    """Copy a file in one step: it is read as of one moment."""
    if not source.is_file():
        raise NotFound(f"there is no database {source}")
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as reading,
        closing(sqlite3.connect(target)) as writing,
    ):
        reading.backup(writing, pages=-1)
        (said,) = writing.execute("PRAGMA quick_check").fetchone()
        if said != "ok":
            raise DamagedFile(f"the copy {target} is not whole: {said}")
    with _connected(URL.create("sqlite", database=str(target))) as connection:
        return contents_of(connection)


def _put_file(copy: Path, path: Path, expected: Contents) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.draft")
    handle = os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, _OWNER_ONLY)
    with os.fdopen(handle, "wb") as file, copy.open("rb") as source:
        shutil.copyfileobj(source, file)
        file.flush()
        os.fsync(file.fileno())
    try:
        with _connected(URL.create("sqlite", database=str(draft))) as connection:
            _insist(contents_of(connection), expected, copy)
    except BaseException:
        _unlink(draft)
        raise
    draft.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def _unlink(path: Path) -> None:
    for ending in _BESIDE:
        path.with_name(path.name + ending).unlink(missing_ok=True)


def _insist(found: Contents, expected: Contents, copy: Path) -> None:
    if differing := found.differing(expected):
        raise DamagedFile(f"{copy} does not hold what was copied: {'; '.join(differing)}")


@contextmanager
def _connected(at: URL) -> Iterator[Connection]:
    engine = create_engine(at, hide_parameters=True)
    try:
        with engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        raise Unavailable(f"{shown(at)}: {reason(error)}") from error
    finally:
        engine.dispose()


def _run(at: URL, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs on a database; its password goes where other users cannot read it."""
    if (found := shutil.which(program)) is None:
        raise Unavailable(f"{program} is not installed here: PostgreSQL's client programs copy its databases")
    secret = at.password or at.query.get("password")
    bare = at.set(drivername="postgresql", password=None).difference_update_query(["password"])
    ended = subprocess.run(  # noqa: S603 - a program of PostgreSQL, no shell
        [found, "--no-password", f"--dbname={bare.render_as_string()}", *arguments],
        env=os.environ | ({} if secret is None else {"PGPASSWORD": str(secret)}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode != 0:
        raise Unavailable(f"{program} of {shown(at)} failed: {' '.join(ended.stderr.split())[:500]}")
