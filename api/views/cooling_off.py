"""The payout of an online loan as the API shows it."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from antifraud.domain.center.cooling_off import CoolingOff, CoolingOffStatus
from antifraud.domain.center.cooling_off_acts import LoanKind
from antifraud.domain.center.people import Actor
from api.schemas import Currency, IinBin, OpaqueId
from api.views.asking import STRICT, Amount
from api.views.life import LifeOut, Shown


class CoolingOffIn(BaseModel):
    """An online loan that is going to be paid out."""

    model_config = STRICT

    loan_id: Annotated[OpaqueId, Field(description="The lender's own id of the loan, for ever.")]
    iin: Annotated[IinBin, Field(description="The borrower's; only a keyed hash of it is kept.")]
    kind: Annotated[LoanKind, Field(strict=False)]
    amount_minor: Amount
    currency: Currency


class CoolingOffOut(LifeOut):
    """A payout and its pause."""

    status: CoolingOffStatus
    lender: str
    loan_id: str
    kind: LoanKind
    amount_minor: int
    currency: str
    announced_at: datetime
    hours: Annotated[int, Field(description="The pause that the person's day demands; 0: none.")]
    over_at: Annotated[datetime, Field(description="From then on the client may confirm.")]
    confirmed_at: datetime | None
    lapses_at: Annotated[datetime, Field(description="What is not paid out before is announced anew.")]

    @classmethod
    def of(cls, life: CoolingOff, _: Actor) -> Self:
        """Return what a lender sees of its own payout that `seen` gave out."""
        return cls(
            life_id=life.life_id,
            version=life.version,
            shown=Shown.WHOLE,
            due_at=life.due_at,
            status=life.status,
            lender=life.birth.lender,
            loan_id=life.birth.loan_id,
            kind=life.birth.kind,
            amount_minor=life.birth.amount_minor,
            currency=life.birth.currency,
            announced_at=life.birth.at,
            hours=life.hours,
            over_at=life.over_at,
            confirmed_at=life.confirmed_at,
            lapses_at=life.lapses_at,
        )


class CoolingOffPage(BaseModel):
    """One page of a list of payouts."""

    items: list[CoolingOffOut]
    next: Annotated[str | None, Field(description="Send it as `cursor` for the next page; null: this is the last.")]
