"""Which accounts were named with which persons, phones and devices: written with the movements, read by either end."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, Insert, delete, select

from antifraud.domain.center.identifiers import IdentifierKind
from antifraud.domain.center.sighting import Sighting
from antifraud.domain.moment import micros, moment_of
from antifraud.store.center.schema import sightings
from antifraud.store.center.upserting import insert_into


def keep(connection: Connection, seen: Sequence[Sighting]) -> None:
    """Keep them; one that is known was seen first when it was, and last at the latest that is told."""
    if seen:
        rows = [
            {
                "kind": each.kind.value,
                "ident": each.ident,
                "account": each.account,
                "participant": each.participant,
                "first_at": micros(each.first_at),
                "last_at": micros(each.last_at),
            }
            for each in seen
        ]
        connection.execute(_keeping(connection.dialect.name), rows)


def forget(connection: Connection, before: datetime) -> None:
    """Remove what was named together last before a moment."""
    connection.execute(delete(sightings).where(sightings.c.last_at < micros(before)))


def found(
    connection: Connection,
    kind: IdentifierKind | None,
    ident: str | None,
    account: str | None,
    party: str | None,
    limit: int,
) -> Sequence[Sighting]:
    """Return those of an identifier, or of an account, told by a party; the latest first."""
    asked = select(sightings)
    for column, value in (("kind", kind), ("ident", ident), ("account", account), ("participant", party)):
        if value is not None:
            asked = asked.where(sightings.c[column] == value)
    order = (sightings.c.last_at.desc(), sightings.c.ident, sightings.c.account, sightings.c.participant)
    return [
        Sighting(
            kind=IdentifierKind(row.kind),
            ident=row.ident,
            account=row.account,
            participant=row.participant,
            first_at=moment_of(row.first_at),
            last_at=moment_of(row.last_at),
        )
        for row in connection.execute(asked.order_by(*order).limit(limit))
    ]


@cache
def _keeping(dialect: str) -> Insert:
    """Return the statement, made once: every block of transfers runs it."""
    new = insert_into(sightings, dialect)
    younger = new.excluded.last_at > sightings.c.last_at
    key = list(sightings.primary_key.columns)
    return new.on_conflict_do_update(index_elements=key, set_={"last_at": new.excluded.last_at}, where=younger)
