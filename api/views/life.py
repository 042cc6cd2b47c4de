"""What every view of a life has, and who gets which."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


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
