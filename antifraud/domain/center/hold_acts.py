"""What can happen to a hold."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from antifraud.domain.center.act import Act
from antifraud.domain.center.basis import BasisKind


class HeldWhat(StrEnum):
    """What is stopped."""

    INSTRUCTION = "instruction"  # a transfer that was not executed yet, at the payer's bank
    FUNDS = "funds"  # money that arrived, at the payee's bank


class ReleaseGround(StrEnum):
    """Why a person lets money go."""

    PROVEN_HONEST = "proven_honest"  # documents, or the counterparty is known
    CLIENT_INSISTS = "client_insists"
    POLICE_DECISION = "police_decision"
    INCIDENT_ENDED = "incident_ended"  # denied or withdrawn


class RefusalGround(StrEnum):
    """Why an instruction is not carried out; only the first is a verdict about it."""

    FRAUD = "fraud"
    CLIENT_WITHDRAWS = "client_withdraws"  # the client does not want it any more
    NO_ANSWER = "no_answer"  # the client gave no proof and did not answer


class ClientSays(StrEnum):
    """What the client answers when the bank asks whether the instruction is its own will."""

    CONFIRMS = "confirms"
    DENIES = "denies"  # "that was not me", or "I was told to"
    UNSURE = "unsure"


class EscalatedTo(StrEnum):
    """Whom somebody asks to go on with a case."""

    OFFICER = "officer"  # the second pair of eyes of the same bank
    POLICE = "police"  # an incident is opened about the transfer in the same transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Held(Act):
    """The birth of a hold."""

    bank: str  # the participant that holds
    what: HeldWhat
    participant: str  # whose transfer it is about, and its id
    transfer_id: str
    account: str  # where the money is
    amount_minor: int
    currency: str
    basis: BasisKind
    document: str | None = None
    until: datetime | None = None
    score: float | None = None
    fraud_type: str | None = None
    safe_account: bool = False  # it looks like a call "from the bank or police": the payer may be led by somebody
    incident_id: str | None = None
    police: str | None = None  # who leads the incident
    second_signature_above: int | None = None  # minor units; a release above it needs an officer besides


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned(Act):
    """Somebody works on it from now on; None: nobody, it lies in the bank's queue again."""

    to: str | None = None  # a sign-in name


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted(Act):
    """Somebody wrote down, as the reason of this act, what others should know; it moves nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalated(Act):
    """Somebody asked another to go on with it; the clock goes on too."""

    whom: EscalatedTo


@dataclass(frozen=True, slots=True, kw_only=True)
class BasisAdded(Act):
    """The money is held on a further basis."""

    basis: BasisKind
    document: str | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BasisEnded(Act):
    """A basis was taken back; if it was the last in force, the clock lets the money go."""

    basis: BasisKind
    document: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Released(Act):
    """Money is let go."""

    amount_minor: int
    because: ReleaseGround


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseProposed(Act):
    """A release that needs a second signature; until then the money stays held."""

    amount_minor: int
    because: ReleaseGround


@dataclass(frozen=True, slots=True, kw_only=True)
class Countersigned(Act):
    """The second person agrees with the release that is proposed: the money is let go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined(Act):
    """The second person does not agree: the money stays held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused(Act):
    """The instruction is not carried out."""

    because: RefusalGround


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientAnswered(Act):
    """The client was asked and answered; by itself that lets nothing go."""

    says: ClientSays


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned(Act):
    """Money went back to whom it was taken from, by an order that a prosecutor sanctioned."""

    amount_minor: int
    order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedIncident(Act):
    """The hold belongs to an incident from now on; the police that lead it may see and bind the hold."""

    incident_id: str
    police: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned(Act):
    """The end is near: at most so many hours are left until `ends`."""

    hours: int
    ends: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue(Act):
    """A sanctioned return was not paid in its term; the money stays held and somebody must answer for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired(Act):
    """The last basis ended at `ended`: since then what was still held is free, whenever that was written down."""

    ended: datetime
