"""A webhook: where events are pushed, how its secrets are made, and how patient the platform is with it."""

import hmac
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

from antifraud.domain.center.act import Act
from antifraud.domain.center.audience import reads_as
from antifraud.domain.center.identifiers import usable_key
from antifraud.domain.center.life import Sight, Step, Table, following, permit
from antifraud.domain.center.people import PLATFORM, Role
from antifraud.domain.center.webhook_acts import Disabled, Enabled, GaveUp, Registered, Removed, SecretRotated
from antifraud.domain.errors import NotPermitted

_OWNERS: Final = frozenset(Role) - PLATFORM - {Role.AUDITOR}

RETRIES: Final = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
    timedelta(hours=8),
    timedelta(hours=12),
)
"""How long after each failure the same event is tried again; after the last it is given up, 28 hours on the whole."""

MOST_GIVEN_UP: Final = 3
"""Events given up in a row after which nobody is believed to be there any more."""


class WebhookStatus(StrEnum):
    """Where a webhook stands."""

    ACTIVE = "active"
    DISABLED = "disabled"
    REMOVED = "removed"


NEXT: Final[Table[WebhookStatus]] = {
    (WebhookStatus.ACTIVE, SecretRotated): Step(WebhookStatus.ACTIVE, _OWNERS),
    (WebhookStatus.ACTIVE, Disabled): Step(WebhookStatus.DISABLED, _OWNERS),
    (WebhookStatus.ACTIVE, GaveUp): Step(WebhookStatus.DISABLED, PLATFORM),
    (WebhookStatus.ACTIVE, Removed): Step(WebhookStatus.REMOVED, _OWNERS),
    (WebhookStatus.DISABLED, SecretRotated): Step(WebhookStatus.DISABLED, _OWNERS),
    (WebhookStatus.DISABLED, Enabled): Step(WebhookStatus.ACTIVE, _OWNERS),
    (WebhookStatus.DISABLED, Removed): Step(WebhookStatus.REMOVED, _OWNERS),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One address of one participant. `generation` counts its secrets."""

    life_id: str
    version: int
    status: WebhookStatus
    birth: Registered
    generation: int = 1
    old_secret_until: datetime | None = None

    @classmethod
    def begin(cls, life_id: str, act: Registered) -> Self:
        """Return the webhook that an act begins."""
        permit(f"webhook {life_id}", act, _OWNERS)
        return cls(life_id=life_id, version=1, status=WebhookStatus.ACTIVE, birth=act)

    @property
    def due_at(self) -> None:
        """Return None: deliveries have clocks of their own, which are no acts."""
        return

    @property
    def parties(self) -> frozenset[str]:
        """Return whose it is."""
        return frozenset({self.birth.by.participant})

    @property
    def keys(self) -> frozenset[str]:
        """Return whose it is."""
        return frozenset({f"participant:{self.birth.by.participant}"})

    @property
    def readers(self) -> frozenset[str]:
        """Return the names under which its events are read: those of who registered it."""
        return reads_as(self.birth.by.participant, self.birth.by.role) or frozenset()

    def seen_by(self, participant: str) -> Sight:
        """Say how much a participant sees: its own whole, of others nothing."""
        return Sight.WHOLE if participant in self.parties else Sight.NOTHING

    def generations(self, now: datetime) -> tuple[int, ...]:
        """Return which secrets sign at `now`, the newest first."""
        both = self.old_secret_until is not None and now < self.old_secret_until
        return (self.generation, self.generation - 1) if both else (self.generation,)

    def apply(self, act: Act) -> Self:
        """Return the webhook after `act`, or refuse it."""
        name = f"webhook {self.life_id}"
        to = following(NEXT, name, self.status, act)
        if act.by.role not in PLATFORM and act.by.participant != self.birth.by.participant:
            raise NotPermitted(f"{name} is not of {act.by.participant}")
        after = replace(self, status=to, version=self.version + 1)
        if isinstance(act, SecretRotated):
            return replace(after, generation=self.generation + 1, old_secret_until=act.until)
        return after

    def due(self, now: datetime) -> None:
        """Return None: nothing is ever due."""


def secret_of(webhook_id: str, generation: int, key: bytes) -> bytes:
    """Return a secret of a webhook: made of the engine's key, so that no database holds any.

    >>> key = b"a fictional key, 32 bytes long.."
    >>> len(secret_of("w1", 1, key)), secret_of("w1", 1, key) == secret_of("w1", 2, key)
    (32, False)
    """
    return hmac.digest(usable_key(key), f"webhook secret:{webhook_id}:{generation}".encode(), "sha256")


def patience(failures: int, chance: float) -> timedelta | None:
    """Return how long to wait after so many failures of one event, None to give it up; `chance` (0 to 1) spreads it.

    Many that failed together come back apart, a fifth earlier or later:

    >>> [patience(1, chance).total_seconds() for chance in (0.0, 0.5, 1.0)], patience(len(RETRIES) + 1, 0.5)
    ([4.0, 5.0, 6.0], None)
    """
    return None if failures > len(RETRIES) else RETRIES[failures - 1] * (0.8 + 0.4 * chance)
