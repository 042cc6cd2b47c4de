"""Keep the watchlist equal to the book: the lists as every transfer meets them."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Final, Protocol, TypeVar

from antifraud.domain.center.effects import Match, Register, Side
from antifraud.domain.center.indicator import Indicator
from antifraud.domain.center.life import Life
from antifraud.domain.center.listing import Listing, ListingStatus, Shade
from antifraud.domain.center.taint import Taint, TaintStatus
from antifraud.workflow.center.ports import Page
from antifraud.workflow.watch import Watched, Watchlist

_KINDS: Final = (Listing, Indicator, Taint)
_MILLION: Final = 1_000_000
_REGISTER: Final[Mapping[Shade, Register]] = {Shade.GREY: Register.GREY, Shade.BLACK: Register.BLACK}
_GREY: Final = frozenset({ListingStatus.GREY, ListingStatus.GREY_APPEALED})


T = TypeVar("T")


class Reads(Protocol):
    """The part of a book that is read."""

    async def read(self, work: Callable[[Page], T]) -> T:
        """Run `work` on the book as it stands."""
        ...


class Watching:
    """Follows the journal into a watchlist; asked again and again, and at once after a list was changed here."""

    def __init__(self, book: Reads, watchlist: Watchlist, now: Callable[[], datetime]) -> None:
        self._book = book
        self._watchlist = watchlist
        self._now = now
        self._seq = 0
        self._turn = asyncio.Lock()  # an older look must never be taken over after a newer one
        self._asked = self._answered = 0  # calls, and those of them that a look answered

    async def refresh(self) -> int:
        """Take over what changed since the last time; return how many entries did.

        One look answers all who asked before it began: many acts at once are few looks.
        """
        self._asked += 1
        mine = self._asked
        async with self._turn:
            if mine <= self._answered:
                return 0
            since, asked_at, answering = self._seq, self._now(), self._asked
            changed, self._seq = await self._book.read(lambda page: page.changed(_KINDS, since))
            self._watchlist.refresh({life.life_id: watched(life) for life in changed}, asked_at)
            self._answered = answering
            return len(changed)


def watched(life: Life) -> Watched | None:
    """Return a life as transfers meet it, or None if it demands nothing any more."""
    match life:
        case Listing():
            shade = life.shade(life.birth.at)  # what its status says; the end of its term goes along
            if shade is None:
                return None
            return Watched(
                life.life_id,
                ((life.birth.subject.value, life.birth.ident),),
                partial(_listed, _REGISTER[shade], life.life_id, life.birth.fraud_type),
                life.until if life.status in _GREY else None,
            )
        case Indicator() if life.counts(life.birth.at):
            return Watched(
                life.life_id,
                ((life.birth.kind.value, life.birth.ident),),
                partial(_spotted, life.life_id, life.confidence, life.birth.fraud_type),
                life.until,
            )
        case Taint() if life.status is TaintStatus.TAINTED and life.still_minor:
            weight = life.share_ppm / _MILLION
            return Watched(
                life.life_id, (("account", life.birth.account),), partial(_tainted, life.life_id, weight), None
            )
        case _:
            return None


def _listed(register: Register, entry_id: str, fraud_type: str | None, side: Side) -> Match:
    return Match(register, side, entry_id, fraud_type=fraud_type)


def _spotted(entry_id: str, confidence: float, fraud_type: str, side: Side) -> Match:
    return Match(Register.INDICATOR, side, entry_id, confidence, fraud_type)


def _tainted(entry_id: str, weight: float, side: Side) -> Match:
    return Match(Register.TAINT, side, entry_id, weight)
