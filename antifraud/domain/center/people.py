"""Who takes part in the Center, and in which role a person or a machine acts."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from antifraud.domain.errors import InvalidValue


class ParticipantKind(StrEnum):
    """What an organisation is; it decides which roles its people may have."""

    BANK = "bank"
    PAYMENT_ORGANISATION = "payment_organisation"
    MOBILE_OPERATOR = "mobile_operator"
    CREDIT_BUREAU = "credit_bureau"
    POLICE = "police"
    PROSECUTION = "prosecution"
    OPERATOR = "operator"  # runs the exchange; decides nothing about anybody
    AUDITOR = "auditor"


class Role(StrEnum):
    """In which role an act is done."""

    BANK_ANALYST = "bank_analyst"
    BANK_OFFICER = "bank_officer"  # the second signature of a bank
    INVESTIGATOR = "investigator"
    PROSECUTOR = "prosecutor"
    TELECOM_DESK = "telecom_desk"
    BUREAU_FEED = "bureau_feed"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    PLATFORM = "platform"  # the engine itself, when a clock or a rule of this project demands an act


ROLES_OF: Final[Mapping[ParticipantKind, frozenset[Role]]] = {
    ParticipantKind.BANK: frozenset({Role.BANK_ANALYST, Role.BANK_OFFICER}),
    ParticipantKind.PAYMENT_ORGANISATION: frozenset({Role.BANK_ANALYST, Role.BANK_OFFICER}),
    ParticipantKind.MOBILE_OPERATOR: frozenset({Role.TELECOM_DESK}),
    ParticipantKind.CREDIT_BUREAU: frozenset({Role.BUREAU_FEED}),
    ParticipantKind.POLICE: frozenset({Role.INVESTIGATOR}),
    ParticipantKind.PROSECUTION: frozenset({Role.PROSECUTOR}),
    ParticipantKind.OPERATOR: frozenset({Role.OPERATOR}),
    ParticipantKind.AUDITOR: frozenset({Role.AUDITOR}),
}

USUAL_ROLE: Final[Mapping[ParticipantKind, Role]] = {
    ParticipantKind.BANK: Role.BANK_ANALYST,
    ParticipantKind.PAYMENT_ORGANISATION: Role.BANK_ANALYST,
    ParticipantKind.MOBILE_OPERATOR: Role.TELECOM_DESK,
    ParticipantKind.CREDIT_BUREAU: Role.BUREAU_FEED,
    ParticipantKind.POLICE: Role.INVESTIGATOR,
    ParticipantKind.PROSECUTION: Role.PROSECUTOR,
    ParticipantKind.OPERATOR: Role.OPERATOR,
    ParticipantKind.AUDITOR: Role.AUDITOR,
}
"""In which role a key acts that was asked for without one."""

BANK: Final = frozenset({Role.BANK_ANALYST, Role.BANK_OFFICER})
POLICE: Final = frozenset({Role.INVESTIGATOR})
PROSECUTION: Final = frozenset({Role.PROSECUTOR})
PLATFORM: Final = frozenset({Role.PLATFORM})
CHOOSERS: Final = frozenset({Role.BANK_OFFICER, Role.OPERATOR})
"""Who may sign second for model, thresholds and rules: whoever answers for the deployment, and no analyst."""

MEASURERS: Final = BANK | {Role.OPERATOR, Role.AUDITOR}
"""Who may see what decides and how it does: it shows nothing of any person."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person or a key of a participant, in one role.

    >>> Actor("bank-1", Role.BANK_ANALYST, "aliya").same_person(Actor("bank-1", Role.BANK_OFFICER, "Aliya "))
    True
    """

    participant: str
    role: Role
    person: str  # a sign-in name, or `key:<id>` for a machine

    def __post_init__(self) -> None:
        """Refuse an act by nobody."""
        for field, text in (("participant", self.participant), ("person", self.person)):
            if not text.strip():
                raise InvalidValue(field, "an act needs somebody who does it", text)

    def same_person(self, other: "Actor") -> bool:
        """Say whether two actors are one person, whatever the role: the second signature needs another one."""
        return (self.participant, _plain(self.person)) == (other.participant, _plain(other.person))


def _plain(name: str) -> str:
    return name.strip().casefold()


ENGINE: Final = Actor("center", Role.PLATFORM, "engine")
"""The platform when a clock moves something."""
