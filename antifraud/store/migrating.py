"""Bring a database to the schema of this program, or say why that cannot be."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from antifraud.domain.errors import Unavailable
from antifraud.store.address import shown


@dataclass(frozen=True, slots=True)
class Steps:
    """A folder of steps from one schema to the next; `table` is where a database notes the last one it took."""

    folder: Path
    table: str


DECISIONS: Final = Steps(Path(__file__).parent / "migrations", "alembic_version")
CENTER: Final = Steps(Path(__file__).parent / "center" / "migrations", "center_version")
PEOPLE: Final = Steps(Path(__file__).parent / "people" / "migrations", "people_version")

# Two programs that start together take turns. The number is any, the same for all.
_TAKE_TURNS: Final = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "SELECT pg_advisory_xact_lock(8137226001)"}


def upgrade(engine: Engine, revision: str = "head", steps: Steps = DECISIONS) -> None:
    """Upgrade the schema in one transaction; refuse a schema that this program does not know."""
    known = ScriptDirectory(str(steps.folder))
    wanted = known.as_revision_number(revision)
    with engine.connect() as connection:
        if _current(connection, known, steps) == wanted:
            return
        connection.rollback()
        connection.exec_driver_sql(_TAKE_TURNS[engine.dialect.name])
        _current(connection, known, steps)  # again: someone may have been faster, with a newer program
        command.upgrade(_config(connection, steps), revision)
        connection.commit()


def at_head(engine: Engine, steps: Steps = DECISIONS) -> bool:
    """Say whether the schema is this program's, changing nothing; refuse one that this program does not know."""
    known = ScriptDirectory(str(steps.folder))
    with engine.connect() as connection:
        return _current(connection, known, steps) == known.get_current_head()


def downgrade(engine: Engine, revision: str, steps: Steps = DECISIONS) -> None:
    """Take the schema back to an earlier revision, in one transaction. What the later ones held is lost."""
    with engine.connect() as connection:
        connection.exec_driver_sql(_TAKE_TURNS[engine.dialect.name])
        command.downgrade(_config(connection, steps), revision)
        connection.commit()


def _current(connection: Connection, known: ScriptDirectory, steps: Steps) -> str | None:
    current = MigrationContext.configure(connection, opts={"version_table": steps.table}).get_current_revision()
    if current is not None and current not in {script.revision for script in known.walk_revisions()}:
        raise Unavailable(
            f"{shown(connection.engine.url)} has schema {current}, which is newer than this program knows "
            f"({known.get_current_head()}): start a newer version of the program"
        )
    return current


def _config(connection: Connection, steps: Steps) -> Config:
    config = Config()
    config.set_main_option("script_location", str(steps.folder).replace("%", "%%"))
    config.attributes["version_table"] = steps.table
    config.attributes["connection"] = connection
    return config
