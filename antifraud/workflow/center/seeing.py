"""Get a life as somebody may see it, and sign what is done about it: what is none of theirs is not there."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from antifraud.domain.center.audience import waits_for_police
from antifraud.domain.center.life import Life, Sight
from antifraud.domain.center.people import POLICE, Actor, Role
from antifraud.domain.errors import NotFound
from antifraud.workflow.center.ports import Page

L = TypeVar("L", bound=Life)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """Under what a person puts a name: who, when, in which words, on which ground, at which version of the life."""

    actor: Actor
    now: datetime
    reason: str | None = None
    ground: str | None = None
    version: int | None = None


def sight_of(life: Life, actor: Actor) -> Sight:
    """Say how much of a life an actor may see: an auditor reads all, everybody else what is the participant's.

    An incident that nobody leads waits for any police: its minimum is for all of them.
    """
    if actor.role is Role.AUDITOR:
        return Sight.WHOLE
    sight = life.seen_by(actor.participant)
    if sight is Sight.NOTHING and actor.role in POLICE and waits_for_police(life):
        return Sight.MINIMUM
    return sight


def seen(page: Page, kind: type[L], life_id: str, actor: Actor, version: int | None = None) -> L:
    """Return a life; raise NotFound also when the actor may see nothing of it, and StaleVersion only after that."""
    life = page.find(kind, life_id)
    if life is None or sight_of(life, actor) is Sight.NOTHING:
        raise NotFound(f"there is no {kind.__name__.lower()} {life_id}")
    return page.get(kind, life_id, version)
