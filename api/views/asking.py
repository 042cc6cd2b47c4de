"""What the bodies of acts have in common, and pages of lists."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from antifraud.domain.errors import InvalidValue
from antifraud.domain.moment import micros, moment_of
from antifraud.domain.money import MAX_AMOUNT_MINOR
from antifraud.workflow.center.ports import Place

STRICT: Final = ConfigDict(strict=True, extra="forbid", frozen=True)
MOST_ON_A_PAGE: Final = 200

Reason = Annotated[
    str,
    Field(
        min_length=3,
        max_length=2_000,
        pattern=r"\S",
        description="Why, in words that another person understands.",
        examples=["The client came with the seller and the contract."],
    ),
]
Ground = Annotated[
    str | None,
    Field(
        min_length=1,
        max_length=500,
        description="What it rests on: an article, a decree, the number of a document.",
        examples=["Order 12-7 of 20.03.2026"],
    ),
]

Amount = Annotated[
    int, Field(gt=0, le=MAX_AMOUNT_MINOR, description="In minor units of the currency.", examples=[1_500_000])
]


class ActIn(BaseModel):
    """What every act says: no bare buttons."""

    model_config = STRICT

    reason: Reason
    ground: Ground = None


def cursor_of(place: Place) -> str:
    """Return a place in a list as callers carry it to the next page.

    >>> place_of(cursor_of(Place(None, "x"))) == Place(None, "x")
    True
    """
    due = "" if place.due_at is None else str(micros(place.due_at))
    return urlsafe_b64encode(f"{due}:{place.life_id}".encode()).decode().rstrip("=")


def place_of(cursor: str) -> Place:
    """Return the place that a cursor names; raise InvalidValue for what was never given out."""
    try:
        due, _, life_id = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(":")
        place = Place(None if due == "" else moment_of(int(due)), life_id)
    except (binascii.Error, ValueError, OverflowError):
        place = None
    if place is None or cursor_of(place) != cursor:
        raise InvalidValue("cursor", "is not one of this list", cursor)
    return place
