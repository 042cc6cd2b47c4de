"""Who may read an act, and how much of it: settled when it is written, so that what was told stays as it was told."""

from collections.abc import Mapping
from typing import Final

from antifraud.domain.center.incident import UNLED, Incident
from antifraud.domain.center.life import Life, Sight
from antifraud.domain.center.membership import Membership
from antifraud.domain.center.people import POLICE, Role

ANY_POLICE: Final = "*police"  # no participant can be called so
"""Reads the minimum of what waits for police to take the lead."""

MINIMUM: Final = frozenset(
    {
        *("bank", "what", "participant", "transfer_id", "currency", "basis"),  # whose money is held where, and why
        *("amount_minor", "still_minor", "sums"),
        *("until", "hours", "ends", "ended", "expires_at"),  # clocks
        *("key_id", "successor", "role", "roles", "scopes"),  # who may act: keys, and no people
    }
)
"""The fields of acts that a counterpart may see. What a new field says is nobody else's until its name stands here."""


def readers_of(before: Life | None, after: Life) -> Mapping[str, Sight]:
    """Return who may read the act between two states of a life: who leaves it by the act still reads that."""
    found: dict[str, Sight] = {}
    for life in (before, after):
        if life is not None:
            for each in life.parties:
                found[each] = max(_told(life, each), found.get(each, Sight.MINIMUM), key=lambda sight: sight.value)
    if waits_for_police(after):
        found[ANY_POLICE] = Sight.MINIMUM
    return found


def reads_as(participant: str, role: Role) -> frozenset[str] | None:
    """Return the names under which somebody reads acts; None for who reads all of them."""
    if role is Role.AUDITOR:
        return None
    return frozenset({participant, ANY_POLICE} if role in POLICE else {participant})


def waits_for_police(life: Life) -> bool:
    """Say whether it is an incident that nobody leads: any police may see the minimum and take the lead."""
    return isinstance(life, Incident) and UNLED in life.keys


def _told(life: Life, participant: str) -> Sight:
    """Return how much of an act a party is told: colleagues' sign-ins are for who administers, not for every feed."""
    return Sight.MINIMUM if isinstance(life, Membership) else life.seen_by(participant)
