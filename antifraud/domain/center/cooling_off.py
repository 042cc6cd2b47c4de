"""Cooling-off of online loans: no payout before the pause is over and the client, asked again, confirmed.

At least 8 hours for 150 to 255 MRP, 24 hours above 255 MRP or for a microloan above 75 MRP; loans of one person on
one day are summed [in force since 30.09.2025, V]. That the sum goes over all lenders, and that it makes the pause of
what is not paid out yet longer, is ours [E].
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, Self

from antifraud.domain.center.act import Act
from antifraud.domain.center.calendar import ALMATY
from antifraud.domain.center.cooling_off_acts import (
    Announced,
    Confirmed,
    Lapsed,
    LoanKind,
    PaidOut,
    PauseEnded,
    Prolonged,
    Withdrawn,
)
from antifraud.domain.center.life import Sight, Step, Table, following, permit
from antifraud.domain.center.people import BANK, ENGINE, PLATFORM
from antifraud.domain.center.policy import CoolingOffTerms
from antifraud.domain.errors import IllegalTransition, InvalidValue, NotPermitted


class CoolingOffStatus(StrEnum):
    """Where a payout stands."""

    FREE = "free"  # so little that no pause is demanded
    WAITING = "waiting"  # for the end of the pause, and for the client after it
    CONFIRMED = "confirmed"
    PAID_OUT = "paid_out"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


_S = CoolingOffStatus
PENDING: Final = frozenset({_S.FREE, _S.WAITING, _S.CONFIRMED})
_NEXT: Final[Table[CoolingOffStatus]] = {
    (_S.FREE, Prolonged): Step(_S.WAITING, PLATFORM),
    (_S.FREE, PaidOut): Step(_S.PAID_OUT, BANK),
    (_S.FREE, Withdrawn): Step(_S.WITHDRAWN, BANK),
    (_S.FREE, Lapsed): Step(_S.LAPSED, PLATFORM),
    (_S.WAITING, Prolonged): Step(_S.WAITING, PLATFORM),
    (_S.WAITING, PauseEnded): Step(_S.WAITING, PLATFORM),
    (_S.WAITING, Confirmed): Step(_S.CONFIRMED, BANK),
    (_S.WAITING, Withdrawn): Step(_S.WITHDRAWN, BANK),
    (_S.WAITING, Lapsed): Step(_S.LAPSED, PLATFORM),
    (_S.CONFIRMED, Prolonged): Step(_S.WAITING, PLATFORM),  # what was confirmed was less: it is asked again
    (_S.CONFIRMED, PaidOut): Step(_S.PAID_OUT, BANK),
    (_S.CONFIRMED, Withdrawn): Step(_S.WITHDRAWN, BANK),
    (_S.CONFIRMED, Lapsed): Step(_S.LAPSED, PLATFORM),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CoolingOff:
    """The payout of one online loan. Sums are minor units."""

    life_id: str
    version: int
    status: CoolingOffStatus
    birth: Announced
    hours: int
    said_over: bool = False  # that the pause is over was said
    confirmed_at: datetime | None = None

    @classmethod
    def begin(cls, life_id: str, act: Announced) -> Self:
        """Return the payout that an act announces; raise InvalidValue or NotPermitted."""
        name = f"cooling-off {life_id}"
        permit(name, act, BANK)
        if act.by.participant != act.lender:
            raise NotPermitted(f"{name}: {act.by.participant} cannot pay out a loan of {act.lender}")
        if act.amount_minor <= 0:
            raise InvalidValue("amount_minor", "must be above zero", act.amount_minor)
        if act.hours < 0:
            raise InvalidValue("hours", "must not be below zero", act.hours)
        status = _S.WAITING if act.hours else _S.FREE
        return cls(life_id=life_id, version=1, status=status, birth=act, hours=act.hours)

    @property
    def over_at(self) -> datetime:
        """Return when the pause is over."""
        return self.birth.at + timedelta(hours=self.hours)

    @property
    def lapses_at(self) -> datetime:
        """Return when it lapses unless it was paid out."""
        return self.over_at + timedelta(days=self.birth.lapses_after_days)

    @property
    def due_at(self) -> datetime | None:
        """Return when the clock speaks next: the end of the pause, or the end of the term."""
        if self.status not in PENDING:
            return None
        return self.over_at if self.status is _S.WAITING and not self.said_over else self.lapses_at

    @property
    def parties(self) -> frozenset[str]:
        """Return the lender."""
        return frozenset({self.birth.lender})

    @property
    def keys(self) -> frozenset[str]:
        """Return the loan, and the person's day by which loans are summed."""
        return frozenset({loan_key(self.birth.lender, self.birth.loan_id), day_key(self.birth.person, self.birth.at)})

    def seen_by(self, participant: str) -> Sight:
        """Say how much a participant sees: the lender all, others nothing."""
        return Sight.WHOLE if participant == self.birth.lender else Sight.NOTHING

    def apply(self, act: Act) -> Self:
        """Return the payout after `act`, or refuse it."""
        name = f"cooling-off {self.life_id}"
        self._check_pause(name, act)
        to = following(_NEXT, name, self.status, act)
        if act.by.role in BANK and act.by.participant != self.birth.lender:
            raise NotPermitted(f"{name} is of {self.birth.lender}")
        if act.at >= self.lapses_at and not isinstance(act, Lapsed):
            raise IllegalTransition(f"{name} lapsed at {self.lapses_at.isoformat()}: announce it anew")
        if isinstance(act, Lapsed) and act.at < self.lapses_at:
            raise IllegalTransition(f"{name} lapses at {self.lapses_at.isoformat()} only")
        return replace(self._after(name, act), status=to, version=self.version + 1)

    def due(self, now: datetime) -> Act | None:
        """Return the end of the pause, or of the term, if it is due at `now`."""
        if self.due_at is None or self.due_at > now:
            return None
        if now >= self.lapses_at:
            return Lapsed(by=ENGINE, at=now)
        return PauseEnded(by=ENGINE, at=now)

    def _check_pause(self, name: str, act: Act) -> None:
        """Refuse, in words of its own, what the pause is there to prevent."""
        if self.status is not _S.WAITING or not isinstance(act, Confirmed | PaidOut):
            return
        if act.at < self.over_at:
            raise IllegalTransition(f"{name} pauses until {self.over_at.isoformat()}, {self.hours} hours in all")
        if isinstance(act, PaidOut):
            raise IllegalTransition(f"{name}: the pause is over, but the client has not confirmed after it")

    def _after(self, name: str, act: Act) -> Self:
        match act:
            case Prolonged():
                if act.hours <= self.hours:
                    raise InvalidValue("hours", f"{name} pauses {self.hours} hours already", act.hours)
                return replace(self, hours=act.hours, said_over=False, confirmed_at=None)
            case PauseEnded():
                if act.at < self.over_at:
                    raise IllegalTransition(f"{name} pauses until {self.over_at.isoformat()}")
                return replace(self, said_over=True)
            case Confirmed():
                return replace(self, confirmed_at=act.at)
            case _:  # PaidOut, Withdrawn, Lapsed: the end
                return self


