"""The INSERT of each database that may find its row there already."""

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_into(table: Table, connection: Connection) -> sqlite.Insert | postgresql.Insert:
    """Return it; both say `on_conflict_do_update` in the same words."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
