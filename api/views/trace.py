"""Where an incident's money went, as the API shows it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from antifraud.domain.center.inquiry import InquiryStatus, Suspension
from antifraud.domain.center.mixing import MixingRule
from antifraud.domain.center.trace import Cut, Hop, Trace
from antifraud.workflow.center.stopping import Stoppable
from api.views.incident import PassageOut


class HopOut(BaseModel):
    """A transfer that carried some of the stolen money."""

    transfer: PassageOut
    number: Annotated[int, Field(description="1: the victim's own transfer.")]
    tainted_minor: Annotated[int, Field(description="How much of it was stolen money, by the rule.")]

    @classmethod
    def of(cls, hop: Hop) -> Self:
        """Return it as it is shown."""
        return cls(transfer=PassageOut.of(hop.passage), number=hop.number, tainted_minor=hop.tainted_minor)


class ReachedOut(BaseModel):
    """An account that stolen money reached, and what can still be done there."""

    account: str
    bank: Annotated[str | None, Field(description="null: no bank is known, people must find it.")]
    hop: int
    since: datetime
    last: datetime
    arrived_minor: Annotated[int, Field(description="Stolen money that arrived.")]
    passed_on_minor: Annotated[int, Field(description="Stolen money that left again.")]
    still_minor: Annotated[int, Field(description="Stolen money believed to be there.")]
    share_ppm: Annotated[int, Field(description="Its part of all that is believed to be there, in millionths.")]
    cut: Annotated[Cut | None, Field(description="Why it was not followed further; null: it was.")]
    held_minor: Annotated[int, Field(description="What is held there for this incident.")]
    inquiry_id: str | None
    inquiry: InquiryStatus | None
    hold_minor: Annotated[int, Field(description="Proposed: what could still be held there.")]
    suspension: Annotated[Suspension | None, Field(description="What became of that request; null: nobody asked.")]
    suspend: Annotated[bool, Field(description="Proposed: that the bank suspends remote services of this account.")]

    @classmethod
    def of(cls, each: Stoppable) -> Self:
        """Return it as it is shown."""
        reached, inquiry = each.reached, each.inquiry
        return cls(
            account=reached.account,
            bank=reached.bank,
            hop=reached.hop,
            since=reached.since,
            last=reached.last,
            arrived_minor=reached.tainted_in_minor,
            passed_on_minor=reached.tainted_out_minor,
            still_minor=reached.still_minor,
            share_ppm=reached.share_ppm,
            cut=reached.cut,
            held_minor=each.held_minor,
            inquiry_id=None if inquiry is None else inquiry.life_id,
            inquiry=None if inquiry is None else inquiry.status,
            hold_minor=each.hold_minor,
            suspension=None if inquiry is None else inquiry.suspension,
            suspend=each.suspend,
        )


class TraceOut(BaseModel):
    """Stolen = what is still on accounts + what came back, always."""

    rule: Annotated[MixingRule, Field(description="How stolen money is told from other money on an account.")]
    until: datetime
    currency: str
    stolen_minor: int
    came_back_minor: int
    accounts: Annotated[list[ReachedOut], Field(description="Where most can still be held in front.")]
    hops: Annotated[list[HopOut], Field(description="In the order of time.")]
    looked_at: Annotated[int, Field(description="Transfers that were looked at.")]

    @classmethod
    def of(cls, found: Trace, accounts: Sequence[Stoppable], rule: MixingRule, currency: str) -> Self:
        """Return a trace as it is shown."""
        return cls(
            rule=rule,
            until=found.until,
            currency=currency,
            stolen_minor=found.stolen_minor,
            came_back_minor=found.came_back_minor,
            accounts=[ReachedOut.of(each) for each in accounts],
            hops=[HopOut.of(each) for each in found.hops],
            looked_at=found.looked_at,
        )
