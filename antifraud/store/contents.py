"""What two copies of a deployment must have in common: how much each log holds, and the end of the journal."""

from dataclasses import asdict, dataclass

from sqlalchemy import Connection, func, inspect, select

from antifraud.domain.errors import DamagedFile
from antifraud.store.center import journal
from antifraud.store.center.schema import acts
from antifraud.store.schema import decisions, reports


@dataclass(frozen=True, slots=True)
class Contents:
    """Rows of each log in a database, and `SEQUENCE:HASH` of the journal's last act; None: it has no such table."""

    decisions: int | None
    reports: int | None
    acts: int | None
    head: str | None

    def differing(self, other: "Contents") -> list[str]:
        """Return what is not the same, in words."""
        mine, theirs = asdict(self), asdict(other)
        return [f"{name} {mine[name]}, not {theirs[name]}" for name in mine if mine[name] != theirs[name]]


def contents_of(connection: Connection) -> Contents:
    """Count, and check every act against the one before; raise DamagedFile for a journal that is not whole."""
    there = inspect(connection).get_table_names()
    found = {
        table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in (decisions, reports)
        if table.name in there
    }
    if acts.name not in there:
        return Contents(found.get(decisions.name), found.get(reports.name), None, None)
    verified = journal.verify(connection)
    if verified.problem is not None:
        raise DamagedFile(f"the journal is damaged: {verified.problem}")
    head = f"{verified.head.seq}:{verified.head.hash}"
    return Contents(found.get(decisions.name), found.get(reports.name), verified.acts, head)
