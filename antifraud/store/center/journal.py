"""The chain that makes a change of the past visible: each act's hash is of the one before it and of all it says.

What an act says goes in by its digest: so one life's acts can be shown with their place in the chain, and of all
others nothing but digests.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Connection, RowMapping, Select, select

from antifraud.store.center.schema import acts

GENESIS: Final = "0" * 64
SEALED: Final = tuple(str(column.name) for column in acts.columns if column.name != "hash")
_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Head:
    """The last act of the journal; an empty one stands at 0."""

    seq: int = 0
    hash: str = GENESIS


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check of the whole chain found; `problem` is None when nothing was changed, lost or moved."""

    head: Head
    acts: int
    problem: str | None = None


def head_of(connection: Connection) -> Head:
    """Return the end of the journal."""
    row = connection.execute(select(acts.c.seq, acts.c.hash).order_by(acts.c.seq.desc()).limit(1)).first()
    return Head() if row is None else Head(*row)


def sealed(row: dict[str, object], after: Head) -> dict[str, object]:
    """Return a row of the journal with the hash that binds it to the one before."""
    return {**row, "hash": chained(after.hash, digest(row))}


def verify_end(connection: Connection, acts_most: int) -> Verified:
    """Check the last acts alone, from the hash that stands before them: what a look in passing has time for."""
    end = head_of(connection)
    before = max(0, end.seq - acts_most)
    row = connection.execute(select(acts.c.seq, acts.c.hash).where(acts.c.seq == before)).first()
    if row is None and before:
        return Verified(Head(), 0, f"act {before} is missing")
    return _followed(connection, Head() if row is None else Head(*row))


def verify(connection: Connection, expected: Head | None = None) -> Verified:
    """Check every act against its hash and the one before.

    An end that was cut off leaves no trace in the chain itself: compare it with a head that somebody else keeps
    (`expected`), as every event that leaves the Center carries one.
    """
    return _followed(connection, Head(), expected)


def _followed(connection: Connection, head: Head, expected: Head | None = None) -> Verified:
    """Check what comes after a head that is taken for right."""
    count, met = 0, expected is None or expected.seq == 0
    for row in rows_after(connection, head.seq):
        if row["seq"] != head.seq + 1:
            return Verified(head, count, f"act {head.seq + 1} is missing: after it comes {row['seq']}")
        if row["hash"] != chained(head.hash, digest(row)):
            return Verified(head, count, f"act {row['seq']} ({row['name']} of {row['life_id']}) was changed")
        head, count = Head(row["seq"], row["hash"]), count + 1
        if expected is not None and head.seq == expected.seq:
            if head != expected:
                return Verified(head, count, f"act {head.seq} is not the one that was known: the chain was made anew")
            met = True
    if not met:
        assert expected is not None  # noqa: S101 - without one it counts as met
        return Verified(head, count, f"the journal ends at act {head.seq}, but act {expected.seq} is known")
    return Verified(head, count)


def rows_after(connection: Connection, seq: int) -> Iterable[RowMapping]:
    """Yield the journal after an act, in order, without holding all of it."""
    while (
        page := connection.execute(select(acts).where(acts.c.seq > seq).order_by(acts.c.seq).limit(_AT_ONCE))
        .mappings()
        .all()
    ):
        yield from page
        seq = page[-1]["seq"]


def rows_with_before(connection: Connection, asked: Select[Any]) -> Sequence[tuple[RowMapping, str]]:
    """Return the acts that are asked for, each with the hash of the act before it in the journal."""
    rows = connection.execute(asked).mappings().all()
    befores = select(acts.c.seq, acts.c.hash).where(acts.c.seq.in_([row["seq"] - 1 for row in rows]))
    hashes = {seq: text for seq, text in connection.execute(befores)}
    return [(row, hashes.get(row["seq"] - 1, GENESIS)) for row in rows]


def digest(row: Mapping[str, object] | RowMapping) -> str:
    """Return the digest of all that a row of the journal says: SHA-256, hex, of its columns as a JSON array."""
    return hashlib.sha256(said_by(row).encode()).hexdigest()


def said_by(row: Mapping[str, object] | RowMapping) -> str:
    """Return all that a row of the journal says, its hash apart, as a JSON array."""
    return orjson.dumps([row[name] for name in SEALED]).decode()


def chained(before: str, digest_of_row: str) -> str:
    """Return the hash of an act: SHA-256, hex, of the hash before it and its digest, both as text."""
    return hashlib.sha256((before + digest_of_row).encode()).hexdigest()
