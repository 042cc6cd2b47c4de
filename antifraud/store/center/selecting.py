"""The queries behind lives, lists of them and feeds of acts, one page after another."""

from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Update,
    and_,
    bindparam,
    cast,
    func,
    literal,
    or_,
    select,
    true,
    update,
)

from antifraud.domain.moment import micros
from antifraud.store.center.schema import acts, audience, life_keys, life_parties, lives
from antifraud.workflow.center.ports import Auditing, Listening, Place, Selection

# What every act runs several times is made once: to put such a statement together takes longer than to run it.
ONE: Final[Select[Any]] = select(lives).where(lives.c.life_id == bindparam("id"), lives.c.life == bindparam("kind"))
"""A life by its id and kind."""

CALLED: Final[Select[Any]] = (
    select(lives)
    .join(life_keys, life_keys.c.life_id == lives.c.life_id)
    .where(life_keys.c.key == bindparam("key"), life_keys.c.life == bindparam("kind"))
    .order_by(lives.c.life_id)
)
"""The lives of a kind that a key finds, oldest first."""

MOVED: Final[Update] = (
    update(lives)
    .where(lives.c.life_id == bindparam("id"))
    .values({name: bindparam(name) for name in ("version", "status", "due_at", "body")})
)
"""A life as an act left it."""


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


def latest(kind: str, key: str, party: str | None, limit: int) -> Select[Any]:
    """Return the query: the newest in front."""
    return select(lives).where(*_named(kind, key, party)).order_by(lives.c.life_id.desc()).limit(limit)


def counted(kind: str, key: str, party: str | None) -> Select[Any]:
    """Return the query: how many `latest` would find."""
    return select(func.count()).select_from(lives).where(*_named(kind, key, party))


def listened(asked: Listening) -> Select[Any]:
    """Return the query: each act once, however many names somebody reads it by, as whole as the best of them."""
    named = acts.c.name.in_(sorted(asked.names)) if asked.names else true()
    if asked.readers is None:
        everything = select(acts, literal(1).label("whole")).where(acts.c.seq > asked.after, named)
        return everything.order_by(acts.c.seq).limit(asked.limit)
    mine = (
        select(audience.c.seq, func.max(cast(audience.c.whole, Integer)).label("whole"))
        .join(acts, acts.c.seq == audience.c.seq)
        .where(audience.c.participant.in_(sorted(asked.readers)), audience.c.seq > asked.after, named)
        .group_by(audience.c.seq)
        .order_by(audience.c.seq)
        .limit(asked.limit)  # inside: a page costs the same wherever it begins
        .subquery()
    )
    return select(acts, mine.c.whole).join(mine, mine.c.seq == acts.c.seq).order_by(acts.c.seq)


def audited(asked: Auditing) -> Select[Any]:
    """Return the query: acts of the journal in its order, whoever may read them."""
    exactly = ((acts.c.participant, asked.participant), (acts.c.person, asked.person), (acts.c.life_id, asked.life_id))
    found = select(acts).where(acts.c.seq > asked.after, *(column == value for column, value in exactly if value))
    if asked.names:
        found = found.where(acts.c.name.in_(sorted(asked.names)))
    if asked.since is not None:
        found = found.where(acts.c.at >= micros(asked.since))
    if asked.until is not None:
        found = found.where(acts.c.at < micros(asked.until))
    return found.order_by(acts.c.seq).limit(asked.limit)


def _named(kind: str, key: str, party: str | None) -> list[ColumnElement[bool]]:
    called = select(life_keys.c.life_id).where((life_keys.c.key == key) & (life_keys.c.life == kind))
    where = [lives.c.life == kind, lives.c.life_id.in_(called)]
    if party is not None:
        theirs = (life_parties.c.participant == party) & (life_parties.c.life == kind)
        where.append(select(life_parties.c.life_id).where(theirs, life_parties.c.life_id == lives.c.life_id).exists())
    return where


def _behind(place: Place) -> ColumnElement[bool]:
    if place.due_at is None:
        return and_(lives.c.due_at.is_(None), lives.c.life_id > place.life_id)
    due = micros(place.due_at)
    return or_(
        lives.c.due_at.is_(None),
        lives.c.due_at > due,
        and_(lives.c.due_at == due, lives.c.life_id > place.life_id),
    )
