"""What can happen to an inquiry."""

from dataclasses import dataclass

from antifraud.domain.center.act import Act
from antifraud.domain.center.passage import Ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(Act):
    """The birth of an inquiry: a bank is told of stolen money on one of its accounts, asked to hold what is left."""

    incident_id: str
    bank: str
    account: str
    came_by: Ref  # the movement by which it came first
    hop: int
    currency: str
    asked_minor: int  # what is believed to be there still; of 0 nothing is owed
    arrived_minor: int  # all of it that can have arrived
    police: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedMore(Act):
    """The trace found more of it: both sums are the new whole."""

    asked_minor: int
    arrived_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chased(Act):
    """No answer yet: the bank is reminded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue(Act):
    """No answer within the hour: somebody must answer for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(Act):
    """What every answer says. More than can have arrived is held only for a reason that the bank gives."""

    held_minor: int = 0  # newly held for this answer, or already held and joined to it
    hold_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldAll(Answered):
    """All that was asked for is held now, or more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPart(Answered):
    """Less than was asked for is held now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundNothing(Answered):
    """Nothing of it is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspensionAsked(Act):
    """The police that lead ask the bank to suspend remote services of the account; the bank decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspensionAnswered(Act):
    """The bank says whether it suspended them."""

    suspended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended(Act):
    """The incident is over: nothing is asked any more."""
