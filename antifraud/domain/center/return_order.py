"""A return order: held money goes back to the victim on an investigator's decision with a prosecutor's sanction."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from antifraud.domain.center.act import Act, LeadNoted
from antifraud.domain.center.calendar import end_of_working_day
from antifraud.domain.center.life import Sight, Step, Table, following, permit
from antifraud.domain.center.people import BANK, ENGINE, PLATFORM, POLICE, PROSECUTION
from antifraud.domain.center.return_acts import (
    Cancelled,
    Drafted,
    Executed,
    Lapsed,
    Redrafted,
    Refused,
    Sanctioned,
    Waited,
)
from antifraud.domain.errors import InvalidValue, NotPermitted

SANCTION_WORKING_DAYS: Final = 2


class ReturnStatus(StrEnum):
    """Where a return order stands."""

    DRAFTED = "drafted"
    SANCTIONED = "sanctioned"
    REFUSED = "refused"
    EXECUTED = "executed"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"


NEXT: Final[Table[ReturnStatus]] = {
    (ReturnStatus.DRAFTED, Sanctioned): Step(ReturnStatus.SANCTIONED, PROSECUTION),
    (ReturnStatus.DRAFTED, Refused): Step(ReturnStatus.REFUSED, PROSECUTION),
    (ReturnStatus.DRAFTED, Waited): Step(ReturnStatus.DRAFTED, PLATFORM),
    (ReturnStatus.DRAFTED, LeadNoted): Step(ReturnStatus.DRAFTED, PLATFORM),
    (ReturnStatus.DRAFTED, Cancelled): Step(ReturnStatus.CANCELLED, POLICE),
    (ReturnStatus.DRAFTED, Lapsed): Step(ReturnStatus.LAPSED, PLATFORM),
    (ReturnStatus.REFUSED, Redrafted): Step(ReturnStatus.DRAFTED, POLICE),
    (ReturnStatus.REFUSED, LeadNoted): Step(ReturnStatus.REFUSED, PLATFORM),
    (ReturnStatus.REFUSED, Cancelled): Step(ReturnStatus.CANCELLED, POLICE),
    (ReturnStatus.REFUSED, Lapsed): Step(ReturnStatus.LAPSED, PLATFORM),
    (ReturnStatus.SANCTIONED, Executed): Step(ReturnStatus.EXECUTED, BANK),
    (ReturnStatus.SANCTIONED, LeadNoted): Step(ReturnStatus.SANCTIONED, PLATFORM),
    (ReturnStatus.SANCTIONED, Cancelled): Step(ReturnStatus.CANCELLED, POLICE),
}
BINDING: Final = frozenset({ReturnStatus.DRAFTED, ReturnStatus.SANCTIONED, ReturnStatus.EXECUTED})
"""Where an order counts against what the victim lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnOrder:
    """An order to give back so many minor units of one hold."""

    life_id: str
    version: int
    status: ReturnStatus
    birth: Drafted
    amount_minor: int
    drafted_at: datetime
    police: str  # that lead the incident by now
    waited: bool = False
    sanction: str | None = None  # the number of the prosecutor's document
    payment: str | None = None

    @classmethod
    def begin(cls, life_id: str, act: Drafted) -> Self:
        """Return the order that an act begins; raise InvalidValue or NotPermitted."""
        permit(f"return {life_id}", act, POLICE)
        _check_decision(act, act.amount_minor)
        if act.prosecution in (act.by.participant, act.bank):
            raise InvalidValue("prosecution", "who sanctions is another participant", act.prosecution)
        return cls(
            life_id=life_id,
            version=1,
            status=ReturnStatus.DRAFTED,
            birth=act,
            amount_minor=act.amount_minor,
            drafted_at=act.at,
            police=act.by.participant,
        )

    @property
    def due_at(self) -> datetime | None:
        """Return when the prosecutor is late."""
        if self.status is not ReturnStatus.DRAFTED or self.waited:
            return None
        return end_of_working_day(self.drafted_at, SANCTION_WORKING_DAYS)

    @property
    def binds(self) -> bool:
        """Say whether it counts against what the victim lost."""
        return self.status in BINDING

    @property
    def parties(self) -> frozenset[str]:
        """Return who drafts, who sanctions and who pays."""
        return frozenset({self.police, self.birth.prosecution, self.birth.bank})

    @property
    def keys(self) -> frozenset[str]:
        """Return the incident and the hold."""
        return frozenset({f"incident:{self.birth.incident_id}", f"hold:{self.birth.hold_id}"})

    def seen_by(self, participant: str) -> Sight:
        """Say how much a participant sees."""
        return Sight.WHOLE if participant in self.parties else Sight.NOTHING

    def apply(self, act: Act) -> Self:
        """Return the order after `act`, or refuse it."""
        name = f"return {self.life_id}"
        to = following(NEXT, name, self.status, act)
        self._check_whose(name, act)
        return replace(self._after(act), status=to, version=self.version + 1)

    def due(self, now: datetime) -> Act | None:
        """Return the alarm that is due at `now`."""
        return None if self.due_at is None or self.due_at > now else Waited(by=ENGINE, at=now)

    def _check_whose(self, name: str, act: Act) -> None:
        role, participant = act.by.role, act.by.participant
        whose = {
            **dict.fromkeys(BANK, self.birth.bank),
            **dict.fromkeys(POLICE, self.police),
            **dict.fromkeys(PROSECUTION, self.birth.prosecution),
        }
        if role in whose and participant != whose[role]:
            raise NotPermitted(f"{name}: {type(act).__name__} is for {whose[role]}, not for {participant}")

    def _after(self, act: Act) -> Self:
        match act:
            case LeadNoted():
                return replace(self, police=act.police)
            case Waited():
                return replace(self, waited=True)
            case Sanctioned():
                if not act.document.strip():
                    raise InvalidValue("document", "a sanction names the document it is", act.document)
                return replace(self, sanction=act.document)
            case Refused():
                _check_reason(act)
                return self
            case Redrafted():
                _check_decision(act, act.amount_minor)
                return replace(self, amount_minor=act.amount_minor, drafted_at=act.at, waited=False)
            case Executed():
                if not act.payment.strip():
                    raise InvalidValue("payment", "names the bank's transfer to the victim", act.payment)
                return replace(self, payment=act.payment)
            case Cancelled():
                _check_reason(act)
                if self.status is ReturnStatus.SANCTIONED and not (act.ground or "").strip():
                    raise InvalidValue("ground", "a sanctioned return is taken back only on a decision", act.ground)
                return self
            case _:  # Lapsed: the table has nothing else
                return self


def _check_decision(act: Act, amount_minor: int) -> None:
    if amount_minor <= 0:
        raise InvalidValue("amount_minor", "must be above zero", amount_minor)
    if not (act.ground or "").strip():
        raise InvalidValue("ground", "a return rests on the investigator's decision: name it", act.ground)


def _check_reason(act: Act) -> None:
    if not (act.reason or "").strip():
        raise InvalidValue("reason", "say why", act.reason)
