"""Pages of lists of lives: a cursor names where the page before ended, not a number that moves under one's feet."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Final, TypeVar

from fastapi import Query

from antifraud.domain.center.life import Life
from antifraud.domain.center.people import Role
from antifraud.domain.errors import InvalidValue
from antifraud.domain.moment import micros, moment_of
from antifraud.workflow.center.ports import Place, Selection
from api.auth import Caller
from api.center import Center

MOST_ON_A_PAGE: Final = 200
L = TypeVar("L", bound=Life)

Cursor = Annotated[str | None, Query(max_length=120, description="`next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=MOST_ON_A_PAGE)]


def selection_of(caller: Caller, statuses: Collection[StrEnum], cursor: str | None, limit: int) -> Selection:
    """Return what the caller may see of lives in these states: an auditor all, others their organisation's."""
    return Selection(
        party=None if caller.role is Role.AUDITOR else caller.participant,
        statuses=[each.value for each in statuses],
        after=None if cursor is None else place_of(cursor),
        limit=limit,
    )


async def page_of(center: Center, kind: type[L], selection: Selection) -> tuple[Sequence[L], str | None]:
    """Return one page of lives, and the cursor of the next, None when this is the last."""
    one_more = replace(selection, limit=selection.limit + 1)
    found = await center.read(lambda page: page.selected(kind, one_more))
    shown = found[: selection.limit]
    return shown, cursor_of(Place(shown[-1].due_at, shown[-1].life_id)) if len(found) > len(shown) else None


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
