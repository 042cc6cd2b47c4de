"""The two logs follow each other: decisions become movements and holds, verdicts become reports. Off the hot path."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from antifraud.domain.center.idents import Hashed
from antifraud.domain.errors import NotFound, Unavailable
from antifraud.workflow.center import verdicts
from antifraud.workflow.center.follow import DECISIONS, DecidedLog, take
from antifraud.workflow.center.sightings import Familiar
from antifraud.workflow.report import ReportDesk
from api.center import Center

_log: Final = logging.getLogger(__name__)
_EVERY_S: Final = 0.5
_DECISIONS_EVERY_S: Final = 0.05  # while they come
_MANY: Final = 600  # a second: then blocks are larger and rarer, and less is written to the disk of the decisions
_BLOCK: Final = 2_000  # transfers in one transaction of the book: some tens of milliseconds
_FORGET_BLOCK: Final = 5_000
_GAP_S: Final = 10.0  # how long a number that is missing in the log may still come
_ACTS: Final = 500

Round = Callable[[], Awaitable[bool]]


class Follower:
    """Brings what was decided into the book, block by block, each exactly once."""

    def __init__(self, center: Center, log: DecidedLog, gap_s: float = _GAP_S, hashed: Hashed | None = None) -> None:
        self._center = center
        self._log = log
        self._gap_wait = gap_s
        self._hashed = hashed
        self._familiar = Familiar()
        self._gap: tuple[int, float] | None = None  # before which it stands, and since when
        self.behind = False  # after the last round there was more to take
        self.pause_s = _DECISIONS_EVERY_S  # until the next look is worth its while

    async def round(self) -> bool:
        """Take the next block; return False when there is none now. Raise Unavailable if the book is another log's."""
        center = self._center
        seq = await center.read(lambda page: page.cursor(DECISIONS))
        block = await asyncio.to_thread(self._log.after, seq, _BLOCK, over_gap=self._waited(seq))
        found = 0 if block is None else len(block.rows)
        self.behind = found == _BLOCK
        pause_s = max(_DECISIONS_EVERY_S, found / _MANY) if found else 2 * self.pause_s
        self.pause_s = min(pause_s, _EVERY_S)
        if block is None or not block.rows:
            self._note_gap(None if block is None else seq)
            if (last := await asyncio.to_thread(self._log.last)) < seq:  # of another log, or of one set back
                raise Unavailable(f"the book has followed decisions up to {seq}, and the log ends at {last}")
            return False
        news = self._familiar.news(block.named)
        block = replace(block, named=news)
        write = center.write if block.held else center.write_lightly  # the log tells it again after a crash
        if await write(partial(take, block=block, policy=center.policy, now=center.now(), hashed=self._hashed)):
            self._familiar.learn(news)
        return True

    async def forget(self) -> bool:
        """Remove a block of movements that are older than the policy keeps them; return False when none is."""
        before = self._center.now() - self._center.policy.movements_kept
        return await self._center.write(lambda page: page.forget_movements(before, _FORGET_BLOCK)) == _FORGET_BLOCK

    def _waited(self, seq: int) -> bool:
        """Say whether a gap was seen after `seq` so long ago that nothing fills it any more."""
        if self._gap is None or self._gap[0] != seq:
            return False
        return asyncio.get_running_loop().time() - self._gap[1] >= self._gap_wait

    def _note_gap(self, seq: int | None) -> None:
        if seq is None:
            self._gap = None
        elif self._gap is None or self._gap[0] != seq:
            self._gap = (seq, asyncio.get_running_loop().time())


async def follow_decisions(center: Center, log: DecidedLog, hashed: Hashed | None) -> None:
    """Let every decision have its effects in the book, for ever, whatever fails."""
    follower = Follower(center, log, hashed=hashed)

    async def catch_up() -> bool:
        """Take what lies there; what fills no block waits: each is a commit on the disk of the decisions."""
        return await follower.round() and follower.behind

    complaint = "the decisions are not followed into the Center's book"
    await _for_ever(complaint, center, catch_up, follower.forget, lambda: follower.pause_s)


async def report_verdicts(center: Center, reports: ReportDesk) -> None:
    """Let every verdict of the Center become a report, for ever, whatever fails."""
    await _for_ever("the Center's verdicts are not learnt", center, partial(tell_verdicts, center, reports))


async def tell_verdicts(center: Center, reports: ReportDesk) -> bool:
    """Report what the next acts of the journal say; return False when nothing happened.

    The cursor moves after the reports: one that is told again after a crash is the same, and changes nothing.
    """
    heard = await center.read(lambda page: verdicts.heard(page, _ACTS))
    if heard is None:
        return False
    for request in heard.said:
        try:
            await reports.report(request)
        except NotFound:  # a hold by hand, of a transfer that was never asked about here
            _log.info(
                "a verdict is about transfer %s of %s, which is not known", request.transfer_id, request.participant
            )
    await center.write(lambda page: page.move_cursor(verdicts.VERDICTS, heard.upto))
    return True


async def _for_ever(
    complaint: str,
    center: Center,
    work: Round,
    tidy: Round | None = None,
    pause_s: Callable[[], float] = lambda: _EVERY_S,
) -> None:
    """Do `work` as long as there is some, look again after a pause, and `tidy` once an hour."""
    said = ""
    tidy_at: datetime = center.now()
    while True:
        try:
            while await work():
                said = ""
            if tidy is not None and center.now() >= tidy_at:
                while await tidy():
                    pass
                tidy_at = center.now() + timedelta(hours=1)
        except Exception as problem:
            if str(problem) != said:  # it is tried again and again, and said once
                said = str(problem)
                _log.error("%s: %s", complaint, problem, exc_info=not isinstance(problem, Unavailable))
        await asyncio.sleep(pause_s())
