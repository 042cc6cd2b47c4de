"""Which police and prosecutions there are to choose from."""

from collections.abc import Sequence
from dataclasses import dataclass

from antifraud.domain.center.people import ParticipantKind
from api.engine import Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Offices:
    """Their names as participants, in order."""

    police: Sequence[str]
    prosecutions: Sequence[str]


async def offices_of(engine: Engine) -> Offices:
    """Return those that take part now."""
    known = await engine.identity.keys.participants()

    def of(kind: ParticipantKind) -> list[str]:
        return sorted(each.participant for each in known if each.kind is kind)

    return Offices(police=of(ParticipantKind.POLICE), prosecutions=of(ParticipantKind.PROSECUTION))
