"""Move a life by one act: the only way that acts come into the book."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from antifraud.domain.center.act import Act
from antifraud.domain.center.life import Life
from antifraud.workflow.center.ports import Page

L = TypeVar("L", bound=Life)
Then = Callable[[Page, Life, Act], None]


def move(page: Page, life: L, act: Act) -> L:
    """Return the life after `act`, written into the journal; what the life refuses is raised."""
    return page.act(life, life.apply(act), act)


def tick(page: Page, now: datetime, limit: int, then: Then = lambda *_: None) -> int:
    """Do what clocks demand at `now`, for up to `limit` lives; return how many acts that took.

    `then` hears of each act with the life after it, inside the same transaction: what follows from it elsewhere.
    """
    return sum(move_on(page, life, now, then) for life in page.due(now, limit))


def move_on(page: Page, life: Life, now: datetime, then: Then = lambda *_: None) -> int:
    """Do what the clocks of one life demand at `now`; return how many acts that took."""
    done = 0
    while (act := life.due(now)) is not None:
        life = move(page, life, act)
        then(page, life, act)
        done += 1
    return done
