"""How an account lived: what came and went by day, with whom, and how fast money that came went on."""

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from antifraud.domain.center.calendar import ALMATY
from antifraud.domain.center.movement import Movement

PASSED_ON_WITHIN: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day in Almaty. Sums are minor units of the base currency."""

    day: date
    in_count: int
    in_minor: int
    out_count: int
    out_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterparty:
    """Somebody that money went to or came from."""

    account: str
    bank: str | None
    in_count: int
    in_minor: int
    out_count: int
    out_minor: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """An account from its movements. Sums are minor units of the base currency; attempts were blocked.

    `passed_on_minor`: of what came in, first in first out, what had left again within PASSED_ON_WITHIN.
    """

    account: str
    days: tuple[Day, ...]  # those with movements, oldest first
    counterparties: tuple[Counterparty, ...]  # those that most money went between in front
    payers: int
    payees: int
    in_minor: int
    out_minor: int
    passed_on_minor: int
    attempts: int
    first: datetime | None
    last: datetime | None


@dataclass(slots=True)
class _Sums:
    """What adds up while movements are read; `bank` is the last one that was said."""

    in_count: int = 0
    in_minor: int = 0
    out_count: int = 0
    out_minor: int = 0
    moments: list[datetime] = field(default_factory=list)
    bank: str | None = None

    def add(self, movement: Movement, *, out: bool) -> None:
        if out:
            self.out_count += 1
            self.out_minor += movement.base_minor
        else:
            self.in_count += 1
            self.in_minor += movement.base_minor
        self.moments.append(movement.at)


def profile_of(account: str, movements: Sequence[Movement], stopped: Collection[int]) -> Profile:
    """Return how an account looks by its movements, of which those numbers moved nothing.

    One to itself counts on both sides.
    """
    known = sorted({each.seq: each for each in movements}.values(), key=lambda each: (each.at, each.seq))
    moved = [each for each in known if each.seq not in stopped]
    days: dict[date, _Sums] = {}
    others: dict[str, _Sums] = {}
    whole = _Sums()
    for each in moved:
        for out in (False, True):
            if (each.payer if out else each.payee) != account:
                continue
            other = others.setdefault(each.payee if out else each.payer, _Sums())
            other.bank = (each.payee_bank if out else each.payer_bank or each.participant) or other.bank
            for sums in (days.setdefault(each.at.astimezone(ALMATY).date(), _Sums()), other, whole):
                sums.add(each, out=out)
    return Profile(
        account=account,
        days=tuple(_day(day, sums) for day, sums in sorted(days.items())),
        counterparties=tuple(sorted(map(_counterparty, others, others.values()), key=_most_first)),
        payers=sum(sums.in_count > 0 for sums in others.values()),
        payees=sum(sums.out_count > 0 for sums in others.values()),
        in_minor=whole.in_minor,
        out_minor=whole.out_minor,
        passed_on_minor=_passed_on(account, moved),
        attempts=len(known) - len(moved),
        first=min(whole.moments, default=None),
        last=max(whole.moments, default=None),
    )


def _day(day: date, sums: _Sums) -> Day:
    return Day(
        day=day,
        in_count=sums.in_count,
        in_minor=sums.in_minor,
        out_count=sums.out_count,
        out_minor=sums.out_minor,
    )


def _counterparty(account: str, sums: _Sums) -> Counterparty:
    return Counterparty(
        account=account,
        bank=sums.bank,
        in_count=sums.in_count,
        in_minor=sums.in_minor,
        out_count=sums.out_count,
        out_minor=sums.out_minor,
        first=min(sums.moments),
        last=max(sums.moments),
    )


def _most_first(each: Counterparty) -> tuple[int, str]:
    return -(each.in_minor + each.out_minor), each.account


def _passed_on(account: str, moved: Sequence[Movement]) -> int:
    """Return how much of what came in left within the time; what arrives at an instant cannot leave at it."""
    waiting: deque[tuple[datetime, int]] = deque()
    arriving: list[tuple[datetime, int]] = []
    quick = 0
    for each in moved:
        waiting.extend(part for part in arriving if part[0] < each.at)
        arriving = [part for part in arriving if part[0] >= each.at]
        if each.payer == account and each.payee != account:
            left = each.base_minor
            while left and waiting:
                came, sum_minor = waiting.popleft()
                taken = min(left, sum_minor)
                quick += taken if each.at - came <= PASSED_ON_WITHIN else 0
                left -= taken
                if taken < sum_minor:
                    waiting.appendleft((came, sum_minor - taken))
        elif each.payee == account and each.payer != account:
            arriving.append((each.at, each.base_minor))
    return quick
