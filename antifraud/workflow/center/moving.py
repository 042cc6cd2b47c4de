"""Move a life by one act: the only way that acts come into the book, with all that follows for incidents."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from antifraud.domain.center.act import Act
from antifraud.domain.center.life import Life
from antifraud.workflow.center.ports import Page
from antifraud.workflow.center.summing import follow

L = TypeVar("L", bound=Life)
Then = Callable[[Page, Life, Act], None]


def begin(page: Page, life: L, act: Act) -> L:
    """Return a life that an act began, written into the journal."""
    page.act(None, life, act)
    follow(page, None, life, act.at)
    return life


def move(page: Page, life: L, act: Act) -> L:
    """Return the life after `act`, written into the journal; what the life refuses is raised."""
    after = page.act(life, life.apply(act), act)
    follow(page, life, after, act.at)
    return after


def current(page: Page, life: L, now: datetime) -> L:
    """Return a life after all that clocks demand of it by now: nobody acts on what has ended meanwhile."""
    while (act := life.due(now)) is not None:
        life = move(page, life, act)
    return life


def again(page: Page, life: L) -> L:
    """Return a life as it is after what may have moved it meanwhile in this transaction."""
    return page.get(type(life), life.life_id)


def tick(page: Page, now: datetime, limit: int, then: Then = lambda *_: None) -> int:
    """Do what clocks demand at `now`, for up to `limit` lives; return how many acts that took.

    `then` hears of each act with the life after it, inside the same transaction: what follows from it elsewhere.
    A life is read again before each act, because an act on one may have moved another.
    """
    return sum(move_on(page, life, now, then) for life in page.due(now, limit))


def move_on(page: Page, life: Life, now: datetime, then: Then = lambda *_: None) -> int:
    """Do what the clocks of one life demand at `now`; return how many acts that took."""
    done = 0
    while (act := (life := again(page, life)).due(now)) is not None:
        then(page, move(page, life, act), act)
        done += 1
    return done
