"""The states of an incident and the literal table of its steps."""

from enum import StrEnum
from typing import Final

from antifraud.domain.center import incident_acts as acts
from antifraud.domain.center.act import Act
from antifraud.domain.center.life import Step, Table
from antifraud.domain.center.people import BANK, PLATFORM, POLICE, Role


class IncidentStatus(StrEnum):
    """Where an incident stands."""

    OPENED = "opened"
    NOTIFIED = "notified"
    FUNDS_HELD = "funds_held"
    PARTIALLY_HELD = "partially_held"
    NO_FUNDS = "no_funds"  # all banks answered, and nothing is held
    UNDER_REVIEW = "under_review"
    EXPIRED = "expired"  # clocks let the money go before anybody decided
    CONFIRMED = "confirmed"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    RELEASED = "released"  # denied or withdrawn, and nothing is held any more
    RETURN_DRAFTED = "return_drafted"
    RETURN_SANCTIONED = "return_sanctioned"
    RETURN_REFUSED = "return_refused"
    RETURNED = "returned"
    CLOSED = "closed"


_S = IncidentStatus
ASKING: Final = (_S.NOTIFIED, _S.FUNDS_HELD, _S.PARTIALLY_HELD, _S.NO_FUNDS)
RETURNING: Final = (_S.CONFIRMED, _S.RETURN_DRAFTED, _S.RETURN_SANCTIONED, _S.RETURN_REFUSED)
DROPPED: Final = (_S.DENIED, _S.WITHDRAWN)
ENDED: Final = frozenset({*DROPPED, _S.RELEASED, _S.CLOSED})
SETTLED: Final = frozenset({_S.NO_FUNDS, _S.EXPIRED, _S.RELEASED, _S.RETURNED})
_UNDECIDED: Final = (_S.OPENED, *ASKING, _S.UNDER_REVIEW, _S.EXPIRED)
_TRACED: Final = (*_UNDECIDED, *RETURNING)
TRACED: Final = frozenset(_TRACED)
_CLAIMED: Final = (*_TRACED, _S.RETURNED)

_BANK_OR_POLICE: Final = BANK | POLICE
_Steps = dict[tuple[IncidentStatus, type[Act]], Step[IncidentStatus]]


def _stay(states: tuple[IncidentStatus, ...], roles: frozenset[Role], *kinds: type[Act]) -> _Steps:
    """Return that the acts leave each of the states as it is."""
    return {(state, act): Step(state, roles) for state in states for act in kinds}


def _lead(states: tuple[IncidentStatus, ...], roles: frozenset[Role], act: type[Act], to: IncidentStatus) -> _Steps:
    """Return that an act leads from each of the states to one."""
    return {(state, act): Step(to, roles) for state in states}


NEXT: Final[Table[IncidentStatus]] = {
    **_stay(_CLAIMED, _BANK_OR_POLICE, acts.OpenedAgain, acts.ComplaintJoined),
    **_stay(_CLAIMED, POLICE, acts.LeadTaken, acts.HandedOver),
    **_stay(_CLAIMED, PLATFORM, acts.Notified, acts.TraceDue, acts.Traced),
    **_stay(_TRACED, PLATFORM, acts.MoneyMoved),
    **_lead((_S.OPENED, _S.NO_FUNDS), PLATFORM, acts.Notified, _S.NOTIFIED),
    **_stay((*_CLAIMED, *DROPPED, _S.RELEASED), PLATFORM, acts.Counted),
    # What banks hold, as the platform sums it up.
    **_lead((*ASKING, _S.EXPIRED, _S.RETURNED), PLATFORM, acts.HeldInFull, _S.FUNDS_HELD),
    **_lead((*ASKING, _S.EXPIRED, _S.RETURNED), PLATFORM, acts.HeldInPart, _S.PARTIALLY_HELD),
    **_lead(ASKING, PLATFORM, acts.NothingHeld, _S.NO_FUNDS),
    **_lead((*ASKING, _S.UNDER_REVIEW), PLATFORM, acts.RanOut, _S.EXPIRED),
    # What people decide.
    **_lead((*ASKING, _S.EXPIRED), _BANK_OR_POLICE, acts.ReviewBegun, _S.UNDER_REVIEW),
    **_stay(_UNDECIDED, _BANK_OR_POLICE, acts.ComplaintDropped),
    **_lead(_UNDECIDED, _BANK_OR_POLICE, acts.Withdrawn, _S.WITHDRAWN),
    (_S.UNDER_REVIEW, acts.Denied): Step(_S.DENIED, _BANK_OR_POLICE),
    (_S.UNDER_REVIEW, acts.Confirmed): Step(_S.CONFIRMED, POLICE),
    **_stay(RETURNING, POLICE, acts.Confirmed),  # money that was held later
    **_lead(DROPPED, PLATFORM, acts.LetGo, _S.RELEASED),
    # How the money goes back.
    **_stay(RETURNING, PLATFORM, acts.SanctionAsked),
    **_lead(RETURNING, PLATFORM, acts.ReturnDrafted, _S.RETURN_DRAFTED),
    **_lead(RETURNING, PLATFORM, acts.ReturnSanctioned, _S.RETURN_SANCTIONED),
    **_lead(RETURNING, PLATFORM, acts.ReturnRefused, _S.RETURN_REFUSED),
    **_lead(RETURNING, PLATFORM, acts.ReturnsEnded, _S.CONFIRMED),
    **_lead(RETURNING, PLATFORM, acts.AllReturned, _S.RETURNED),
    **_lead((*SETTLED, _S.CONFIRMED), _BANK_OR_POLICE | PLATFORM, acts.Closed, _S.CLOSED),
}
