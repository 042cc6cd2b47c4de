"""The numbers of desks: each act and each block of transfers adds to counts, so that no page sums up much."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Insert, Table, and_, case, delete, func, select

from antifraud.domain.center.calendar import ALMATY
from antifraud.domain.center.hold import Hold
from antifraud.domain.center.hold_table import HoldStatus
from antifraud.domain.center.overview import STEP, Became, Flow, Tally, Waiting
from antifraud.domain.decision import Action
from antifraud.domain.moment import micros, moment_of
from antifraud.store.center import movements
from antifraud.store.center.ranks import whose
from antifraud.store.center.schema import flows, hold_ranks, tallies
from antifraud.store.center.upserting import insert_into
from antifraud.workflow.center.ports import QueueSelection, Row

_EPOCH: Final = date(1970, 1, 1)
_STEP: Final = STEP // timedelta(microseconds=1)
_AT, _PARTICIPANT, _ACTION, _BASE = (
    movements.COLUMNS.index(name) for name in ("at", "participant", "action", "base_minor")
)


def keep_flows(connection: Connection, rows: Iterable[Row]) -> None:
    """Count transfers, as tuples of the columns of movements."""
    counts: Counter[tuple[Any, ...]] = Counter()
    sums: Counter[tuple[Any, ...]] = Counter()
    for row in rows:
        at, base = row[_AT], row[_BASE]
        assert isinstance(at, int) and isinstance(base, int)  # noqa: S101, PT018 - the columns are whole numbers
        key = (row[_PARTICIPANT], at - at % _STEP, row[_ACTION])
        counts[key] += 1
        sums[key] += base
    names = ("participant", "at", "action")
    _add(
        connection,
        flows,
        [dict(zip(names, key, strict=True)) | {"count": n, "base_minor": sums[key]} for key, n in counts.items()],
    )


def forget_flows(connection: Connection, before: datetime) -> None:
    """Remove what was counted before a moment."""
    connection.execute(delete(flows).where(flows.c.at < micros(before)))


def keep_tally(connection: Connection, before: Hold | None, after: Hold, at: datetime) -> None:
    """Count what an act at a moment made of the money of a hold."""
    for became, minor in became_of(before, after).items():
        row = {"bank": after.birth.bank, "day": day_number(at), "became": became.value}
        _add(connection, tallies, [row | {"currency": after.birth.currency, "count": 1, "minor": minor}])


def became_of(before: Hold | None, after: Hold) -> Mapping[Became, int]:
    """Return what moved between two versions of a hold, in minor units of its currency."""
    went = Became.EXPIRED if after.status is HoldStatus.EXPIRED else Became.RELEASED
    moved = {
        Became.HELD: after.birth.amount_minor if before is None else 0,
        went: after.released_minor - (0 if before is None else before.released_minor),
        Became.REFUSED: after.refused_minor - (0 if before is None else before.refused_minor),
        Became.RETURNED: after.returned_minor - (0 if before is None else before.returned_minor),
    }
    return {became: minor for became, minor in moved.items() if minor}


def day_number(at: datetime) -> int:
    """Return the local day of a moment, in days since 1970."""
    return (at.astimezone(ALMATY).date() - _EPOCH).days


def flows_since(connection: Connection, since: datetime, party: str | None) -> Sequence[Flow]:
    """Return them by moment and action, oldest first."""
    counted = (func.sum(flows.c.count), func.sum(flows.c.base_minor))
    asked = select(flows.c.at, flows.c.action, *counted).where(flows.c.at >= micros(since))
    if party is not None:
        asked = asked.where(flows.c.participant == party)
    rows = connection.execute(asked.group_by(flows.c.at, flows.c.action).order_by(flows.c.at, flows.c.action))
    return [
        Flow(at=moment_of(at), action=Action(action), count=int(count), base_minor=int(base))
        for at, action, count, base in rows
    ]


def tallies_since(connection: Connection, since: date, party: str | None) -> Sequence[Tally]:
    """Return them by day, oldest first."""
    names = (tallies.c.day, tallies.c.became, tallies.c.currency)
    asked = select(*names, func.sum(tallies.c.count), func.sum(tallies.c.minor))
    asked = asked.where(tallies.c.day >= (since - _EPOCH).days)
    if party is not None:
        asked = asked.where(tallies.c.bank == party)
    return [
        Tally(
            day=_EPOCH + timedelta(days=day),
            became=Became(became),
            currency=currency,
            count=int(count),
            minor=int(minor),
        )
        for day, became, currency, count, minor in connection.execute(asked.group_by(*names).order_by(*names))
    ]


def held_now(connection: Connection, party: str | None) -> Mapping[str, int]:
    """Return how much waits, by currency."""
    asked = select(hold_ranks.c.currency, func.sum(hold_ranks.c.held_minor)).where(hold_ranks.c.is_open)
    if party is not None:
        asked = asked.where(hold_ranks.c.bank == party)
    return {currency: int(minor) for currency, minor in connection.execute(asked.group_by(hold_ranks.c.currency))}


def waiting(connection: Connection, asked: QueueSelection, moments: Sequence[datetime]) -> Sequence[Waiting]:
    """Return how many open holds each person has, by when they end; whoever has most first."""
    ends = [micros(each) for each in moments]

    def among(which: ColumnElement[bool]) -> ColumnElement[int]:
        return func.sum(case((which, 1), else_=0))

    at = hold_ranks.c.ends_at
    lows = [None, *ends]
    parts = [
        among(at <= high if low is None else and_(at > low, at <= high))
        for low, high in zip(lows[:-1], ends, strict=True)
    ]
    counted = select(hold_ranks.c.assignee, *parts, among(at > ends[-1])).where(hold_ranks.c.is_open)
    if asked.party is not None:
        counted = counted.where(whose(asked))
    rows = connection.execute(counted.group_by(hold_ranks.c.assignee)).all()
    found = [Waiting(assignee=row[0], by=tuple(map(int, row[1:-1])), later=int(row[-1])) for row in rows]
    return sorted(found, key=lambda each: (each.assignee is not None, -each.all, each.assignee or ""))


def _add(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Add to the counts of rows that are there, and begin those that are not."""
    if rows:
        connection.execute(_adding(table, connection.dialect.name), rows)


@cache
def _adding(table: Table, dialect: str) -> Insert:
    """Return the statement, made once: every act runs it."""
    new = insert_into(table, dialect)
    more = {column.name: column + new.excluded[column.name] for column in table.columns if not column.primary_key}
    return new.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=more)
