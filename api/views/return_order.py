"""A return order as the API shows it, and what is said about one."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from antifraud.domain.center.people import Actor
from antifraud.domain.center.return_order import ReturnOrder, ReturnStatus
from api.schemas import Account, OpaqueId
from api.views.asking import ActIn, Amount
from api.views.life import LifeOut, Shown


class ReturnOut(LifeOut):
    """An order to give back a part of one hold, with the prosecutor's sanction."""

    status: ReturnStatus
    incident_id: str
    hold_id: str
    bank: Annotated[str, Field(description="Who holds and shall pay.")]
    police: str
    prosecution: str
    amount_minor: int
    currency: str
    to_account: Annotated[str, Field(description="The victim's.")]
    to_bank: str | None
    drafted_at: datetime
    waited: Annotated[bool, Field(description="The usual two working days passed without a sanction.")]
    sanction: Annotated[str | None, Field(description="The number of the prosecutor's document.")]
    payment: Annotated[str | None, Field(description="The bank's transfer by which the money went back.")]

    @classmethod
    def of(cls, order: ReturnOrder, _: Actor) -> Self:
        """Return an order: whoever may see it sees all of it."""
        birth = order.birth
        return cls(
            life_id=order.life_id,
            version=order.version,
            shown=Shown.WHOLE,
            due_at=order.due_at,
            status=order.status,
            incident_id=birth.incident_id,
            hold_id=birth.hold_id,
            bank=birth.bank,
            police=order.police,
            prosecution=birth.prosecution,
            amount_minor=order.amount_minor,
            currency=birth.currency,
            to_account=birth.to_account,
            to_bank=birth.to_bank,
            drafted_at=order.drafted_at,
            waited=order.waited,
            sanction=order.sanction,
            payment=order.payment,
        )


class ReturnPage(BaseModel):
    """One page of a list of return orders."""

    items: list[ReturnOut]
    next: Annotated[str | None, Field(description="Send it as `cursor` for the next page; null: this is the last.")]


class DraftIn(ActIn):
    """A return of a confirmed part of a hold; `ground` has the number of the investigator's decision."""

    hold_id: OpaqueId
    amount_minor: Amount
    prosecution: Annotated[OpaqueId, Field(description="The prosecution that is asked for the sanction.")]
    to_account: Annotated[Account | None, Field(description="Default: what the first transfer left.")] = None


class RedraftIn(ActIn):
    """A refused return, decided anew; `ground` has the number of the new decision."""

    amount_minor: Amount


class SanctionIn(ActIn):
    """The prosecutor's sanction."""

    document: Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S", description="Its number.")]


class ExecuteIn(ActIn):
    """The bank's payment to the victim."""

    payment: Annotated[OpaqueId, Field(description="The id of the transfer by which the money went back.")]
