"""Pages of an audit, checked by themselves: each act says its place in the chain, and nobody's word is needed."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

import orjson

from antifraud.domain.errors import InvalidValue
from antifraud.domain.moment import moment_of
from antifraud.store.center.journal import SEALED, Head, chained

FORMAT: Final[Literal["antifraud-audit-1"]] = "antifraud-audit-1"
_SIGNATURE: Final = ("by", "at")  # of an act: shown once, beside what it says


def checked_page(page: Mapping[str, Any], noted: Head | None = None) -> Sequence[Mapping[str, Any]]:
    """Return the entries of a page that prove themselves; raise InvalidValue naming the first that does not.

    Each entry's hash follows from the hash before it and its digest, and where its `row` is shown, the digest and all
    that is shown of it follow from the row. Entries that stand next to each other in the journal follow from one
    another. `noted` is a head that somebody else kept: its act must be among them.
    """
    try:
        return _checked(page, noted)
    except (LookupError, TypeError, AttributeError, ValueError) as wrong:
        if isinstance(wrong, InvalidValue):
            raise
        raise InvalidValue("page", f"is no {FORMAT}", type(wrong).__name__) from None


def _checked(page: Mapping[str, Any], noted: Head | None) -> Sequence[Mapping[str, Any]]:
    last, met = Head(-1, ""), noted is None
    for entry in page["items"]:
        seq = entry["seq"]
        if seq <= last.seq:
            raise InvalidValue("items", f"act {seq} comes after act {last.seq}", seq)
        if seq == last.seq + 1 and entry["hash_before"] != last.hash:
            raise InvalidValue("items", f"act {seq} does not follow from the one before it", entry["hash_before"])
        if entry["row"] is not None:
            _check_shown(entry)
        last = Head(seq, chained(entry["hash_before"], entry["digest"]))
        if last.hash != entry["hash"]:
            raise InvalidValue("items", f"act {seq} has a hash that does not follow", entry["hash"])
        if noted is not None and noted.seq == seq:
            if noted != last:
                raise InvalidValue("items", f"act {seq} has another hash than was noted", last.hash)
            met = True
    if not met:
        raise InvalidValue("head", "is none of these acts", None if noted is None else noted.seq)
    found: Sequence[Mapping[str, Any]] = page["items"]
    return found


def _check_shown(entry: Mapping[str, Any]) -> None:
    """Refuse an entry whose digest, or whose readable side, is not of its row."""
    if hashlib.sha256(entry["row"].encode()).hexdigest() != entry["digest"]:
        raise InvalidValue("items", f"act {entry['seq']} has a digest that is not of its row", entry["digest"])
    row = dict(zip(SEALED, orjson.loads(entry["row"]), strict=True))
    body = orjson.loads(row.pop("body"))
    real = row | {"at": moment_of(row["at"]), "said": {name: body[name] for name in body if name not in _SIGNATURE}}
    shown = {**entry, **entry["by"], "name": entry["act"], "at": datetime.fromisoformat(entry["at"])}
    for name, value in real.items():
        if shown[name] != value:
            raise InvalidValue("items", f"act {entry['seq']} shows another {name} than its row", shown[name])
