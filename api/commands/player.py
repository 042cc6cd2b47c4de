"""An open loop of transfers against a running API, with reports that arrive late."""

import asyncio
import contextlib
import heapq
from array import array
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Final, TypeVar

import httpx
import numpy as np
from rich.console import Console
from rich.live import Live
from rich.text import Text

from antifraud.client import Client, Patience, Refused, Unanswered
from antifraud.domain.errors import InvalidValue
from antifraud.simulator.live import LateReport, LiveTransfer

T = TypeVar("T")
_REFRESH: Final = 0.5  # seconds between two lines
_RECENT: Final = 5_000  # answers that the live line speaks about


@dataclass(frozen=True, slots=True)
class Keys:
    """API keys: one for all participants, or one each."""

    default: str | None
    by_participant: Mapping[str, str]

    def of(self, participant: str) -> str:
        """Return the key of a participant."""
        key = self.by_participant.get(participant, self.default)
        if key is None:
            raise InvalidValue("keys_file", "no API key for this participant, and no --api-key", participant)
        return key


@dataclass(slots=True)
class Player:
    """Sends transfers at their times; every count and latency stands here afterwards."""

    url: str
    keys: Keys
    rate: float
    speed: float
    concurrency: int
    utc_now: Callable[[], datetime]
    transport: httpx.AsyncBaseTransport | None = None  # None: the network
    counts: Counter[str] = field(default_factory=Counter)
    latencies: "array[float]" = field(default_factory=lambda: array("d"))
    first_problem: str | None = None
    _clients: dict[str, Client] = field(default_factory=dict)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _late: list[tuple[float, int, str, str, LateReport]] = field(default_factory=list)
    _order: Iterator[int] = field(default_factory=count)
    _began: float = 0.0
    _ended: float = 0.0

    def stop(self) -> None:
        """Send no more; what is under way is still answered."""
        self._stopping.set()

    async def play(self, transfers: Iterator[list[LiveTransfer]], console: Console) -> None:
        """Send transfers until told to stop, showing one live line."""
        limits = httpx.Limits(max_connections=self.concurrency, max_keepalive_connections=self.concurrency)
        async with httpx.AsyncClient(base_url=self.url, limits=limits, timeout=10.0, transport=self.transport) as http:
            batches: asyncio.Queue[list[LiveTransfer]] = asyncio.Queue(maxsize=4)
            with Live(Text("preparing the country"), console=console, refresh_per_second=4, transient=True) as live:
                # A day is imagined in a thread, ahead of its need: the loop must not stand still meanwhile.
                imagining = asyncio.create_task(_imagine(transfers, batches))
                showing = asyncio.create_task(self._show(live))
                reporting = asyncio.create_task(self._report_late(http))
                try:
                    await self._send_all(http, batches, imagining)
                finally:
                    for task in (imagining, showing, reporting):
                        task.cancel()
                    await asyncio.gather(imagining, showing, reporting, return_exceptions=True)

    async def _send_all(
        self, http: httpx.AsyncClient, batches: asyncio.Queue[list[LiveTransfer]], imagining: asyncio.Task[None]
    ) -> None:
        loop = asyncio.get_running_loop()
        room = asyncio.Semaphore(self.concurrency)
        async with asyncio.TaskGroup() as sending:
            due = 0.0
            while batch := await self._next_batch(batches, imagining):
                if self._began == 0.0:
                    due = self._began = loop.time()  # imagining the first day takes time of its own
                for transfer in batch:
                    if await self._stopped_before(due - loop.time()):
                        break
                    await room.acquire()
                    sending.create_task(self._send(http, transfer, due, room))
                    due += 1 / self.rate
        self._ended = loop.time()

    async def _send(self, http: httpx.AsyncClient, transfer: LiveTransfer, due: float, room: asyncio.Semaphore) -> None:
        loop = asyncio.get_running_loop()
        try:
            body = {**transfer.fields, "occurred_at": self.utc_now().isoformat()}
            answer = await self._answered(self._client(http, transfer.participant).decide(body))
            if answer is None:
                return
            self.latencies.append((loop.time() - due) * 1e3)
            self.counts["answered"] += 1
            self.counts[answer.action] += 1
            for report in transfer.reports:
                wait = report.after.total_seconds() / self.speed
                entry = (loop.time() + wait, next(self._order), transfer.participant, str(body["transfer_id"]), report)
                heapq.heappush(self._late, entry)
        finally:
            room.release()

    async def _report_late(self, http: httpx.AsyncClient) -> None:
        loop = asyncio.get_running_loop()
        while True:
            while self._late and self._late[0][0] <= loop.time():
                _, _, participant, transfer_id, report = heapq.heappop(self._late)
                more = {} if report.fraud_type is None else {"fraud_type": report.fraud_type}
                said = self._client(http, participant).report(
                    transfer_id, fraud=report.fraud, source=report.source, **more
                )
                if await self._answered(said) is not None:
                    self.counts["reports"] += 1
            await asyncio.sleep(0.05)

    def _client(self, http: httpx.AsyncClient, participant: str) -> Client:
        """Return a participant's client; each transfer is sent once, so that what was not answered is counted."""
        if participant not in self._clients:
            key = self.keys.of(participant)
            self._clients[participant] = Client(self.url, key, patience=Patience(attempts=1), http=http)
        return self._clients[participant]

    async def _answered(self, call: Awaitable[T]) -> T | None:
        """Return the answer, or None after counting why there is none."""
        try:
            return await call
        except Unanswered as error:
            self._note("unanswered", str(error))
        except Refused as error:
            self._note("refused", str(error))
        return None

    def _note(self, what: str, problem: str) -> None:
        self.counts[what] += 1
        if self.first_problem is None:
            self.first_problem = problem

    async def _next_batch(
        self, batches: asyncio.Queue[list[LiveTransfer]], imagining: asyncio.Task[None]
    ) -> list[LiveTransfer]:
        """Return what comes next, or nothing once the player is stopped."""
        getting = asyncio.create_task(batches.get())
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({getting, stopping, imagining}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if imagining.done():
            imagining.result()  # a world that cannot go on says why
        if self._stopping.is_set() or not getting.done():
            getting.cancel()
            return []
        return getting.result()

    async def _stopped_before(self, seconds: float) -> bool:
        """Wait so long; tell whether the player was stopped meanwhile."""
        if seconds > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), seconds)
        return self._stopping.is_set()

    async def _show(self, live: Live) -> None:
        while True:
            await asyncio.sleep(_REFRESH)
            live.update(Text(self._line(self.latencies[-_RECENT:], asyncio.get_running_loop().time())))

    def summary(self) -> str:
        """Say in a few lines what happened."""
        lines = [self._line(self.latencies, self._ended)]
        if self.first_problem is not None:
            lines.append(f"first problem: {self.first_problem}")
        return "\n".join(lines)

    def _line(self, latencies: "array[float]", now: float) -> str:
        counts = self.counts
        words = [f"{counts['answered']:,} answered"]
        if self._began > 0 and now > self._began:
            words.append(f"{counts['answered'] / (now - self._began):,.1f}/s")
        words += [f"{action} {counts[action]:,}" for action in ("allow", "hold", "block")]
        if latencies:
            p50, p99 = np.percentile(np.asarray(latencies), [50, 99])
            words.append(f"p50 {p50:.1f} ms, p99 {p99:.1f} ms")
        words.append(f"reports {counts['reports']:,} ({len(self._late):,} to come)")
        words += [f"{what} {counts[what]:,}" for what in ("refused", "unanswered") if counts[what] > 0]
        return " | ".join(words)


async def _imagine(transfers: Iterator[list[LiveTransfer]], batches: asyncio.Queue[list[LiveTransfer]]) -> None:
    while (batch := await asyncio.to_thread(next, transfers, None)) is not None:
        await batches.put(batch)
