"""Bring a database to the schema of this program, or say why that cannot be."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from antifraud.domain.errors import Unavailable

_SCRIPTS: Final = Path(__file__).parent / "migrations"
# Two programs that start together take turns. The number is any, the same for all.
_TAKE_TURNS: Final = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "SELECT pg_advisory_xact_lock(8137226001)"}


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Upgrade the schema in one transaction; refuse a schema that this program does not know."""
    known = ScriptDirectory(str(_SCRIPTS))
    wanted = known.as_revision_number(revision)
    with engine.connect() as connection:
        if _current(connection, known) == wanted:
            return
        connection.rollback()
        connection.exec_driver_sql(_TAKE_TURNS[engine.dialect.name])
        _current(connection, known)  # again: someone may have been faster, with a newer program
        command.upgrade(_config(connection), revision)
        connection.commit()


def downgrade(engine: Engine, revision: str) -> None:
    """Take the schema back to an earlier revision, in one transaction. What the later ones held is lost."""
    with engine.connect() as connection:
        connection.exec_driver_sql(_TAKE_TURNS[engine.dialect.name])
        command.downgrade(_config(connection), revision)
        connection.commit()


def _current(connection: Connection, known: ScriptDirectory) -> str | None:
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in {script.revision for script in known.walk_revisions()}:
        raise Unavailable(
            f"{connection.engine.url!r} has schema {current}, which is newer than this program knows "
            f"({known.get_current_head()}): start a newer version of the program"
        )
    return current


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
