"""`antifraud backup`: copy everything that a deployment on SQLite holds, while it serves."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Annotated, Final

import typer

from antifraud.domain.errors import Conflict, DamagedFile, NotFound, Unavailable
from antifraud.store.address import supported_url
from antifraud.store.embedded import database_path
from api.settings import Settings, read_settings

_OWNER_ONLY: Final = 0o600


def backup(out: Annotated[Path, typer.Option(help="A new folder for the copy.")]) -> None:
    """Copy both SQLite databases and the shelf into a new folder, beside a running server or without one.

    Each database is copied as of one moment, the Center's book first: what it lacks of the decisions follows when
    the copy is served. Settings come from the environment, as for `antifraud serve`; keys that stand there are
    not copied. PostgreSQL has `pg_dump`.

    Example: antifraud backup --out backups/monday
    """
    back_up(read_settings(), out)
    typer.echo(f"{out}: both databases are whole")


def back_up(settings: Settings, out: Path) -> None:
    """Copy; raise Conflict for a folder that holds something, DamagedFile for a copy that is not whole."""
    sources = {"center.db": settings.book_url, "engine.db": settings.database_url}  # in this order
    paths = {name: _file(url) for name, url in sources.items()}
    if out.exists() and any(out.iterdir()):
        raise Conflict(f"{out} holds something already: take a new folder")
    out.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, path in paths.items():
        _copy(path, out / name)
    if settings.shelf.is_dir():
        shutil.copytree(settings.shelf, out / "shelf")


def _file(url: str) -> Path:
    at = supported_url(url)
    if at.get_backend_name() != "sqlite":
        raise Unavailable("this copies SQLite files only: for PostgreSQL use pg_dump --format=custom")
    path = database_path(at)
    if not path.is_file():
        raise NotFound(f"there is no database {path}")
    return path


def _copy(source: Path, target: Path) -> None:
    """Copy a database in one step: it is read as of one moment, and writers do not wait."""
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, _OWNER_ONLY))
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as reading,
        closing(sqlite3.connect(target)) as writing,
    ):
        reading.backup(writing, pages=-1)
        (said,) = writing.execute("PRAGMA quick_check").fetchone()
        if said != "ok":
            raise DamagedFile(f"the copy {target} is not whole: {said}")
