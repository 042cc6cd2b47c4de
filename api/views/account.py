"""What is known about an account, as the API shows it."""

from datetime import date, datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from antifraud.domain.center.network import Network
from antifraud.domain.center.people import Actor
from antifraud.domain.center.profile import Profile
from antifraud.workflow.center.profiling import Dossier
from api.views.hold import HoldOut
from api.views.incident import IncidentOut
from api.views.inquiry import InquiryOut
from api.views.listing import IndicatorOut, ListingOut

_FROM_DOMAIN = ConfigDict(frozen=True, from_attributes=True)


class DayOut(BaseModel):
    """What came and went in one day of Almaty, in minor units of the base currency."""

    model_config = _FROM_DOMAIN

    day: date
    in_count: int
    in_minor: int
    out_count: int
    out_minor: int


class CounterpartyOut(BaseModel):
    """Somebody that money went to or came from."""

    model_config = _FROM_DOMAIN

    account: str
    bank: str | None
    in_count: int
    in_minor: int
    out_count: int
    out_minor: int
    first: datetime
    last: datetime


class ProfileOut(BaseModel):
    """How an account lived. Sums are minor units of the base currency."""

    in_minor: int
    out_minor: int
    payers: Annotated[int, Field(description="Distinct accounts that paid it.")]
    payees: int
    passed_on_minor: Annotated[int, Field(description="What had left again within 24 hours, first in first out.")]
    attempts: Annotated[int, Field(description="Transfers that were blocked, or are held: no money moved.")]
    first: datetime | None
    last: datetime | None
    days: Annotated[list[DayOut], Field(description="Those with movements, oldest first.")]
    counterparties: Annotated[list[CounterpartyOut], Field(description="Those that most money went between in front.")]
    more_counterparties: int

    @classmethod
    def of(cls, profile: Profile, most: int) -> Self:
        """Return it as it is shown, with up to `most` counterparties."""
        others = profile.counterparties
        return cls(
            in_minor=profile.in_minor,
            out_minor=profile.out_minor,
            payers=profile.payers,
            payees=profile.payees,
            passed_on_minor=profile.passed_on_minor,
            attempts=profile.attempts,
            first=profile.first,
            last=profile.last,
            days=[DayOut.model_validate(each) for each in profile.days],
            counterparties=[CounterpartyOut.model_validate(each) for each in others[:most]],
            more_counterparties=max(len(others) - most, 0),
        )


class StolenOut(BaseModel):
    """Stolen money that a trace believes to be there."""

    incident_id: str
    since: datetime
    still_minor: int
    share_ppm: Annotated[int, Field(description="Its part of all that is believed to be there, in millionths.")]


class AccountOut(BaseModel):
    """An account as the caller may see it: what is others' is left out without a trace."""

    account: str
    since: Annotated[datetime, Field(description="How far back its movements are read: the busier, the less far.")]
    profile: Annotated[ProfileOut | None, Field(description="null: even one day of it is too much to show.")]
    holds: list[HoldOut]
    incidents: list[IncidentOut]
    inquiries: list[InquiryOut]
    listings: list[ListingOut]
    indicators: list[IndicatorOut]
    stolen: list[StolenOut]

    @classmethod
    def of(cls, dossier: Dossier, actor: Actor, now: datetime, most: int) -> Self:
        """Return what the actor may see, with up to `most` counterparties."""
        return cls(
            account=dossier.account,
            since=dossier.since,
            profile=None if dossier.profile is None else ProfileOut.of(dossier.profile, most),
            holds=[HoldOut.of(each, actor) for each in dossier.holds],
            incidents=[IncidentOut.of(each, actor) for each in dossier.incidents],
            inquiries=[InquiryOut.of(each, actor) for each in dossier.inquiries],
            listings=[ListingOut.of(each, actor, now) for each in dossier.listings],
            indicators=[IndicatorOut.of(each, actor) for each in dossier.indicators],
            stolen=[
                StolenOut(
                    incident_id=each.birth.incident_id,
                    since=each.birth.since,
                    still_minor=each.still_minor,
                    share_ppm=each.share_ppm,
                )
                for each in dossier.taints
            ],
        )


class NodeOut(BaseModel):
    """An account of a network."""

    model_config = _FROM_DOMAIN

    account: str
    bank: str | None
    column: Annotated[int, Field(description="Hops along the money; 0: the one asked about, below: who paid it.")]
    share_ppm: Annotated[
        int | None,
        Field(description="Stolen part of all money there, in millionths; null: nothing that the caller may know."),
    ]


class LinkOut(BaseModel):
    """All that one account passed to another, in one currency."""

    model_config = _FROM_DOMAIN

    payer: str
    payee: str
    currency: str
    count: int
    amount_minor: int
    attempts: Annotated[int, Field(description="Blocked, or held: no money moved.")]
    first: datetime
    last: datetime


class NetworkOut(BaseModel):
    """Accounts, and what went between them."""

    accounts: list[NodeOut]
    links: list[LinkOut]
    left_out: Annotated[list[str], Field(description="Too busy to look behind, or more than fit.")]

    @classmethod
    def of(cls, network: Network) -> Self:
        """Return it as it is shown."""
        return cls(
            accounts=[NodeOut.model_validate(each) for each in network.accounts.values()],
            links=[LinkOut.model_validate(each) for each in network.links],
            left_out=sorted(network.left_out),
        )
