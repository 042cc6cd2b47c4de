"""An inquiry: one bank is asked about one account of an incident, holds what it finds, and says how much."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

from antifraud.domain.center.act import Act, LeadNoted
from antifraud.domain.center.inquiry_acts import (
    Answered,
    Asked,
    AskedMore,
    Chased,
    Ended,
    FoundNothing,
    HeldAll,
    HeldPart,
    Overdue,
    SuspensionAnswered,
    SuspensionAsked,
)
from antifraud.domain.center.life import Sight, Step, Table, following, permit
from antifraud.domain.center.people import BANK, ENGINE, PLATFORM, POLICE
from antifraud.domain.errors import IllegalTransition, InvalidValue, NotPermitted

CHASE_AFTER: Final = timedelta(minutes=15)
ANSWER_WITHIN: Final = timedelta(hours=1)


class InquiryStatus(StrEnum):
    """Where an inquiry stands."""

    NOTIFIED = "notified"
    INFORMED = "informed"  # all that came went on: nothing is asked for, but it is known which account passed it on
    ANSWERED_FULL = "answered_full"
    ANSWERED_PART = "answered_part"
    ANSWERED_NONE = "answered_none"
    ENDED = "ended"


class Suspension(StrEnum):
    """What became of the request that the bank suspends remote services of the account."""

    ASKED = "asked"
    SUSPENDED = "suspended"
    DECLINED = "declined"


def _answers(status: InquiryStatus) -> dict[tuple[InquiryStatus, type[Act]], Step[InquiryStatus]]:
    """Return what a bank can say where not all that was asked for is held."""
    return {
        (status, HeldAll): Step(InquiryStatus.ANSWERED_FULL, BANK),
        (status, HeldPart): Step(InquiryStatus.ANSWERED_PART, BANK),
    }


def _always(status: InquiryStatus) -> dict[tuple[InquiryStatus, type[Act]], Step[InquiryStatus]]:
    """Return what never waits for the bank's answer about the money."""
    return {
        (status, SuspensionAsked): Step(status, POLICE),
        (status, SuspensionAnswered): Step(status, BANK),
        (status, AskedMore): Step(InquiryStatus.NOTIFIED, PLATFORM),
        (status, LeadNoted): Step(status, PLATFORM),
        (status, Ended): Step(InquiryStatus.ENDED, PLATFORM),
    }


