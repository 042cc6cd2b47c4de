"""The Center as the doors to it see it: its book, its numbers, its clock, and the task that keeps time."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final, TypeVar

from antifraud.domain.center.act import Act
from antifraud.domain.center.banks import AsNamed, Banks
from antifraud.domain.center.life import Life
from antifraud.domain.center.policy import CenterPolicy
from antifraud.domain.errors import Unavailable
from antifraud.store.address import supported_url
from antifraud.store.center import SqlBook, open_book
from antifraud.workflow.center.moving import Then, move_on, tick
from antifraud.workflow.center.ports import Page
from api.clock import Leap, passed_s
from api.metrics import Metrics

_log: Final = logging.getLogger(__name__)
_LOOK_EVERY: Final = timedelta(seconds=1)
_TIDY_EVERY: Final = timedelta(hours=1)
_LEAP: Final = timedelta(minutes=5)  # that a clock may run ahead of the time that passed before nothing ends by it
_AT_ONCE: Final = 100  # lives moved in one transaction: others wait no longer than that takes

T = TypeVar("T")


class Center:
    """The book with what stands around it. While the book is away everything here raises Unavailable.

    Decisions do not need the book and never wait for it. `then` hears of each act that a clock made, inside the
    same transaction.
    """

    def __init__(
        self,
        url: str,
        policy: CenterPolicy,
        now: Callable[[], datetime],
        metrics: Metrics,
        banks: Callable[[], Banks] = AsNamed,
        request_key: bytes = b"",
        passed: Callable[[], float] = passed_s,
    ) -> None:
        """Take note of where the book is; raise Unavailable for a URL that can be no book."""
        supported_url(url)
        self.policy = policy
        self.now = now
        self.banks = banks
        self.request_key = request_key
        self._url = url
        self._book: SqlBook | None = None
        self._closed_because = "the Center's book is not open yet"
        self._then: list[Then] = []
        self._leap = Leap(now, passed)
        self.clock_acts = self.clock_failures = 0
        metrics.gauge("antifraud_center_open", "Whether the Center's book is open.", lambda: self._book is not None)
        metrics.gauge(
            "antifraud_center_clock_ahead_seconds",
            "How far the clock of the machine ran ahead of the time that passed: it was set forward.",
            lambda: self._leap.ahead.total_seconds(),
        )
        metrics.counter("antifraud_center_clock_acts", "Acts that clocks made.", lambda: self.clock_acts)
        metrics.counter("antifraud_center_clock_failures", "Rounds of clocks that failed.", lambda: self.clock_failures)

    @property
    def book(self) -> SqlBook:
        """Return the book, or raise Unavailable while it is away."""
        if self._book is None:
            raise Unavailable(self._closed_because)
        return self._book

    async def read(self, work: Callable[[Page], T]) -> T:
        """Run `work` on the book as it stands."""
        return await self.book.read(work)

    async def write(self, work: Callable[[Page], T]) -> T:
        """Run `work` as one transaction; durable when it returns."""
        return await self.book.write(work)

    async def write_lightly(self, work: Callable[[Page], T]) -> T:
        """Run `work`, which begins anew where the book says that it stands, as one transaction."""
        return await self.book.write_lightly(work)

    def after_clocks(self, then: Then) -> None:
        """Let `then` hear of each act that a clock made from now on."""
        self._then.append(then)

    async def open(self) -> None:
        """Open the book if it is not; raise Unavailable, saying why."""
        if self._book is None:
            try:
                self._book = await asyncio.to_thread(open_book, self._url, self.banks)
            except Unavailable as problem:
                self._closed_because = str(problem)
                raise
            except OSError as problem:
                self._closed_because = f"the Center's book cannot be opened: {problem}"
                raise Unavailable(self._closed_because) from problem

    async def keep_open(self) -> None:
        """Open the book, trying again every second until it is there."""
        said = ""
        while True:
            try:
                return await self.open()
            except Unavailable as problem:
                if str(problem) != said:
                    said = str(problem)
                    _log.error("the Center is away: %s (%s)", problem, problem.__cause__ or "no cause is known")
            await asyncio.sleep(_LOOK_EVERY.total_seconds())

    async def close(self) -> None:
        """Let what was begun end."""
        book, self._book = self._book, None
        self._closed_because = "the Center's book is closed"
        if book is not None:
            await asyncio.to_thread(book.close)

    async def keep_time(self) -> None:
        """Do what clocks demand as its moment comes, looking at least every second; for ever, whatever fails.

        Several processes may do so: each round is one transaction that finds what is due by itself.
        """
        said, tidy_at = "", self.now()
        while True:
            wait = _LOOK_EVERY
            try:
                await self.open()
                if (now := self._undoubted()) >= tidy_at:
                    tidy_at = now + _TIDY_EVERY
                    await self._tidy()
                wait = await self._round()
                said = ""
            except Exception as problem:
                self.clock_failures += 1
                if str(problem) != said:  # it is tried again every second, and said once
                    said = str(problem)
                    expected = isinstance(problem, Unavailable)
                    cause = problem.__cause__ or "no cause is known"
                    _log.error("the Center's clocks stand still: %s (%s)", problem, cause, exc_info=not expected)
            await asyncio.sleep(max(0.0, wait.total_seconds()))

    def _undoubted(self) -> datetime:
        """Return now; raise Unavailable while the clock ran ahead: what ends by it never begins again."""
        now = self.now()
        if self._leap.ahead > _LEAP:
            raise Unavailable(
                f"the clock of the machine is set forward by more than {_LEAP}; once it is right, or this began anew, "
                "what is due is done"
            )
        return now

    async def _round(self) -> timedelta:
        """Move what is due; return how long nothing will be."""
        due = await self.read(lambda page: page.next_due())
        now = self._undoubted()
        if due is None or due > now:
            return _LOOK_EVERY if due is None else min(_LOOK_EVERY, due - now)
        try:
            self.clock_acts += await self.write(lambda page: tick(page, now, _AT_ONCE, self._tell))
        except Unavailable:
            raise
        except Exception:
            await self._one_by_one(now)  # one of them is at fault: the others must not wait for it
            raise
        return timedelta(0)

    async def _one_by_one(self, now: datetime) -> None:
        for kind, life_id in await self.read(lambda page: page.due_names(now, _AT_ONCE)):
            work = partial(_move_one, kind=kind, life_id=life_id, now=now, then=self._tell)
            try:
                self.clock_acts += await self.write(work)
            except Unavailable:
                raise
            except Exception:
                _log.exception("the clock of %s %s stands still", kind.__name__, life_id)

    async def _tidy(self) -> None:
        await self.write(lambda page: page.forget_answers(self.now() - self.policy.answers_kept))

    def _tell(self, page: Page, life: Life, act: Act) -> None:
        for then in self._then:
            then(page, life, act)


def _move_one(page: Page, *, kind: type[Life], life_id: str, now: datetime, then: Then) -> int:
    return move_on(page, page.get(kind, life_id), now, then)
