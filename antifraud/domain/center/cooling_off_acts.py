"""What can happen to the payout of an online loan."""

from dataclasses import dataclass
from enum import StrEnum

from antifraud.domain.center.act import Act


class LoanKind(StrEnum):
    """Who lends; the terms differ."""

    LOAN = "loan"  # of a bank
    MICROLOAN = "microloan"  # of a microfinance organisation


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced(Act):
    """The birth: a lender says that it is going to pay out an online loan."""

    lender: str
    loan_id: str
    person: str  # keyed hash of the IIN: all lenders' loans of one day are summed, and none learns of another's
    kind: LoanKind
    amount_minor: int
    currency: str
    hours: int  # the pause that the person's day demands, 0: none
    lapses_after_days: int
    policy_version: str  # whose numbers and MRP decided on the hours


@dataclass(frozen=True, slots=True, kw_only=True)
class Prolonged(Act):
    """Another loan of the same day made the sum larger: the pause is as long as that demands."""

    hours: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseEnded(Act):
    """The pause is over: from now on the client may confirm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed(Act):
    """The client, asked again after the pause, still wants the loan; `reason` says how that was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidOut(Act):
    """The lender lets the money go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn(Act):
    """The client, or the lender, does not want it any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapsed(Act):
    """It was not paid out in the set term, which for this is the same as withdrawn."""
