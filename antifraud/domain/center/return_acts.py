"""What can happen to a return order."""

from dataclasses import dataclass

from antifraud.domain.center.act import Act


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted(Act):
    """The birth of an order: the investigator's reasoned decision; `ground` has its number."""

    incident_id: str
    hold_id: str
    bank: str  # that holds and shall pay
    amount_minor: int
    currency: str
    to_account: str  # the victim's
    to_bank: str | None = None
    prosecution: str  # who is asked for the sanction


@dataclass(frozen=True, slots=True, kw_only=True)
class Waited(Act):
    """The usual term of the sanction passed without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sanctioned(Act):
    """The prosecutor sanctions the return; the bank has a day to pay."""

    document: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused(Act):
    """The prosecutor does not, and says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redrafted(Act):
    """The investigator decides anew after a refusal."""

    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed(Act):
    """The bank paid."""

    payment: str  # the bank's own transfer by which the money went back


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled(Act):
    """The investigator takes the order back, and says why; after the sanction only on a decision (`ground`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapsed(Act):
    """What it was about is not held any more."""
