"""What monitoring of social networks and sites found: an advert's account, a phone, a card, a wallet, a link."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from antifraud.domain.center.act import Act
from antifraud.domain.center.life import Sight, Step, Table, following, permit
from antifraud.domain.center.people import BANK, ENGINE, PLATFORM, POLICE
from antifraud.domain.errors import IllegalTransition, InvalidValue, NotPermitted


class IndicatorStatus(StrEnum):
    """Where an indicator stands."""

    ACTIVE = "active"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class IndicatorKind(StrEnum):
    """What was found."""

    ACCOUNT = "account"
    CARD = "card"
    WALLET = "wallet"
    PHONE = "phone"
    LINK = "link"  # of an advert, a channel or a site: no transfer names it, people do


@dataclass(frozen=True, slots=True, kw_only=True)
class Spotted(Act):
    """The birth of an indicator. `confidence` is the source's own, 0 to 1; `seen_at` when it was found."""

    kind: IndicatorKind
    ident: str  # as in `Listed`: what transfers are compared with
    source: str
    confidence: float
    fraud_type: str
    seen_at: datetime
    until: datetime
    link: str | None = None  # where it was seen


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenAgain(Act):
    """The same was found again: it lives longer, and no less surely."""

    confidence: float
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn(Act):
    """It was a mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RanOut(Act):
    """Nobody saw it again: it ended at `ended`."""

    ended: datetime


NEXT: Final[Table[IndicatorStatus]] = {
    (IndicatorStatus.ACTIVE, SeenAgain): Step(IndicatorStatus.ACTIVE, BANK | POLICE),
    (IndicatorStatus.ACTIVE, Withdrawn): Step(IndicatorStatus.WITHDRAWN, BANK | POLICE),
    (IndicatorStatus.ACTIVE, RanOut): Step(IndicatorStatus.EXPIRED, PLATFORM),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One thing that somebody saw used for fraud; it counts until `until`."""

    life_id: str
    version: int
    status: IndicatorStatus
    birth: Spotted
    confidence: float
    until: datetime

    @classmethod
    def begin(cls, life_id: str, act: Spotted) -> Self:
        """Return the indicator that an act begins."""
        permit(f"indicator {life_id}", act, BANK | POLICE)
        _check_confidence(act.confidence)
        if act.link is not None and not act.link.startswith(("http://", "https://")):
            raise InvalidValue("link", "begins with http:// or https://", act.link)
        if act.until <= act.at:
            raise InvalidValue("until", "an indicator ends later than it begins", act.until)
        return cls(
            life_id=life_id,
            version=1,
            status=IndicatorStatus.ACTIVE,
            birth=act,
            confidence=act.confidence,
            until=act.until,
        )

    def counts(self, at: datetime) -> bool:
        """Say whether it stands at that moment."""
        return self.status is IndicatorStatus.ACTIVE and at < self.until

    @property
    def due_at(self) -> datetime | None:
        """Return when it runs out."""
        return self.until if self.status is IndicatorStatus.ACTIVE else None

    @property
    def parties(self) -> frozenset[str]:
        """Return who found it."""
        return frozenset({self.birth.by.participant})

    @property
    def keys(self) -> frozenset[str]:
        """Return what was found, by anybody and by this participant."""
        found = f"{self.birth.kind}:{self.birth.ident}"
        return frozenset({found, f"{found} by {self.birth.by.participant}"})

    def seen_by(self, participant: str) -> Sight:
        """Say how much a participant sees: where it was found is for who found it."""
        return Sight.WHOLE if participant in self.parties else Sight.MINIMUM

    def apply(self, act: Act) -> Self:
        """Return the indicator after `act`, or refuse it."""
        name = f"indicator {self.life_id}"
        to = following(NEXT, name, self.status, act)
        if act.by.role not in PLATFORM and act.by.participant != self.birth.by.participant:
            raise NotPermitted(f"{name} was found by {self.birth.by.participant}")
        after = replace(self, status=to, version=self.version + 1)
        match act:
            case SeenAgain():
                _check_confidence(act.confidence)
                if act.at >= self.until:
                    raise IllegalTransition(f"{name} ran out at {self.until.isoformat()}")
                longer, surer = max(self.until, act.until), max(self.confidence, act.confidence)
                return replace(after, until=longer, confidence=surer)
            case RanOut() if act.at < self.until:
                raise IllegalTransition(f"{name} still stands")
            case _:
                return after

    def due(self, now: datetime) -> Act | None:
        """Return its end if that is due at `now`."""
        if self.due_at is None or self.due_at > now:
            return None
        return RanOut(by=ENGINE, at=now, ended=self.until)


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence <= 1:
        raise InvalidValue("confidence", "must be above 0 and at most 1", confidence)
