"""An entry of the grey or black list: who listed what, on which ground, until when, and how it was appealed.

Grey: suspected; it lapses unless the police confirm it in its term. Black: confirmed. The operator of the Center
can do none of this (National Bank, results of six months): the table has no step for it.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from antifraud.domain.center.act import Act
from antifraud.domain.center.life import Sight, Step, Table, following, permit, second_signature
from antifraud.domain.center.listing_acts import (
    Agreed,
    Appealed,
    AppealOverdue,
    Confirmed,
    Dropped,
    Kept,
    Lapsed,
    Listed,
    Removed,
)
from antifraud.domain.center.people import BANK, ENGINE, PLATFORM, POLICE, Role
from antifraud.domain.errors import IllegalTransition, InvalidValue, NotPermitted


class ListingStatus(StrEnum):
    """Where an entry stands."""

    PROPOSED = "proposed"
    GREY = "grey"
    BLACK = "black"
    GREY_APPEALED = "grey_appealed"
    BLACK_APPEALED = "black_appealed"
    DROPPED = "dropped"
    LAPSED = "lapsed"
    REMOVED = "removed"


class Shade(StrEnum):
    """How an entry looks to whoever compares transfers with it."""

    GREY = "grey"
    BLACK = "black"


_OFFICER: Final = frozenset({Role.BANK_OFFICER})
_SHADES: Final = {
    ListingStatus.GREY: Shade.GREY,
    ListingStatus.GREY_APPEALED: Shade.GREY,
    ListingStatus.BLACK: Shade.BLACK,
    ListingStatus.BLACK_APPEALED: Shade.BLACK,
}
_IN_TERM: Final = frozenset({ListingStatus.GREY, ListingStatus.GREY_APPEALED})
_ON_APPEAL: Final = frozenset({ListingStatus.GREY_APPEALED, ListingStatus.BLACK_APPEALED})

NEXT: Final[Table[ListingStatus]] = {
    (ListingStatus.PROPOSED, Agreed): Step(ListingStatus.GREY, _OFFICER),
    (ListingStatus.PROPOSED, Dropped): Step(ListingStatus.DROPPED, BANK),
    (ListingStatus.GREY, Confirmed): Step(ListingStatus.BLACK, POLICE),
    (ListingStatus.GREY, Removed): Step(ListingStatus.REMOVED, POLICE),
    (ListingStatus.GREY, Lapsed): Step(ListingStatus.LAPSED, PLATFORM),
    (ListingStatus.GREY, Appealed): Step(ListingStatus.GREY_APPEALED, BANK),
    (ListingStatus.BLACK, Removed): Step(ListingStatus.REMOVED, POLICE),
    (ListingStatus.BLACK, Appealed): Step(ListingStatus.BLACK_APPEALED, BANK),
    (ListingStatus.GREY_APPEALED, Confirmed): Step(ListingStatus.BLACK, POLICE),
    (ListingStatus.GREY_APPEALED, Kept): Step(ListingStatus.GREY, POLICE),
    (ListingStatus.GREY_APPEALED, Removed): Step(ListingStatus.REMOVED, POLICE),
    (ListingStatus.GREY_APPEALED, Lapsed): Step(ListingStatus.LAPSED, PLATFORM),
    (ListingStatus.GREY_APPEALED, AppealOverdue): Step(ListingStatus.GREY_APPEALED, PLATFORM),
    (ListingStatus.BLACK_APPEALED, Kept): Step(ListingStatus.BLACK, POLICE),
    (ListingStatus.BLACK_APPEALED, Removed): Step(ListingStatus.REMOVED, POLICE),
    (ListingStatus.BLACK_APPEALED, AppealOverdue): Step(ListingStatus.BLACK_APPEALED, PLATFORM),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One entry; an ident may have several, of several participants."""

    life_id: str
    version: int
    status: ListingStatus
    birth: Listed
    until: datetime | None = None  # when a grey entry lapses
    document: str | None = None  # the decision that it stands on, or was lifted by
    police: str | None = None  # whose decision
    appeal: Appealed | None = None  # the one that waits
    appeals_lost: int = 0
    overdue: bool = False

    @classmethod
    def begin(cls, life_id: str, act: Listed, *, until: datetime) -> Self:
        """Return the entry that an act begins: of a bank a proposal, of the police grey `until` then."""
        name = f"listing {life_id}"
        permit(name, act, BANK | POLICE)
        if not act.ident:
            raise InvalidValue("ident", "an entry is about something", act.ident)
        if not (act.ground or "").strip():
            raise InvalidValue("ground", "an entry names its legal basis", act.ground)
        if until <= act.at:
            raise InvalidValue("until", "an entry ends later than it begins", until)
        by_police = act.by.role in POLICE
        return cls(
            life_id=life_id,
            version=1,
            status=ListingStatus.GREY if by_police else ListingStatus.PROPOSED,
            birth=act,
            until=until if by_police else None,
            police=act.by.participant if by_police else None,
        )

    def shade(self, at: datetime) -> Shade | None:
        """Return how the entry counts at that moment: one that has lapsed counts for nothing, written down or not."""
        if self.status in _IN_TERM and self.until is not None and at >= self.until:
            return None
        return _SHADES.get(self.status)

    @property
    def due_at(self) -> datetime | None:
        """Return when the entry lapses, or when the answer to an appeal is late."""
        moments = [self.until] if self.status in _IN_TERM else []
        if self.status in _ON_APPEAL and self.appeal is not None and not self.overdue:
            moments.append(self.appeal.answer_by)
        return min((moment for moment in moments if moment is not None), default=None)

    @property
    def parties(self) -> frozenset[str]:
        """Return who listed, who decides, and who carried the appeal."""
        appealing = None if self.appeal is None else self.appeal.by.participant
        return frozenset(filter(None, (self.birth.by.participant, self.police, appealing)))

    @property
    def keys(self) -> frozenset[str]:
        """Return what it is about, and its incident."""
        incident = {f"incident:{self.birth.incident_id}"} if self.birth.incident_id else set()
        return frozenset({f"{self.birth.subject}:{self.birth.ident}"} | incident)

    def seen_by(self, participant: str) -> Sight:
        """Say how much a participant sees: that something is listed is for all, why is for those who decide."""
        return Sight.WHOLE if participant in self.parties else Sight.MINIMUM

    def apply(self, act: Act) -> Self:
        """Return the entry after `act`, or refuse it."""
        name = f"listing {self.life_id}"
        to = following(NEXT, name, self.status, act)
        if self.status in _IN_TERM and self.until is not None and act.at >= self.until and not isinstance(act, Lapsed):
            raise IllegalTransition(f"{name} lapsed at {self.until.isoformat()}: list anew on a new basis")
        return replace(self._after(name, act), status=to, version=self.version + 1)

    def due(self, now: datetime) -> Act | None:
        """Return the end of the term, or the alarm about an appeal, that is due at `now`."""
        if self.due_at is None or self.due_at > now:
            return None
        if self.status in _IN_TERM and self.until is not None and self.until <= now:
            return Lapsed(by=ENGINE, at=now, ended=self.until)
        return AppealOverdue(by=ENGINE, at=now)

    def _after(self, name: str, act: Act) -> Self:
        if act.by.role in POLICE and self.police not in (None, act.by.participant):
            raise NotPermitted(f"{name} is in the charge of {self.police}: {act.by.participant} cannot decide about it")
        match act:
            case Agreed():
                self._of_own_bank(name, act)
                second_signature(name, self.birth, act)
                if act.until <= act.at:
                    raise InvalidValue("until", "an entry ends later than it begins", act.until)
                return replace(self, until=act.until)
            case Dropped():
                self._of_own_bank(name, act)
                return self
            case Appealed():
                if not act.words.strip():
                    raise InvalidValue("words", "an appeal says why", act.words)
                return replace(self, appeal=act, overdue=False)
            case Kept():
                return replace(self._decided(act, act.document), appeal=None, appeals_lost=self.appeals_lost + 1)
            case Confirmed():
                return replace(self._decided(act, act.document), appeal=None, until=None)
            case Removed():
                return replace(self._decided(act, act.document), appeal=None)
            case AppealOverdue():
                return replace(self, overdue=True)
            case _:  # Lapsed: the table has nothing else
                if self.until is None or act.at < self.until:
                    raise IllegalTransition(f"{name} is still in its term")
                return self

    def _of_own_bank(self, name: str, act: Act) -> None:
        if act.by.participant != self.birth.by.participant:
            raise NotPermitted(f"{name} was proposed by {self.birth.by.participant}: it is theirs to agree with")

    def _decided(self, act: Act, document: str) -> Self:
        if not document.strip():
            raise InvalidValue("document", "a decision of the police has a number", document)
        return replace(self, document=document, police=act.by.participant)
