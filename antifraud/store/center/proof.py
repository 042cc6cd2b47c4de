"""One life's acts with their place in the journal: a document that proves itself, and shows nothing of anybody else."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import Connection, select

from antifraud.domain.errors import InvalidValue, NotFound
from antifraud.store.center.journal import GENESIS, SEALED, Head, chained, digest, rows_after
from antifraud.store.center.schema import acts

FORMAT: Final = "antifraud-proof-1"
HOW: Final = (
    "Begin with `hash_before`. For each entry of `chain`, in order: its digest is `digest`, or, where it has `act`, "
    "the SHA-256 (hex) of the UTF-8 bytes of the JSON array of the act's values in the order of `columns`, without "
    "spaces. The hash of the entry is the SHA-256 (hex) of the hash before it followed by the digest, both as text. "
    "The hash of the last entry must be `head.hash`. It proves as much as whoever noted a hash on the way: every event "
    "that left the Center carries its `sequence` and `journalhash`, which must be those of the same entry here."
)
Document = Mapping[str, Any]


def proof_of(connection: Connection, life_id: str) -> Document:
    """Return the proof of a life, up to the journal's end; raise NotFound."""
    first = connection.execute(select(acts.c.seq).where(acts.c.life_id == life_id).order_by(acts.c.seq)).scalar()
    if first is None:
        raise NotFound(f"there is no life {life_id}")
    before = connection.execute(select(acts.c.hash).where(acts.c.seq == first - 1)).scalar() or GENESIS
    chain: list[dict[str, object]] = []
    head = Head(first - 1, before)
    for row in rows_after(connection, first - 1):
        if row["life_id"] == life_id:
            chain.append({"seq": row["seq"], "act": {name: row[name] for name in SEALED}})
        else:
            chain.append({"seq": row["seq"], "digest": digest(row)})
        head = Head(row["seq"], row["hash"])
    return {
        "format": FORMAT,
        "life_id": life_id,
        "how_to_verify": HOW,
        "columns": list(SEALED),
        "hash_before": before,
        "chain": chain,
        "head": {"seq": head.seq, "hash": head.hash},
    }


def checked(document: Document, noted: Head | None = None) -> Sequence[Mapping[str, Any]]:
    """Return the acts that a document proves, decoded; raise InvalidValue naming what does not fit.

    `noted` is a head that somebody else kept: it must be met on the way.
    """
    try:
        return _checked(document, noted)
    except (LookupError, TypeError, AttributeError, ValueError) as wrong:
        if isinstance(wrong, InvalidValue):
            raise
        raise InvalidValue("proof", f"is no {FORMAT}", type(wrong).__name__) from None


def _checked(document: Document, noted: Head | None) -> Sequence[Mapping[str, Any]]:
    if document["format"] != FORMAT:
        raise InvalidValue("format", f"must be {FORMAT}", document["format"])
    life_id: str = document["life_id"]
    last, met, shown = str(document["hash_before"]), noted is None, []
    seq = document["chain"][0]["seq"] - 1
    for entry in document["chain"]:
        if entry["seq"] != seq + 1:
            raise InvalidValue("chain", f"act {seq + 1} is missing", entry["seq"])
        seq = entry["seq"]
        act = entry.get("act")
        if act is not None:
            if act["seq"] != seq or act["life_id"] != life_id:
                raise InvalidValue("chain", f"act {seq} is another's", act["life_id"])
            shown.append({**act, "body": orjson.loads(act["body"])})
        last = chained(last, entry["digest"] if act is None else digest(act))
        if noted is not None and noted.seq == seq:
            if noted.hash != last:
                raise InvalidValue("chain", f"act {seq} has another hash than was noted", last)
            met = True
    if (seq, last) != (document["head"]["seq"], document["head"]["hash"]):
        raise InvalidValue("head", "does not follow from the chain: something in it was changed", document["head"])
    if not met:
        raise InvalidValue("head", "the chain does not reach what was noted", None if noted is None else noted.seq)
    if [act["version"] for act in shown] != list(range(1, len(shown) + 1)):
        raise InvalidValue("chain", "acts of the life are missing", [act["version"] for act in shown])
    return shown
