"""The queue of holds: one row a hold with what it is filtered and sorted by, kept in the transaction of its act."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, Select, and_, case, func, insert, select, tuple_, update

from antifraud.domain.center.hold import Hold
from antifraud.domain.center.hold_table import OPEN
from antifraud.domain.moment import micros
from antifraud.store.center.journal import head_of
from antifraud.store.center.schema import hold_ranks, life_keys, lives
from antifraud.workflow.center.ports import QueueCounts, QueueOrder, QueueSelection

NEVER: Final = 1 << 62  # behind every moment that can be written
_MILLION: Final = 1_000_000
_BY: Final[Mapping[QueueOrder, Column[int]]] = {
    QueueOrder.DEADLINE: hold_ranks.c.ends_at,
    QueueOrder.AMOUNT: hold_ranks.c.held_minor,
    QueueOrder.SCORE: hold_ranks.c.score_ppm,
}


def keep(connection: Connection, hold: Hold, *, new: bool) -> None:
    """Write where a hold stands now."""
    row = ranked(hold)
    if new:
        connection.execute(insert(hold_ranks).values(row))
    else:
        connection.execute(update(hold_ranks).where(hold_ranks.c.life_id == hold.life_id).values(row))


def ranked(hold: Hold) -> dict[str, object]:
    """Return the row of a hold."""
    return {
        "life_id": hold.life_id,
        "bank": hold.birth.bank,
        "police": hold.police,
        "is_open": hold.status in OPEN,
        "status": hold.status.value,
        "assignee": hold.assignee,
        "escalated": None if hold.escalated is None else hold.escalated.value,
        "fraud_type": hold.birth.fraud_type,
        "currency": hold.birth.currency,
        **{order: place(hold, QueueOrder(name)) for order, name in _COLUMNS.items()},
    }


def place(hold: Hold, order: QueueOrder) -> int:
    """Return where a hold stands in an order, for the next page to begin behind it."""
    match order:
        case QueueOrder.DEADLINE:
            return NEVER if hold.free_at is None else micros(hold.free_at)
        case QueueOrder.AMOUNT:
            return hold.held_minor
        case QueueOrder.SCORE:
            return -1 if hold.birth.score is None else round(hold.birth.score * _MILLION)


_COLUMNS: Final = {column.name: order.value for order, column in _BY.items()}


def queued(asked: QueueSelection) -> Select[Any]:
    """Return the query of one page: the soonest end first, or the largest sum, or the highest score."""
    by = _BY[asked.order]
    up = asked.order is QueueOrder.DEADLINE
    found = select(lives).join(hold_ranks, hold_ranks.c.life_id == lives.c.life_id)
    found = found.where(hold_ranks.c.is_open == asked.is_open)
    if asked.party is not None:
        found = found.where(whose(asked))
    if asked.assignee is not None:
        found = found.where(hold_ranks.c.assignee == asked.assignee)
    if asked.unassigned:
        found = found.where(hold_ranks.c.assignee.is_(None))
    if asked.escalated:
        found = found.where(hold_ranks.c.escalated.is_not(None))
    if asked.fraud_type is not None:
        found = found.where(hold_ranks.c.fraud_type == asked.fraud_type)
    if asked.keys is not None:
        called = select(life_keys.c.life_id).where(life_keys.c.key.in_(sorted(asked.keys)), life_keys.c.life == "hold")
        found = found.where(hold_ranks.c.life_id.in_(called))
    if asked.after is not None:
        here, there = tuple_(by, hold_ranks.c.life_id), tuple_(*asked.after)
        found = found.where(here > there if up else here < there)
    ends = (by, hold_ranks.c.life_id) if up else (by.desc(), hold_ranks.c.life_id.desc())
    return found.order_by(*ends).limit(asked.limit)


def counts(connection: Connection, asked: QueueSelection, person: str) -> QueueCounts:
    """Return how many open holds wait, and for whom."""
    mine = hold_ranks.c.assignee == person

    def among(which: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((which, 1), else_=0)), 0)

    counted = select(
        func.count(),
        among(mine),
        among(hold_ranks.c.assignee.is_(None)),
        among(hold_ranks.c.escalated.is_not(None)),
    ).where(and_(hold_ranks.c.is_open, *(() if asked.party is None else (whose(asked),))))
    every, own, nobodys, escalated = connection.execute(counted).one()
    return QueueCounts(
        mine=own, all=every, unassigned=nobodys, escalated=escalated, last_change=head_of(connection).seq
    )


def whose(asked: QueueSelection) -> ColumnElement[bool]:
    """Return which holds are of the party of `asked`."""
    return (hold_ranks.c.police if asked.leads else hold_ranks.c.bank) == asked.party
