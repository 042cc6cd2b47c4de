"""The numbers that a desk is led by, from what is counted already; read once in a few seconds, whoever looks."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from antifraud.domain.center.calendar import ALMATY, end_of_day
from antifraud.domain.center.overview import SAVED, STEP, Became, Flow, Tally, Waiting
from antifraud.domain.decision import Action
from antifraud.workflow.center.ports import Page, QueueSelection
from api.center import Center

FRESH_FOR: Final = timedelta(seconds=5)
DAY: Final = timedelta(days=1)
DAYS: Final = 7
PART: Final = timedelta(minutes=15)  # of the last day, as it is drawn
_MOST_PARTIES: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Transfers answered in `[at, at + PART)`."""

    at: datetime
    count: int
    stopped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The numbers of one party at one moment. Shares are of one; money is by currency, in its minor units."""

    at: datetime
    per_second: float  # over the last five to ten minutes
    count: int  # in 24 hours
    stopped: int
    stopped_minor: int  # of the base currency
    parts: Sequence[Part]
    waiting: Sequence[Waiting]
    ends: Sequence[datetime]  # what `before` of the waiting counts up to
    held_now: Mapping[str, int]
    tallies: Sequence[Tally]

    @property
    def stopped_share(self) -> float | None:
        """Return which share of transfers was held or blocked in 24 hours."""
        return self.stopped / self.count if self.count else None

    def became(self, became: Became, *, today: bool = False) -> Mapping[str, tuple[int, int]]:
        """Return by currency how often and how much became so, today or in all the days."""
        day = self.at.astimezone(ALMATY).date()
        found: dict[str, tuple[int, int]] = {}
        for each in self.tallies:
            if each.became is became and (each.day == day or not today):
                count, minor = found.get(each.currency, (0, 0))
                found[each.currency] = count + each.count, minor + each.minor
        return found

    @property
    def released_per_saved(self) -> float | None:
        """Return how many holds people let go for each whose money was kept; None while none was."""
        saved = sum(each.count for each in self.tallies if each.became in SAVED)
        return sum(each.count for each in self.tallies if each.became is Became.RELEASED) / saved if saved else None


class Numbers:
    """Reads overviews; a party's is the same for all who look within FRESH_FOR."""

    def __init__(self, center: Center, now: Callable[[], datetime]) -> None:
        self._center = center
        self._now = now
        self._kept: dict[QueueSelection, Overview] = {}
        self._turn = asyncio.Lock()

    async def of(self, asked: QueueSelection) -> Overview:
        """Return the overview of the party of `asked`; raise Unavailable while the book is away."""
        async with self._turn:  # who comes meanwhile reads what the first one is reading
            now = self._now()
            kept = self._kept.get(asked)
            if kept is None or now - kept.at >= FRESH_FOR:
                if len(self._kept) >= _MOST_PARTIES:
                    self._kept.clear()
                kept = self._kept[asked] = await self._center.read(lambda page: overview_of(page, asked, now))
            return kept


def overview_of(page: Page, asked: QueueSelection, now: datetime) -> Overview:
    """Read the numbers of the party of `asked`."""
    flows = page.flows(now - DAY, asked.party)
    today = end_of_day(now)
    ends = sorted({now + timedelta(hours=4), today, today + DAY, today + 3 * DAY} - {now})
    stopped = [each for each in flows if each.action is not Action.ALLOW]
    return Overview(
        at=now,
        per_second=_rate(flows, now),
        count=sum(each.count for each in flows),
        stopped=sum(each.count for each in stopped),
        stopped_minor=sum(each.base_minor for each in stopped),
        parts=_parts(flows, now),
        waiting=page.waiting(asked, ends),
        ends=ends,
        held_now=page.held_now(asked.party),
        tallies=page.tallies(now.astimezone(ALMATY).date() - timedelta(days=DAYS - 1), asked.party),
    )


def _rate(flows: Sequence[Flow], now: datetime) -> float:
    """Return transfers a second since the step before the present one began."""
    begun = now - (now - datetime.fromtimestamp(0, now.tzinfo)) % STEP - STEP
    return sum(each.count for each in flows if each.at >= begun) / (now - begun).total_seconds()


def _parts(flows: Sequence[Flow], now: datetime) -> list[Part]:
    """Return the last day in equal parts, the latest last."""
    begin, count = now - DAY, DAY // PART
    sums = [[0, 0] for _ in range(count)]
    for each in flows:
        part = sums[min(max((each.at - begin) // PART, 0), count - 1)]
        part[0] += each.count
        part[1] += each.count if each.action is not Action.ALLOW else 0
    return [Part(at=begin + place * PART, count=all_, stopped=some) for place, (all_, some) in enumerate(sums)]
