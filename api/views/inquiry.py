"""An inquiry as the API shows it, and how a bank answers one."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from antifraud.domain.center.inquiry import Inquiry, InquiryStatus, Suspension
from antifraud.domain.center.people import Actor
from antifraud.domain.money import MAX_AMOUNT_MINOR
from api.schemas import OpaqueId
from api.views.asking import ActIn
from api.views.life import LifeOut, Shown


class InquiryOut(LifeOut):
    """One bank is asked about one account: how much of the stolen money it holds there."""

    status: InquiryStatus
    incident_id: str
    bank: str
    account: str
    police: str | None
    hop: Annotated[int, Field(description="By how many transfers the money came; 1: the victim's own.")]
    came_by: Annotated[str, Field(description="`participant/transfer_id` by which it came first.")]
    currency: str
    asked_minor: Annotated[
        int, Field(description="What is believed to be there still; 0: all of it went on, and nothing is owed.")
    ]
    arrived_minor: Annotated[int, Field(description="All of it that can have arrived.")]
    held_minor: Annotated[int, Field(description="What the bank said it held, over all its answers.")]
    hold_ids: list[str]
    suspension: Annotated[
        Suspension | None,
        Field(description="Of remote services, at the request of the police; null: not asked."),
    ]
    asked_at: datetime
    chased: bool
    overdue: bool

    @classmethod
    def of(cls, inquiry: Inquiry, _: Actor) -> Self:
        """Return an inquiry: whoever may see it sees all of it."""
        birth = inquiry.birth
        return cls(
            life_id=inquiry.life_id,
            version=inquiry.version,
            shown=Shown.WHOLE,
            due_at=inquiry.due_at,
            status=inquiry.status,
            incident_id=birth.incident_id,
            bank=birth.bank,
            account=birth.account,
            police=inquiry.police,
            hop=birth.hop,
            came_by="/".join(birth.came_by),
            currency=birth.currency,
            asked_minor=inquiry.asked_minor,
            arrived_minor=inquiry.arrived_minor,
            held_minor=inquiry.held_minor,
            hold_ids=list(inquiry.hold_ids),
            suspension=inquiry.suspension,
            asked_at=inquiry.asked_at,
            chased=inquiry.chased,
            overdue=inquiry.overdue,
        )


class InquiryPage(BaseModel):
    """One page of a list of inquiries."""

    items: list[InquiryOut]
    next: Annotated[str | None, Field(description="Send it as `cursor` for the next page; null: this is the last.")]


class SuspensionIn(ActIn):
    """What the bank did about remote services of the account."""

    suspended: Annotated[bool, Field(description="false: they go on, and `reason` should say why.")]


class AnswerIn(ActIn):
    """What the bank holds: newly, as a hold of funds that this begins, and by holds that it has already."""

    held_minor: Annotated[
        int, Field(ge=0, le=MAX_AMOUNT_MINOR, description="Held from now on, besides `hold_ids`; 0: nothing is there.")
    ]
    hold_ids: Annotated[tuple[OpaqueId, ...], Field(max_length=100, strict=False)] = ()