def loan_key(lender: str, loan_id: str) -> str:
    """Return what the payout of a loan is found by."""
    return f"loan:{lender}/{loan_id}"


def day_key(person: str, at: datetime) -> str:
    """Return what a person's loans of one day in Almaty are found by."""
    return f"loans:{person}/{_day(at).isoformat()}"


def pause_hours(loans: Iterable[tuple[LoanKind, int]], terms: CoolingOffTerms, mrp_minor: int) -> dict[LoanKind, int]:
    """Return how long a payout of each kind waits on a day with these loans (kind and amount in minor units).

    >>> mrp = 3_932_00
    >>> [pause_hours([(LoanKind.LOAN, n * mrp + m)], CoolingOffTerms(), mrp)[LoanKind.LOAN]
    ...  for n, m in [(150, -1), (150, 0), (255, 0), (255, 1)]]
    [0, 8, 8, 24]
    """
    day = list(loans)
    total = sum(amount for _, amount in day)
    micro = sum(amount for kind, amount in day if kind is LoanKind.MICROLOAN)
    hours = 0
    if total > terms.long_above_mrp * mrp_minor:
        hours = terms.long_hours
    elif total >= terms.short_from_mrp * mrp_minor:
        hours = terms.short_hours
    micro_hours = terms.long_hours if micro > terms.micro_above_mrp * mrp_minor else hours
    return {LoanKind.LOAN: hours, LoanKind.MICROLOAN: max(hours, micro_hours)}


def _day(at: datetime) -> date:
    return at.astimezone(ALMATY).date()
