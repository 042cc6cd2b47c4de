"""The query behind lists of lives: by party, status, key and clock, one page after another."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select

from antifraud.domain.moment import micros
from antifraud.store.center.schema import life_keys, life_parties, lives
from antifraud.workflow.center.ports import Place, Selection


def selected(kind: str, asked: Selection) -> Select[Any]:
    """Return the query: those whose clock speaks first in front, those without a clock last, then by age."""
    found = select(lives).where(lives.c.life == kind)
    if asked.party is not None:
        mine = (life_parties.c.life_id == lives.c.life_id) & (life_parties.c.life == kind)
        found = found.join(life_parties, mine).where(life_parties.c.participant == asked.party)
    for key in asked.keys:
        called = select(life_keys.c.life_id).where((life_keys.c.key == key) & (life_keys.c.life == kind))
        found = found.where(lives.c.life_id.in_(called))
    if asked.statuses:
        found = found.where(lives.c.status.in_(sorted(asked.statuses)))
    if asked.due_before is not None:
        found = found.where(lives.c.due_at < micros(asked.due_before))
    if asked.after is not None:
        found = found.where(_behind(asked.after))
    return found.order_by(lives.c.due_at.is_(None), lives.c.due_at, lives.c.life_id).limit(asked.limit)


def _behind(place: Place) -> ColumnElement[bool]:
    if place.due_at is None:
        return and_(lives.c.due_at.is_(None), lives.c.life_id > place.life_id)
    due = micros(place.due_at)
    return or_(
        lives.c.due_at.is_(None),
        lives.c.due_at > due,
        and_(lives.c.due_at == due, lives.c.life_id > place.life_id),
    )
