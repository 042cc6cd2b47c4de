"""The INSERT of each database that may find its row there already."""

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_into(table: Table, dialect: str) -> sqlite.Insert | postgresql.Insert:
    """Return it; both say `on_conflict_do_update` in the same words."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
