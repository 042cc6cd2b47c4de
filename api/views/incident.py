"""An incident as the API shows it, and what may be said about one."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from antifraud.domain.center.incident import Incident
from antifraud.domain.center.incident_acts import ConfirmedPart, IncidentSource
from antifraud.domain.center.incident_steps import IncidentStatus
from antifraud.domain.center.life import Sight
from antifraud.domain.center.passage import Passage
from antifraud.domain.center.people import Actor
from antifraud.domain.typology import FraudType
from antifraud.workflow.center.seeing import sight_of
from api.schemas import OpaqueId
from api.views.asking import STRICT, ActIn, Amount
from api.views.life import LifeOut, Shown


class PassageOut(BaseModel):
    """A transfer of an incident or of a trace."""

    participant: Annotated[str, Field(description="Whose transfer it is, with `transfer_id`.")]
    transfer_id: str
    end_to_end_id: str | None
    payer: str
    payee: str
    payer_bank: str | None
    payee_bank: str | None
    amount_minor: int
    currency: str
    at: datetime

    @classmethod
    def of(cls, passage: Passage) -> Self:
        """Return it as it is shown."""
        return cls(
            participant=passage.participant,
            transfer_id=passage.transfer_id,
            end_to_end_id=passage.end_to_end_id,
            payer=passage.payer,
            payee=passage.payee,
            payer_bank=passage.payer_bank or passage.participant,
            payee_bank=passage.payee_bank,
            amount_minor=passage.amount_minor,
            currency=passage.currency,
            at=passage.at,
        )


class SumsOut(BaseModel):
    """What the holds and orders of an incident add up to, in minor units of its currency."""

    claimed_minor: Annotated[int, Field(description="What the victim's transfers add up to.")]
    held_minor: int
    released_minor: int
    refused_minor: Annotated[int, Field(description="Instructions that were not carried out.")]
    ordered_minor: Annotated[int, Field(description="Returns that are drafted, sanctioned or paid.")]
    returned_minor: int
    came_back_minor: Annotated[int, Field(description="What came back to the victim by itself.")]
    returnable_minor: Annotated[int, Field(description="The most that all returns together may be.")]

    @classmethod
    def of(cls, incident: Incident) -> Self:
        """Return the sums as they are shown."""
        sums = incident.sums
        return cls(
            claimed_minor=incident.claimed_minor,
            held_minor=sums.held_minor,
            released_minor=sums.released_minor,
            refused_minor=sums.refused_minor,
            ordered_minor=sums.ordered_minor,
            returned_minor=sums.returned_minor,
            came_back_minor=incident.came_back_minor,
            returnable_minor=incident.returnable_minor,
        )


class PartOut(BaseModel):
    """So much of a hold was confirmed as the victim's money."""

    hold_id: str
    amount_minor: int


class IncidentOut(LifeOut):
    """A fraud with its victim's transfers. A bank that is only asked sees the minimum, and its inquiries."""

    status: IncidentStatus
    fraud_type: FraudType
    currency: str
    opened_at: datetime
    police: Annotated[str | None, Field(description="Who leads; null: police are wanted.")]
    source: IncidentSource | None
    opened_by: str | None
    parent_incident: Annotated[str | None, Field(description="An ended one about the same transfers.")]
    transfers: list[PassageOut] | None
    complainants: list[str] | None
    banks: Annotated[list[str] | None, Field(description="Who is asked about accounts.")]
    prosecutions: list[str] | None
    sums: SumsOut | None
    confirmed: list[PartOut] | None
    traced_at: datetime | None

    @classmethod
    def of(cls, incident: Incident, actor: Actor) -> Self:
        """Return what the actor may see of an incident that `seen` gave out."""
        whole = sight_of(incident, actor) is Sight.WHOLE
        birth = incident.birth
        parts = [PartOut(hold_id=each.hold_id, amount_minor=each.amount_minor) for each in incident.confirmed]
        return cls(
            life_id=incident.life_id,
            version=incident.version,
            shown=Shown.WHOLE if whole else Shown.MINIMUM,
            due_at=incident.due_at if whole else None,
            status=incident.status,
            fraud_type=birth.fraud_type,
            currency=incident.currency,
            opened_at=birth.at,
            police=incident.police,
            source=birth.source if whole else None,
            opened_by=birth.by.participant if whole else None,
            parent_incident=birth.parent_incident if whole else None,
            transfers=[PassageOut.of(each) for each in incident.transfers] if whole else None,
            complainants=list(incident.complainants) if whole else None,
            banks=list(incident.banks) if whole else None,
            prosecutions=list(incident.prosecutions) if whole else None,
            sums=SumsOut.of(incident) if whole else None,
            confirmed=parts if whole else None,
            traced_at=incident.traced_at if whole else None,
        )


class IncidentPage(BaseModel):
    """One page of a list of incidents."""

    items: list[IncidentOut]
    next: Annotated[str | None, Field(description="Send it as `cursor` for the next page; null: this is the last.")]


class TransferRefIn(BaseModel):
    """One of the victim's transfers, as it was sent for a decision."""

    model_config = STRICT

    transfer_id: OpaqueId
    participant: Annotated[OpaqueId | None, Field(description="Whose transfer it is; default: the caller's.")] = None


class IncidentIn(ActIn):
    """A fraud. The same transfers again, or the same `end_to_end_id`, are one incident."""

    source: Annotated[IncidentSource, Field(strict=False, description="police opens as `police`, banks as others.")]
    fraud_type: Annotated[FraudType, Field(strict=False)]
    transfers: Annotated[list[TransferRefIn], Field(min_length=1, max_length=100)]


class HandOverIn(ActIn):
    """Who shall lead from now on."""

    police: OpaqueId


class PartIn(BaseModel):
    """So much of a hold is the victim's money."""

    model_config = STRICT

    hold_id: OpaqueId
    amount_minor: Amount

    @property
    def part(self) -> ConfirmedPart:
        """Return it as the domain takes it."""
        return ConfirmedPart(hold_id=self.hold_id, amount_minor=self.amount_minor)


class ConfirmIn(ActIn):
    """The decision that it was fraud; `ground` has its number. What is held and not named here is released."""

    parts: Annotated[tuple[PartIn, ...], Field(max_length=200, strict=False)] = ()
