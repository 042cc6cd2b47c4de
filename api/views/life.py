"""What every view of a life has, and who gets which."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from antifraud.domain.center.life import Life, Sight
from antifraud.domain.center.people import Actor, Role
from antifraud.domain.errors import NotFound

L = TypeVar("L", bound=Life)


class Shown(StrEnum):
    """How much of a life is in an answer."""

    WHOLE = "whole"
    MINIMUM = "minimum"


class LifeOut(BaseModel):
    """A life as one participant may see it; what it may not see is null."""

    model_config = ConfigDict(frozen=True)

    life_id: Annotated[str, Field(examples=["019d05c1-7a00-7000-8000-000000000001"])]
    version: Annotated[int, Field(description="Counts its acts; the ETag of the answer.", examples=[3])]
    shown: Annotated[Shown, Field(description="minimum: only what a counterpart needs to act.")]
    due_at: Annotated[datetime | None, Field(description="When the platform acts next by itself; null: never.")]


def sight_of(life: Life, actor: Actor) -> Sight:
    """Say how much of a life an actor may see: an auditor reads all, everybody else what is the participant's."""
    return Sight.WHOLE if actor.role is Role.AUDITOR else life.seen_by(actor.participant)


def visible(life: L, actor: Actor) -> L:
    """Return the life; raise NotFound, as if there were none, when the actor may see nothing of it."""
    if sight_of(life, actor) is Sight.NOTHING:
        raise NotFound(f"there is no {type(life).__name__.lower()} {life.life_id}")
    return life
