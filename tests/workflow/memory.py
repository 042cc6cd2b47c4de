"""The ports in a few honest lines each: what the use cases are tested on."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle

import numpy as np

from antifraud.domain.decision import Action, Decision, Evidence, Reason, ReasonKind
from antifraud.domain.errors import NotDurable
from antifraud.domain.policy import Policy
from antifraud.domain.transfer import Channel, Transfer

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FANNED_IN = Reason(ReasonKind.RULE, "fan-in@1", Action.BLOCK)


class Ticks:
    """A clock that moves by a microsecond whenever it is asked."""

    def __init__(self, first=NOON):
        self.last = first

    def stamp(self, occurred_at):
        self.last += timedelta(microseconds=1)
        return self.last


class NothingListed:
    """Lists that were read just now, and hold nobody."""

    def hits(self, transfer):
        return (), ()


class MemoryLog:
    """A log that keeps everything, until it is told to fail; others get their turn while it works."""

    def __init__(self):
        self.rows = {}
        self.reports = []
        self.broken = False

    async def find(self, participant, transfer_id):
        await asyncio.sleep(0)
        return self.rows.get((participant, transfer_id))

    async def find_all(self, keys):
        await asyncio.sleep(0)
        return {key: self.rows[key] for key in keys if key in self.rows}

    async def record(self, rows):
        await asyncio.sleep(0)
        if self.broken:
            raise NotDurable("the disk is full")
        for row in rows:
            key = (row.transfer.participant, row.transfer.transfer_id)
            assert key not in self.rows, "a decision is recorded once"
            self.rows[key] = row

    async def amend(self, rows):
        await asyncio.sleep(0)
        if self.broken:
            raise NotDurable("the disk is full")
        for row in rows:
            key = (row.transfer.participant, row.transfer.transfer_id)
            assert key in self.rows, "only what was recorded gets its last words"
            self.rows[key] = row

    async def find_report(self, participant, transfer_id):
        about = [each for each in self.reports if (each.participant, each.transfer_id) == (participant, transfer_id)]
        return about[-1] if about else None

    async def record_report(self, report):
        await asyncio.sleep(0)
        if self.broken:
            raise NotDurable("the disk is full")
        self.reports.append(report)


class PayeeCounts:
    """Two features: how many transfers this payee got before, and how many of those are reported as fraud.

    It might as well be in another process: what is sent to it is some time on the way, now more and now less.
    """

    def __init__(self):
        self.transfers = []
        self.reports = []
        self.broken = False
        self._ways = cycle((2, 0, 1, 3))
        self._latest = NOON

    async def _on_the_way(self, first):
        for _ in range(next(self._ways)):
            await asyncio.sleep(0)
        assert first >= self._latest, "what was stamped later got here first"

    async def read_then_observe(self, transfers):
        await self._on_the_way(transfers[0].received_at)
        self._latest = transfers[-1].received_at
        if self.broken:
            raise RuntimeError("the state is damaged")
        rows = []
        for transfer in transfers:
            past = [each for each in self.transfers if each.received_at < transfer.received_at]
            verdicts = {key: report.fraud for key, report in self.reports}
            frauds = [each for each in past if verdicts.get((each.participant, each.transfer_id))]
            rows.append([sum(each.payee == transfer.payee for each in some) for some in (past, frauds)])
            self.transfers.append(transfer)
        return np.array(rows, np.float64)

    async def observe_report(self, report, about):
        await self._on_the_way(report.known_at)
        self._latest = report.known_at
        self.reports.append(((about.participant, about.transfer_id), report))


async def rebuilt_from(log):
    """Return a state that has seen what the log holds, in the order of arrival, and nothing else."""
    state = PayeeCounts()
    events = [(row.transfer.received_at, row.transfer, None) for row in log.rows.values()]
    events += [(each.known_at, log.rows[each.participant, each.transfer_id].transfer, each) for each in log.reports]
    for _, transfer, report in sorted(events, key=lambda event: event[0]):
        if report is None:
            await state.read_then_observe([transfer])
        else:
            await state.observe_report(report, transfer)
    return state


@dataclass
class FanInScorer:
    """The more payers a payee had, the worse: a tenth for each."""

    version: str = "fan-in-1"
    policy: Policy = field(default_factory=lambda: Policy(version="p1", hold_at=0.3, block_at=0.7))

    def score(self, vectors):
        return np.minimum(vectors[:, 0] / 10, 1.0)

    def explain(self, vector, also=()):
        return (Evidence("payee_received_count_30d", vector[0], 1.0, 0.5), *self.measured(vector, also))

    def measured(self, vector, features):
        return tuple(Evidence(name, vector[1], 0.0, None) for name in features)


class FraudKnown:
    """Blocks once a fraud to the payee has become known."""

    version = "known-1"

    def hits(self, vector):
        return ((FANNED_IN,) if vector[1] > 0 else ()), ()

    def reads(self, code):
        return ("payee_reports_30d",)


class Stopwatch:
    """Remembers what it was told; its time stands still."""

    def __init__(self):
        self.decisions = []

    def now(self):
        return 0.0

    def took(self, stage, since):
        """Time stands still."""

    def decided(self, decisions):
        self.decisions += decisions


@dataclass(frozen=True)
class Request:
    """A transfer between two of a few accounts."""

    transfer_id: str
    payer: str = "a"
    payee: str = "b"
    amount_minor: int = 100
    participant: str = "fictional-bank"
    occurred_at: datetime = NOON

    def received(self, at):
        return Transfer(
            participant=self.participant,
            transfer_id=self.transfer_id,
            payer=self.payer,
            payee=self.payee,
            amount_minor=self.amount_minor,
            currency="KZT",
            base_minor=self.amount_minor,
            channel=Channel.APP,
            occurred_at=self.occurred_at,
            received_at=at,
        )


def render(transfer: Transfer, decision: Decision) -> bytes:
    """Put everything into the answer that a repeat could get wrong."""
    return repr((transfer.transfer_id, transfer.received_at.isoformat(), decision)).encode()
