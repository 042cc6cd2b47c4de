"""Entries of lists, and indicators, as the API shows them."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from antifraud.domain.center.identifiers import IdentifierKind
from antifraud.domain.center.indicator import Indicator, IndicatorKind, IndicatorStatus
from antifraud.domain.center.life import Sight
from antifraud.domain.center.listing import Listing, ListingStatus, Shade
from antifraud.domain.center.people import Actor
from antifraud.workflow.center.seeing import sight_of
from api.views.life import LifeOut, Shown


class AppealOut(BaseModel):
    """An appeal that waits for the police."""

    words: str
    by: Annotated[str, Field(description="The participant that carries it.")]
    at: datetime
    answer_by: datetime


class ListingOut(LifeOut):
    """An entry of the grey or black list. That somebody is listed is for all, why is for those who decide."""

    status: ListingStatus
    shade: Annotated[Shade | None, Field(description="How it counts now; null: for nothing.")]
    kind: IdentifierKind
    ident: Annotated[str | None, Field(description="As transfers are compared with it; persons and phones hashed.")]
    since: datetime
    until: Annotated[datetime | None, Field(description="When a grey entry lapses.")]
    listed_by: str
    fraud_type: str | None
    ground: str | None
    reason: str | None
    document: Annotated[str | None, Field(description="The decision it stands on, or was lifted by.")]
    police: Annotated[str | None, Field(description="Who decides about it.")]
    incident_id: str | None
    appeal: AppealOut | None
    appeals_lost: int | None

    @classmethod
    def of(cls, listing: Listing, actor: Actor, now: datetime) -> Self:
        """Return what an actor may see of an entry."""
        whole = sight_of(listing, actor) is Sight.WHOLE
        birth, appeal = listing.birth, listing.appeal
        return cls(
            life_id=listing.life_id,
            version=listing.version,
            shown=Shown.WHOLE if whole else Shown.MINIMUM,
            due_at=listing.due_at if whole else None,
            status=listing.status,
            shade=listing.shade(now),
            kind=birth.subject,
            ident=birth.ident if whole else None,
            since=birth.at,
            until=listing.until,
            listed_by=birth.by.participant,
            police=listing.police,
            fraud_type=birth.fraud_type if whole else None,
            ground=birth.ground if whole else None,
            reason=birth.reason if whole else None,
            document=listing.document if whole else None,
            incident_id=birth.incident_id if whole else None,
            appeal=None
            if appeal is None or not whole
            else AppealOut(words=appeal.words, by=appeal.by.participant, at=appeal.at, answer_by=appeal.answer_by),
            appeals_lost=listing.appeals_lost if whole else None,
        )


class ListingsOut(BaseModel):
    """All entries about one person, account or thing, those that have ended too; oldest first."""

    entries: list[ListingOut]


class IndicatorOut(LifeOut):
    """What monitoring found."""

    status: IndicatorStatus
    kind: IndicatorKind
    ident: str
    source: str | None
    confidence: float
    fraud_type: str
    seen_at: datetime
    until: datetime
    link: str | None

    @classmethod
    def of(cls, indicator: Indicator, actor: Actor) -> Self:
        """Return what an actor may see of an indicator: where it was found is for who found it."""
        whole = sight_of(indicator, actor) is Sight.WHOLE
        birth = indicator.birth
        return cls(
            life_id=indicator.life_id,
            version=indicator.version,
            shown=Shown.WHOLE if whole else Shown.MINIMUM,
            due_at=indicator.due_at,
            status=indicator.status,
            kind=birth.kind,
            ident=birth.ident,
            source=birth.source if whole else None,
            confidence=indicator.confidence,
            fraud_type=birth.fraud_type,
            seen_at=birth.seen_at,
            until=indicator.until,
            link=birth.link if whole else None,
        )
