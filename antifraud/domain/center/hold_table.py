"""The states of a hold, and the literal table of what may happen in each."""

from enum import StrEnum
from typing import Final

from antifraud.domain.center.act import Act
from antifraud.domain.center.hold_acts import (
    Assigned,
    BasisAdded,
    BasisEnded,
    ClientAnswered,
    Countersigned,
    Declined,
    Escalated,
    Expired,
    JoinedIncident,
    Noted,
    Overdue,
    Refused,
    Released,
    ReleaseProposed,
    Returned,
    Warned,
)
from antifraud.domain.center.life import Step, Table
from antifraud.domain.center.people import BANK, PLATFORM, POLICE, Role

_OFFICER: Final = frozenset({Role.BANK_OFFICER})


class HoldStatus(StrEnum):
    """Where a hold stands."""

    HELD = "held"
    RELEASE_PROPOSED = "release_proposed"  # waits for the second signature
    RELEASED = "released"
    REFUSED = "refused"  # the instruction was not carried out: the money stays with the payer
    RETURNED = "returned"  # to whom it was taken from, by a sanctioned order
    EXPIRED = "expired"  # the last basis ended: released by the clock


OPEN: Final = frozenset({HoldStatus.HELD, HoldStatus.RELEASE_PROPOSED})


def _steps(status: HoldStatus) -> dict[tuple[HoldStatus, type[Act]], Step[HoldStatus]]:
    """Return what may happen to every hold that is open; only the end of the money changes the status."""
    return {
        (status, BasisAdded): Step(status, BANK | POLICE | PLATFORM),
        (status, BasisEnded): Step(status, BANK | POLICE | PLATFORM),
        (status, JoinedIncident): Step(status, BANK | POLICE | PLATFORM),
        (status, ClientAnswered): Step(status, BANK),
        (status, Assigned): Step(status, BANK),
        (status, Noted): Step(status, BANK | POLICE),
        (status, Escalated): Step(status, BANK),
        (status, Warned): Step(status, PLATFORM),
        (status, Overdue): Step(status, PLATFORM),
        (status, Expired): Step(HoldStatus.EXPIRED, PLATFORM),
        (status, Returned): Step(HoldStatus.RETURNED, BANK),
        (status, Refused): Step(HoldStatus.REFUSED, BANK),
    }


NEXT: Final[Table[HoldStatus]] = {
    **_steps(HoldStatus.HELD),
    (HoldStatus.HELD, Released): Step(HoldStatus.RELEASED, BANK | PLATFORM),
    (HoldStatus.HELD, ReleaseProposed): Step(HoldStatus.RELEASE_PROPOSED, BANK),
    **_steps(HoldStatus.RELEASE_PROPOSED),
    (HoldStatus.RELEASE_PROPOSED, Countersigned): Step(HoldStatus.RELEASED, _OFFICER),
    (HoldStatus.RELEASE_PROPOSED, Released): Step(HoldStatus.RELEASED, PLATFORM),  # the incident ended meanwhile
    (HoldStatus.RELEASE_PROPOSED, Declined): Step(HoldStatus.HELD, _OFFICER),
}
