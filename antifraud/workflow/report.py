"""Take in what becomes known about a transfer afterwards: from now on features and training see it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from antifraud.domain.errors import NotFound
from antifraud.domain.report import Report, ReportSource
from antifraud.workflow.live import LiveState
from antifraud.workflow.ports import Clock, DecisionLog


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
    """Where reports are taken in, one at a time for each transfer."""

    log: DecisionLog
    live: LiveState
    clock: Clock
    noted: Callable[[Report], None] = lambda _: None  # is told of each report that is durable now
    _under_way: dict[tuple[str, str], asyncio.Event] = field(default_factory=dict, init=False)

    async def report(self, request: ReportRequest) -> tuple[Report, bool]:
        """Return the report as it stands, and whether the same had been said before.

        Saying again what was said last about a transfer changes nothing. Raise NotFound for a transfer
        that was never decided.
        """
        key = (request.participant, request.transfer_id)
        while (other := self._under_way.get(key)) is not None:
            await other.wait()
        mine = self._under_way[key] = asyncio.Event()
        try:
            return await self._report(request)
        finally:
            del self._under_way[key]
            mine.set()

    async def _report(self, request: ReportRequest) -> tuple[Report, bool]:
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
