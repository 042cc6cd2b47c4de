"""What can happen to an incident."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from antifraud.domain.center.act import Act
from antifraud.domain.center.passage import Passage
from antifraud.domain.typology import FraudType


class IncidentSource(StrEnum):
    """How it became known."""

    COMPLAINT = "complaint"  # of the client, at a bank
    DETECTION = "detection"  # the bank's own
    POLICE = "police"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened(Act):
    """The birth of an incident."""

    source: IncidentSource
    fraud_type: FraudType
    transfers: tuple[Passage, ...]  # the victim's, all of one currency
    parent_incident: str | None = None  # an ended one about the same transfers


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedAgain(Act):
    """Who opened it said the same again, or named further transfers of the same victim."""

    transfers: tuple[Passage, ...] = ()  # the further ones


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintJoined(OpenedAgain):
    """Another participant complains of the same transfers."""

    source: IncidentSource


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintDropped(Act):
    """One of several complaints is taken back: the incident goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notified(Act):
    """The banks where the money is were told."""

    banks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyMoved(Act):
    """Money left accounts that stolen money had reached: where it went is looked at again at once."""

    accounts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceDue(Act):
    """It is time to look again where the money went."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced(Act):
    """The money was followed; sums are of the whole trace."""

    until: datetime
    rule: str
    accounts: int
    still_minor: int  # believed to be on accounts that were reached
    came_back_minor: int  # to the victim, by itself: paid returns left out


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadTaken(Act):
    """Police take the lead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver(Act):
    """The police that lead give it to others."""

    police: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewBegun(Act):
    """People look at what was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmedPart:
    """So much of a hold is the victim's money."""

    hold_id: str
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed(Act):
    """The police decide that it was fraud, and which parts of the holds are the victim's; `ground` has the number."""

    parts: tuple[ConfirmedPart, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied(Act):
    """It was no fraud."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn(Act):
    """The last complaint is taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed(Act):
    """Nothing is left to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What the holds and the binding orders of an incident add up to, in minor units."""

    held_minor: int = 0
    released_minor: int = 0
    refused_minor: int = 0  # instructions that were not carried out
    returned_minor: int = 0
    ordered_minor: int = 0  # returns that are drafted, sanctioned or paid


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted(Act):
    """The sums after something happened to a hold, an inquiry or an order; its kinds say where that leads."""

    sums: Sums


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldInFull(Counted):
    """All that the victim lost is held, or never left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldInPart(Counted):
    """Some of it is held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingHeld(Counted):
    """All banks answered, and nothing of it was there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RanOut(Counted):
    """Nothing is held any more, and a clock ended some of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetGo(Counted):
    """Denied or withdrawn: nothing is held any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SanctionAsked(Act):
    """A prosecution is asked for a sanction: from now on it sees the incident."""

    prosecution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnDrafted(Counted):
    """A return waits for its sanction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnSanctioned(Counted):
    """All returns that wait are sanctioned, and one is not paid yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnRefused(Counted):
    """A return was refused a sanction and waits for a better draft."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnsEnded(Counted):
    """No return is under way, and money is still held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllReturned(Counted):
    """All that was held of it and confirmed went back."""