NEXT: Final[Table[InquiryStatus]] = {
    (InquiryStatus.INFORMED, HeldAll): Step(InquiryStatus.ANSWERED_FULL, BANK),  # the bank knows better
    **_always(InquiryStatus.INFORMED),
    **_answers(InquiryStatus.NOTIFIED),
    (InquiryStatus.NOTIFIED, FoundNothing): Step(InquiryStatus.ANSWERED_NONE, BANK),
    (InquiryStatus.NOTIFIED, Chased): Step(InquiryStatus.NOTIFIED, PLATFORM),
    (InquiryStatus.NOTIFIED, Overdue): Step(InquiryStatus.NOTIFIED, PLATFORM),
    **_always(InquiryStatus.NOTIFIED),
    **_answers(InquiryStatus.ANSWERED_PART),  # more was found
    **_always(InquiryStatus.ANSWERED_PART),
    **_answers(InquiryStatus.ANSWERED_NONE),
    **_always(InquiryStatus.ANSWERED_NONE),
    **_always(InquiryStatus.ANSWERED_FULL),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """A question to a bank about an account. Sums are minor units of the birth's currency."""

    life_id: str
    version: int
    status: InquiryStatus
    birth: Asked
    asked_minor: int
    arrived_minor: int
    suspension: Suspension | None = None  # None: nobody asked for it
    held_minor: int = 0  # what the bank said it held, over all its answers
    hold_ids: tuple[str, ...] = ()  # all that were in its answers
    asked_at: datetime  # when the clocks began
    police: str | None = None
    chased: bool = False
    overdue: bool = False

    @classmethod
    def begin(cls, life_id: str, act: Asked) -> Self:
        """Return the inquiry that an act begins; raise InvalidValue or NotPermitted."""
        permit(f"inquiry {life_id}", act, PLATFORM)
        _check_sums(act.asked_minor, act.arrived_minor)
        return cls(
            life_id=life_id,
            version=1,
            status=InquiryStatus.NOTIFIED if act.asked_minor else InquiryStatus.INFORMED,
            birth=act,
            asked_minor=act.asked_minor,
            arrived_minor=act.arrived_minor,
            asked_at=act.at,
            police=act.police,
        )

    @property
    def due_at(self) -> datetime | None:
        """Return when the bank is to be reminded, or late."""
        if self.status is not InquiryStatus.NOTIFIED or self.overdue:
            return None
        return self.asked_at + (ANSWER_WITHIN if self.chased else CHASE_AFTER)

    @property
    def answer_by(self) -> datetime:
        """Return until when the bank is expected to answer."""
        return self.asked_at + ANSWER_WITHIN

    @property
    def waits(self) -> bool:
        """Say whether the bank owes an answer."""
        return self.status is InquiryStatus.NOTIFIED

    @property
    def left_minor(self) -> int:
        """Return how much of what was asked for is not held."""
        return max(self.asked_minor - self.held_minor, 0)

    @property
    def parties(self) -> frozenset[str]:
        """Return the bank that is asked and the police that lead."""
        return frozenset(filter(None, (self.birth.bank, self.police)))

    @property
    def keys(self) -> frozenset[str]:
        """Return the incident and the account."""
        return frozenset({f"incident:{self.birth.incident_id}", f"account:{self.birth.account}"})

    def seen_by(self, participant: str) -> Sight:
        """Say how much a participant sees."""
        return Sight.WHOLE if participant in self.parties else Sight.NOTHING

    def apply(self, act: Act) -> Self:
        """Return the inquiry after `act`, or refuse it."""
        name = f"inquiry {self.life_id}"
        to = following(NEXT, name, self.status, act)
        if act.by.role in BANK and act.by.participant != self.birth.bank:
            raise NotPermitted(f"{name} is to {self.birth.bank}: {act.by.participant} has nothing to answer")
        if act.by.role in POLICE and act.by.participant != self.police:
            raise NotPermitted(f"{name}: {act.by.participant} does not lead its incident")
        return replace(self._after(act), status=to, version=self.version + 1)

    def due(self, now: datetime) -> Act | None:
        """Return the reminder or the alarm that is due at `now`."""
        if self.due_at is None or self.due_at > now:
            return None
        return Overdue(by=ENGINE, at=now) if self.chased else Chased(by=ENGINE, at=now)

    def _after(self, act: Act) -> Self:
        match act:
            case AskedMore():
                _check_sums(act.asked_minor, act.arrived_minor)
                if act.arrived_minor < self.arrived_minor or act.asked_minor <= self.asked_minor:
                    raise InvalidValue("asked_minor", f"must be more than before, {self.asked_minor}", act.asked_minor)
                more = replace(self, asked_minor=act.asked_minor, arrived_minor=act.arrived_minor)
                return replace(more, asked_at=act.at, chased=False, overdue=False)
            case Chased():
                return replace(self, chased=True)
            case Overdue():
                return replace(self, overdue=True)
            case Answered():
                return self._answered(act)
            case SuspensionAsked():
                return self._suspension_asked(act)
            case SuspensionAnswered():
                if self.suspension is not Suspension.ASKED:
                    raise IllegalTransition(f"inquiry {self.life_id}: nobody waits for an answer about a suspension")
                return replace(self, suspension=Suspension.SUSPENDED if act.suspended else Suspension.DECLINED)
            case LeadNoted():
                return replace(self, police=act.police)
            case _:  # Ended: the table has nothing else
                return self

    def _suspension_asked(self, act: SuspensionAsked) -> Self:
        if not (act.reason or "").strip():
            raise InvalidValue("reason", "say why services are to be suspended: the bank decides by it", act.reason)
        if self.suspension in (Suspension.ASKED, Suspension.SUSPENDED):
            raise IllegalTransition(f"inquiry {self.life_id}: a suspension is {self.suspension.value} already")
        return replace(self, suspension=Suspension.ASKED)

    def _answered(self, act: Answered) -> Self:
        held = self.held_minor + act.held_minor
        if held > self.arrived_minor and not (act.reason or "").strip():
            most = self.arrived_minor - self.held_minor
            raise InvalidValue(
                "held_minor", f"at most {most} more can have arrived: holding beyond needs a reason", act.held_minor
            )
        says_all = held >= self.asked_minor
        fits = {
            FoundNothing: act.held_minor == 0,
            HeldPart: act.held_minor > 0 and not says_all,
            HeldAll: act.held_minor > 0 and says_all,
        }
        if not fits[type(act)]:
            raise InvalidValue(
                "held_minor", f"{self.left_minor} are still asked for: not {type(act).__name__}", act.held_minor
            )
        return replace(self, held_minor=held, hold_ids=(*self.hold_ids, *act.hold_ids))


def answer_kind(inquiry: Inquiry, held_minor: int) -> type[Answered]:
    """Return which answer it is to hold so much (more) of what is asked for."""
    if held_minor == 0:
        return FoundNothing
    return HeldAll if inquiry.held_minor + held_minor >= inquiry.asked_minor else HeldPart


def _check_sums(asked_minor: int, arrived_minor: int) -> None:
    if not 0 <= asked_minor <= arrived_minor or arrived_minor == 0:
        raise InvalidValue("asked_minor", f"must be at most what arrived, {arrived_minor}, above zero", asked_minor)
