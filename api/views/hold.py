"""A hold as the API shows it."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from antifraud.domain.center.basis import Basis, BasisKind
from antifraud.domain.center.hold import Hold, HoldStatus
from antifraud.domain.center.hold_acts import (
    ClientSays,
    EscalatedTo,
    HeldWhat,
    RefusalGround,
    ReleaseGround,
    ReleaseProposed,
)
from antifraud.domain.center.life import Sight
from antifraud.domain.center.people import Actor
from antifraud.domain.typology import FraudType
from antifraud.workflow.center.seeing import sight_of
from api.schemas import Account, Currency, Moment, OpaqueId
from api.views.asking import ActIn, Amount
from api.views.life import LifeOut, Shown

Document = Annotated[str | None, Field(min_length=1, max_length=500, description="The order it rests on.")]


class BasisOut(BaseModel):
    """One ground for holding, with its clock."""

    kind: BasisKind
    since: datetime
    until: Annotated[datetime | None, Field(description="When it ends by itself; null: only when it is lifted.")]
    ended_at: Annotated[datetime | None, Field(description="When it was taken back.")]
    document: str | None

    @classmethod
    def of(cls, basis: Basis, *, whole: bool) -> Self:
        """Return what may be shown of a basis: its document is for those who see the whole."""
        return cls(
            kind=basis.kind,
            since=basis.since,
            until=basis.until,
            ended_at=basis.ended_at,
            document=basis.document if whole else None,
        )


class ProposalOut(BaseModel):
    """A release that waits for the second signature."""

    amount_minor: int
    because: ReleaseGround
    by: str
    at: datetime
    reason: str | None

    @classmethod
    def of(cls, proposal: ReleaseProposed | None) -> Self | None:
        """Return it as it is shown, None when nothing waits."""
        if proposal is None:
            return None
        return cls(
            amount_minor=proposal.amount_minor,
            because=proposal.because,
            by=proposal.by.person,
            at=proposal.at,
            reason=proposal.reason,
        )


class HoldOut(LifeOut):
    """Money that waits for a person. `amount_minor` is held + released + refused + returned, always."""

    status: HoldStatus
    bank: Annotated[str, Field(description="Who holds.")]
    what: HeldWhat
    participant: Annotated[str, Field(description="Whose transfer it is about, with `transfer_id`.")]
    transfer_id: str
    currency: str
    amount_minor: int
    held_minor: int
    released_minor: int
    refused_minor: int
    returned_minor: int
    begun_at: datetime
    free_at: Annotated[datetime | None, Field(description="When the money is free by itself; null: not by itself.")]
    bases: list[BasisOut]
    overdue: bool
    account: str | None
    score: float | None
    fraud_type: str | None
    safe_account: Annotated[bool | None, Field(description="Looks like a call from a false bank or police.")]
    assignee: Annotated[str | None, Field(description="Who works on it, by sign-in name.")]
    escalated: Annotated[EscalatedTo | None, Field(description="Who was asked last to go on with it.")]
    client: Annotated[ClientSays | None, Field(description="What the client answered last.")]
    incident_id: str | None
    proposal: ProposalOut | None

    @classmethod
    def of(cls, hold: Hold, actor: Actor) -> Self:
        """Return what the actor may see of a hold that `seen` gave out."""
        whole = sight_of(hold, actor) is Sight.WHOLE
        birth = hold.birth
        return cls(
            life_id=hold.life_id,
            version=hold.version,
            shown=Shown.WHOLE if whole else Shown.MINIMUM,
            due_at=hold.due_at,
            status=hold.status,
            bank=birth.bank,
            what=birth.what,
            participant=birth.participant,
            transfer_id=birth.transfer_id,
            currency=birth.currency,
            amount_minor=birth.amount_minor,
            held_minor=hold.held_minor,
            released_minor=hold.released_minor,
            refused_minor=hold.refused_minor,
            returned_minor=hold.returned_minor,
            begun_at=birth.at,
            free_at=hold.free_at,
            bases=[BasisOut.of(basis, whole=whole) for basis in hold.bases],
            overdue=hold.overdue,
            account=birth.account if whole else None,
            score=birth.score if whole else None,
            fraud_type=birth.fraud_type if whole else None,
            safe_account=birth.safe_account if whole else None,
            assignee=hold.assignee if whole else None,
            escalated=hold.escalated if whole else None,
            client=hold.client if whole else None,
            incident_id=hold.incident_id,
            proposal=ProposalOut.of(hold.proposal) if whole else None,
        )


class HoldPage(BaseModel):
    """One page of a list of holds."""

    items: list[HoldOut]
    next: Annotated[str | None, Field(description="Send it as `cursor` for the next page; null: this is the last.")]


class HoldIn(ActIn):
    """Money that a person of the bank holds."""

    what: Annotated[HeldWhat, Field(strict=False, description="instruction: not carried out yet; funds: arrived.")]
    participant: Annotated[OpaqueId | None, Field(description="Whose transfer it is; default: the caller's.")] = None
    transfer_id: OpaqueId
    account: Annotated[Account, Field(description="Where the money is.", examples=["KZ86125KZT5004100100"])]
    amount_minor: Amount
    currency: Currency
    basis: Annotated[BasisKind, Field(strict=False)] = BasisKind.BANK_SUSPICION
    document: Document = None
    until: Annotated[Moment | None, Field(description="Of a police order only.")] = None
    fraud_type: OpaqueId | None = None
    safe_account: bool = False


class ReleaseIn(ActIn):
    """A release, of all that is held unless an amount is named."""

    because: Annotated[ReleaseGround, Field(strict=False)]
    amount_minor: Amount | None = None


class RefuseIn(ActIn):
    """A refusal; only `fraud` is learnt as a label."""

    because: Annotated[RefusalGround, Field(strict=False)]


class BasisIn(ActIn):
    """A further basis."""

    basis: Annotated[BasisKind, Field(strict=False)]
    document: Document = None
    until: Annotated[Moment | None, Field(description="Of a police order only.")] = None


class BasisEndIn(ActIn):
    """A basis that is taken back, with its document where there are several of a kind."""

    basis: Annotated[BasisKind, Field(strict=False)]
    document: Document = None


class ClientAnswerIn(ActIn):
    """What the client said, and in `reason` how it was asked."""

    says: Annotated[ClientSays, Field(strict=False)]


class AssignIn(ActIn):
    """Who works on it from now on."""

    to: Annotated[OpaqueId | None, Field(description="A sign-in name of the bank; null: nobody.")] = None


class EscalateIn(ActIn):
    """Who is asked to go on with it."""

    whom: Annotated[EscalatedTo, Field(strict=False)]
    fraud_type: Annotated[FraudType | None, Field(strict=False, description="Of the incident, for the police.")] = None


class UsableOut(BaseModel):
    """What an account with held money may still spend on living, in minor units of the base currency."""

    account: str
    held_minor: Annotated[dict[str, int], Field(description="What is held of it by the caller's bank, by currency.")]
    inflow_minor: Annotated[int, Field(description="What came in as social payments within the window.")]
    spent_minor: Annotated[int, Field(description="What of that went out for living.")]
    usable_minor: int
    since: datetime
    purposes: Annotated[list[str], Field(description="For what (KNP): taxes, utilities, loans.")]
    policy_version: str
