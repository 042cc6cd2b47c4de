"""Take in what becomes known about a transfer afterwards: from now on features and training see it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from antifraud.domain.errors import NotFound
from antifraud.domain.report import Report, ReportSource
from antifraud.workflow.line import Key, Overloaded
from antifraud.workflow.live import LiveState
from antifraud.workflow.ports import Clock, DecisionLog

Outcome = tuple[Report, bool]  # as it stands, and whether the same had been said before


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRequest:
    """A report that arrived; only the moment it became known to the engine is missing."""

    participant: str
    transfer_id: str
    fraud: bool
    source: ReportSource
    fraud_type: str | None = None
    reporter: str | None = None
    learnt_at: datetime | None = None  # by the participant; what a replay takes as the moment it became known

    def known(self, at: datetime) -> Report:
        """Return the report as known since that moment."""
        return Report(
            participant=self.participant,
            transfer_id=self.transfer_id,
            fraud=self.fraud,
            source=self.source,
            known_at=at,
            fraud_type=self.fraud_type,
            reporter=self.reporter,
        )


@dataclass(slots=True, kw_only=True)
class ReportDesk:
    """Where reports are taken in, one at a time for each transfer.

    `in_time` waits for one as long as there is time for it. What has begun goes on when nobody waits any more, and
    at most `room` are under way at once; who brings more is Overloaded.
    """

    log: DecisionLog
    live: LiveState
    clock: Clock
    in_time: Callable[[Awaitable[Outcome], float | None], Awaitable[Outcome]]
    noted: Callable[[Report], None] = lambda _: None  # is told of each report that is durable now
    room: int = 5_000
    no_room: int = field(default=0, init=False)  # calls refused
    _under_way: dict[Key, asyncio.Task[Outcome]] = field(default_factory=dict, init=False)

    @property
    def under_way(self) -> int:
        """Count the reports that are being taken in right now."""
        return len(self._under_way)

    async def report(self, request: ReportRequest, due: float | None = None) -> Outcome:
        """Return the report as it stands, and whether the same had been said before.

        Saying again what was said last about a transfer changes nothing. Raise NotFound for a transfer that was
        never decided, and Unavailable for a report that is not durable soon after it is `due`, by the event loop's
        time: sent again, it is the same one.
        """
        return await self.in_time(self._in_turn(request), due)

    async def _in_turn(self, request: ReportRequest) -> Outcome:
        key = (request.participant, request.transfer_id)
        while (other := self._under_way.get(key)) is not None:
            await asyncio.wait((other,))
        if len(self._under_way) >= self.room:
            self.no_room += 1
            raise Overloaded(f"{len(self._under_way)} reports are on the way already")
        mine = self._under_way[key] = asyncio.create_task(self._report(request))
        mine.add_done_callback(lambda _: self._under_way.pop(key))
        # Broken off between the state and the log, it would close the state: whoever waits may leave, it may not.
        return await asyncio.shield(mine)

    async def _report(self, request: ReportRequest) -> Outcome:
        recorded = await self.log.find(request.participant, request.transfer_id)
        if recorded is None:
            raise NotFound(f"transfer {request.transfer_id} of {request.participant} was never decided")
        last = await self.log.find_report(request.participant, request.transfer_id)
        if last is not None and last == request.known(last.known_at):
            return last, True
        with self.live as features:
            async with self.live.order:
                report = request.known(self.clock.stamp(request.learnt_at or recorded.transfer.received_at))
                await features.observe_report(report, recorded.transfer)
            # Begun before anybody else has a turn: what was decided on it comes after it in the log.
            await self.log.record_report(report)
        self.noted(report)
        return report, False
