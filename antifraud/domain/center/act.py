"""One step in a life: who did what, in which role, on which ground, when. Past participles name them."""

from dataclasses import dataclass
from datetime import datetime

from antifraud.domain.center.people import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What every act says. `at` is the engine's clock, aware UTC."""

    by: Actor
    at: datetime
    reason: str | None = None  # in the actor's own words
    ground: str | None = None  # what it rests on: an article, a decree, the number of a document


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked(Act):
    """Somebody was shown a person's data in whole: moves nothing, and is part of the audit like any act."""

    what: str  # kinds of lives, or `account`, `person`, `phone`, `device`
    keys: tuple[str, ...]  # their ids, account numbers, or as `device:...`, persons and phones by their hash


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadNoted(Act):
    """Other police lead the incident that this belongs to: from now on they may see it and act on it."""

    police: str
