"""Which movements an account has, by parts of the log, which are merged into larger ones as they come to be.

In one index of all movements by account each new row falls on a page of its own, and databases write whole pages: for
each transfer some twenty kilobytes. Here the latest rows have a small part of their own, whose pages are soon full, and
parts that are done are merged, in order, into one of the next level. A question looks into each part, some dozens of
them however many movements there are.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Insert,
    Integer,
    Select,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal,
    literal_column,
    select,
    union_all,
)

from antifraud.domain.moment import micros
from antifraud.store.center import beside
from antifraud.store.center.schema import cursors, movement_ends, movements

PAYS, IS_PAID = 0, 1
_NOTED: Final = "movement ends"  # the cursor at the last movement whose ends stand here
_MERGED: Final = ("movement ends 0", "movement ends 1")  # how many parts were made of those of a level
_BITS: Final = (16, 21, 26)  # of the numbers of movements in one part, by level
_WAYS: Final = 32  # parts that become one
_LEVEL: Final = 1 << 48  # parts of a level are numbered from so many times it
_STEP: Final = 1 << 11  # movements after which it is time to merge some more,
_MOST: Final = 6 * _STEP  # and so many ends then: two of each movement at two levels, and some to spare

_end: Final = movement_ends.c
_IN_ORDER: Final = (_end.account, _end.side, _end.at, _end.seq)
_IN_PARTS: Final = _end.part.in_(bindparam("parts", expanding=True))
_CURSORS: Final = select(cursors.c.name, cursors.c.seq).where(cursors.c.name.in_((_NOTED, *_MERGED)))
_FIRST: Final = select(func.min(movements.c.seq))


def end_of(payer: str | None, payee: str | None) -> tuple[int, str]:
    """Return the side and the account of the one that is given."""
    if payer is not None and payee is None:
        return PAYS, payer
    if payee is not None and payer is None:
        return IS_PAID, payee
    raise TypeError("movements are asked for by their payer or by their payee")


def note(connection: Connection, upto: int) -> None:
    """Note the ends of movements up to a number that are not noted yet, whoever kept them, and merge what is due."""
    before = beside.cursor(connection, _NOTED)
    connection.execute(_noting(), {"before": before, "upto": upto})
    beside.move_cursor(connection, _NOTED, upto)
    if before // _STEP != upto // _STEP:
        merge(connection, _MOST)


def merge(connection: Connection, most: int) -> None:
    """Move about `most` ends of parts that are done into one of the next level; all of an account at once."""
    done = beside.cursor(connection, _NOTED) >> _BITS[0]
    for level, name in enumerate(_MERGED):
        merged = beside.cursor(connection, name)
        if (merged + 1) * _WAYS <= done:
            parts = [level * _LEVEL + number for number in range(merged * _WAYS, (merged + 1) * _WAYS)]
            if not _moved(connection, parts, (level + 1) * _LEVEL + merged, most // _WAYS):
                beside.move_cursor(connection, name, merged + 1)
            return
        done = merged


def forget(connection: Connection, most: int) -> int:
    """Remove about `most` ends of parts that have only movements which are gone; return how many."""
    first = connection.execute(_FIRST).scalar_one()
    if first is None:
        return connection.execute(delete(movement_ends)).rowcount
    for level, bits in enumerate(_BITS):
        begin = level * _LEVEL
        gone = (_end.part >= begin - _LEVEL // 2) & (_end.part < begin + (first >> bits))
        part = connection.execute(select(_end.part).where(gone).limit(1)).scalar_one_or_none()
        if part is not None:
            upto = _account_at(connection, [part], most)
            return connection.execute(delete(movement_ends).where(*_before(upto)), {"parts": [part]}).rowcount
    return 0


def meant(connection: Connection, side: int, account: str, since: datetime, until: datetime) -> Mapping[str, Any]:
    """Return what `which` asks for."""
    first, parts = _parts(connection)
    given = {"side": side, "account": account, "since": micros(since), "until": micros(until)}
    return given | {"first": first, "parts": parts}


@cache  # a trace asks twice for each account: to put the statement together would take longer than to run it
def which() -> Select[tuple[int, int]]:
    """Return the question for moments and numbers of the movements that are `meant`."""
    mine = (_end.account == bindparam("account"), _end.side == bindparam("side"))
    then = (_end.at >= bindparam("since"), _end.at < bindparam("until"))
    return select(_end.at, _end.seq).where(_IN_PARTS, *mine, *then, _end.seq >= bindparam("first"))


def _parts(connection: Connection) -> tuple[int, list[int]]:
    """Return the first movement that is kept, and all parts in which there may be ends of those that are."""
    known = {name: seq for name, seq in connection.execute(_CURSORS)}
    noted, *merged = (known.get(name, 0) for name in (_NOTED, *_MERGED))
    first = connection.execute(_FIRST).scalar_one()
    if first is None:
        return 0, []
    begins = (*(number * _WAYS for number in merged), first >> _BITS[-1])
    lasts = (noted >> _BITS[0], *merged)  # what is being made of others is among them
    return first, [
        level * _LEVEL + number
        for level, (begin, last) in enumerate(zip(begins, lasts, strict=True))
        for number in range(max(begin, first >> _BITS[level]), last + 1)
    ]


@cache
def _noting() -> Insert:
    part = movements.c.seq.bitwise_rshift(literal_column(str(_BITS[0])))
    new = (movements.c.seq > bindparam("before")) & (movements.c.seq <= bindparam("upto"))
    both = [
        select(part, account, literal_column(str(side), Integer), movements.c.at, movements.c.seq).where(new)
        for side, account in ((PAYS, movements.c.payer), (IS_PAID, movements.c.payee))
    ]
    return insert(movement_ends).from_select(_end.keys(), union_all(*both))


def _moved(connection: Connection, parts: list[int], target: int, each: int) -> bool:
    """Move the first ends of parts, about so many of each, into another; return False if those were the last."""
    upto = _account_at(connection, parts, each)
    before = _before(upto)
    moved = select(cast(literal(target), BigInteger), *_IN_ORDER).where(*before).order_by(*_IN_ORDER)
    connection.execute(insert(movement_ends).from_select(_end.keys(), moved), {"parts": parts})
    connection.execute(delete(movement_ends).where(*before), {"parts": parts})
    return upto is not None


def _account_at(connection: Connection, parts: list[int], place: int) -> str | None:
    """Return the first account, in the database's own order, that has a place in any of these parts; None for none."""
    each = [select(_end.account).where(_end.part == part).order_by(*_IN_ORDER).offset(place).limit(1) for part in parts]
    accounts = union_all(*(select(one.subquery().c.account) for one in each)).subquery()
    first: str | None = connection.execute(select(func.min(accounts.c.account))).scalar_one()
    return first


def _before(account: str | None) -> list[ColumnElement[bool]]:
    return [_IN_PARTS] if account is None else [_IN_PARTS, _end.account <= account]
