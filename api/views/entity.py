"""A person, phone or device, and what a search found, as the API shows them."""

from datetime import datetime
from typing import Annotated, Final, Self
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

from antifraud.domain.center.identifiers import IdentifierKind
from antifraud.domain.center.indicator import Indicator
from antifraud.domain.center.listing import Listing
from antifraud.domain.center.lives import KIND_OF
from antifraud.domain.center.people import Actor
from antifraud.workflow.center.finding import Hit
from antifraud.workflow.center.sightings import Entity
from api.views.listing import IndicatorOut, ListingOut

PLACES: Final = {
    "hold": "holds",
    "incident": "incidents",
    "inquiry": "inquiries",
    "return_order": "returns",
    "listing": "lists",
}
"""Under which word a kind of life is read, by its id: in the API and in the console alike."""


class SightingOut(BaseModel):
    """An account that it was named with, as one participant told."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    account: str
    participant: Annotated[str, Field(description="Whose transfers said so.")]
    first_at: datetime
    last_at: Annotated[datetime, Field(description="Known to the hour.")]


class EntityOut(BaseModel):
    """Who or what was named with which accounts, as far as the caller may see."""

    kind: IdentifierKind
    ident: Annotated[str, Field(description="A device as transfers say it; persons and phones as their keyed hash.")]
    seen: Annotated[list[SightingOut], Field(description="The latest first.")]
    more: Annotated[bool, Field(description="There are more than are shown.")]
    listings: list[ListingOut]
    indicators: list[IndicatorOut]

    @classmethod
    def of(cls, entity: Entity, actor: Actor, now: datetime) -> Self:
        """Return it as it is shown."""
        return cls(
            kind=entity.kind,
            ident=entity.ident,
            seen=[SightingOut.model_validate(each) for each in entity.seen],
            more=entity.more,
            listings=[ListingOut.of(each, actor, now) for each in entity.lives if isinstance(each, Listing)],
            indicators=[IndicatorOut.of(each, actor) for each in entity.lives if isinstance(each, Indicator)],
        )


class HitOut(BaseModel):
    """Something that a search found."""

    why: Annotated[str, Field(description="What the text was taken for.", examples=["account"])]
    kind: Annotated[
        str, Field(description="`account`, `person`, `phone`, `device`, or a kind of life.", examples=["hold"])
    ]
    name: Annotated[str, Field(description="The account, the id of the life, or as `ident` of an entity.")]
    status: Annotated[str | None, Field(description="Of a life.")]
    path: Annotated[
        str | None, Field(description="Where it is read; null: nowhere by itself.", examples=["/v1/accounts/7f3a"])
    ]

    @classmethod
    def of(cls, hit: Hit) -> Self:
        """Return it as it is shown."""
        if hit.life is not None:
            kind, name = KIND_OF[type(hit.life)].name, hit.life.life_id
            path = f"/v1/{PLACES[kind]}/{name}" if kind in PLACES else None
            return cls(why=hit.why, kind=kind, name=name, status=hit.life.status.value, path=path)
        if hit.entity is not None:
            what, name = hit.entity
            path = f"/v1/entities/{what.value}/{quote(name, safe='')}"
            return cls(why=hit.why, kind=what.value, name=name, status=None, path=path)
        name = hit.account or ""
        return cls(why=hit.why, kind="account", name=name, status=None, path=f"/v1/accounts/{quote(name, safe='')}")


class HitsOut(BaseModel):
    """All that a text can mean, as far as the caller may see it."""

    items: list[HitOut]
