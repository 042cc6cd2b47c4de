"""A load on a running API: raw connections kept alive, requests due at fixed moments whatever the server does.

In the open loop latency counts from the moment a request was due, so that no waiting in a queue, of the server or
of ours, is hidden; without a rate each connection sends as soon as it has its answer, which measures throughput.
"""

import asyncio
import random
import ssl
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple, cast
from urllib.parse import urlsplit

import httptools
import orjson

from antifraud.domain.decision import EXPLANATION
from antifraud.domain.errors import InvalidValue, Unavailable

ONE, MANY = "/v1/decisions", "/v1/decisions/batch"
_QUANTILES: Final = {"p50_ms": 0.5, "p90_ms": 0.9, "p99_ms": 0.99, "p999_ms": 0.999, "max_ms": 1.0}
_NOT_NOW: Final = 503
_PORTS: Final = {"http": 80, "https": 443}


class Address(NamedTuple):
    """Where an API answers."""

    host: str
    port: int
    path: str  # before those of the API
    by_tls: bool

    @classmethod
    def of(cls, url: str) -> "Address":
        """Read a URL; raise InvalidValue if it is of no HTTP server.

        >>> Address.of("https://engine.example/fraud/")
        Address(host='engine.example', port=443, path='/fraud', by_tls=True)
        """
        try:
            at = urlsplit(url)
            host, port = at.hostname, at.port or _PORTS[at.scheme]
        except (KeyError, ValueError):
            host, port = None, 0
        if not host:
            raise InvalidValue("url", "must be as http://HOST:PORT or https://HOST", url)
        return cls(host, port, at.path.rstrip("/"), at.scheme == "https")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to send: transfers between some of `accounts`, a share of which bears the signs of a fraud."""

    address: Address
    key: str
    seconds: float
    rate: float | None = None  # requests a second; None: as many as are answered
    connections: int = 8
    accounts: int = 100_000
    batch: int | None = None  # transfers a request; None: one, and not as a batch
    harsh: float = 0.0
    seed: int = 1
    patience_s: float = 10.0  # once none is due any more: for a free connection, and then for the last answers


@dataclass(slots=True)
class Load:
    """What is under way, and what came back; `now` stamps the transfers."""

    plan: Plan
    run: str  # stands in each transfer's id: two runs decide no transfer twice
    now: Callable[[], datetime]
    statuses: Counter[str] = field(default_factory=Counter)
    allowed: list[float] = field(default_factory=list)
    harsh: list[float] = field(default_factory=list)
    on_the_wire: list[float] = field(default_factory=list)  # what was decided, from its sending
    refused: list[float] = field(default_factory=list)  # with 503, from its sending
    unexplained: int = 0
    transfers: int = 0
    in_time: int | None = None  # of them, in the closed loop, before it ended
    answers: int = 0
    longest_queue: int = 0
    stopped: bool = False
    _waiting: deque[float] = field(default_factory=deque)
    _free: "deque[_Connection]" = field(default_factory=deque)
    _reopening: set[asyncio.Task[None]] = field(default_factory=set)
    _sent: int = 0
    _draw: random.Random = field(init=False)
    _head: bytes = field(init=False)
    _clock: Callable[[], float] = field(init=False)

    def __post_init__(self) -> None:
        """Prepare what all requests share."""
        plan, address = self.plan, self.plan.address
        self._draw = random.Random(plan.seed)  # noqa: S311 - keeps no secret
        self._clock = asyncio.get_running_loop().time
        path = address.path + (ONE if plan.batch is None else MANY)
        self._head = (
            f"POST {path} HTTP/1.1\r\nHost: {address.host}:{address.port}\r\nAuthorization: Bearer {plan.key}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()

    async def go(self) -> None:
        """Send for as long as the plan says, then wait for the last answers.

        What was due and waits for a free connection even then stays `unsent`; what was sent may stay `unanswered`.
        """
        plan, clock = self.plan, self._clock
        try:
            connections = [await self._connect() for _ in range(plan.connections)]
        except OSError as problem:
            raise Unavailable(f"nobody answers at {plan.address.host}:{plan.address.port}: {problem}") from problem
        began = clock()
        if plan.rate is None:
            await asyncio.sleep(plan.seconds)
        else:
            for number in range(int(plan.rate * plan.seconds)):
                moment = began + number / plan.rate
                if moment > clock():
                    await asyncio.sleep(moment - clock())
                self._due(moment)
        if plan.rate is None:
            self.stopped, self.in_time = True, self.transfers
        await self._patiently(lambda: not self._waiting)
        self.stopped = True
        await self._patiently(lambda: all(each.due is None for each in connections))
        self.statuses["unsent"] += len(self._waiting)
        self.statuses["unanswered"] += sum(each.due is not None for each in connections)
        for each in connections:
            await each.close()

    def idle(self, connection: "_Connection") -> None:
        """Give a free connection what waits longest."""
        if self.stopped:
            return
        if self.plan.rate is None:
            connection.send(self._request(), self._clock())
        elif self._waiting:
            connection.send(self._request(), self._waiting.popleft())
        else:
            self._free.append(connection)

    def answered(self, connection: "_Connection", due: float, status: int, body: bytes) -> None:
        """Note an answer."""
        took = self._clock() - due
        self.answers += 1
        self.statuses[str(status)] += 1
        if status in (200, 201):
            self.transfers += 1 if self.plan.batch is None else body.count(b'"status":201')
            not_allowed = self.plan.batch is None and b'"action":"allow"' not in body
            (self.harsh if not_allowed else self.allowed).append(took)
            self.unexplained += not_allowed and _unexplained(body)
            self.on_the_wire.append(self._clock() - connection.sent)
        elif status == _NOT_NOW:
            self.refused.append(self._clock() - connection.sent)
        self.idle(connection)

    def lost(self, connection: "_Connection", asked: bool) -> None:
        """Note a connection that the other side closed, with a request on its way or without; open it again."""
        if asked:
            self.statuses["lost"] += 1
        if not self.stopped:
            if connection in self._free:
                self._free.remove(connection)
            task = asyncio.get_running_loop().create_task(connection.open_again())
            self._reopening.add(task)
            task.add_done_callback(self._reopening.discard)

    async def _patiently(self, done: Callable[[], bool]) -> None:
        enough = self._clock() + self.plan.patience_s
        while not done() and self._clock() < enough:
            await asyncio.sleep(0.01)

    async def _connect(self) -> "_Connection":
        connection = _Connection(self)
        await connection.open()
        return connection

    def _due(self, moment: float) -> None:
        if self._free:
            self._free.popleft().send(self._request(), moment)
        else:
            self._waiting.append(moment)
            self.longest_queue = max(self.longest_queue, len(self._waiting))

    def _request(self) -> bytes:
        batch = self.plan.batch
        body = orjson.dumps(self._transfer() if batch is None else [self._transfer() for _ in range(batch)])
        return self._head + str(len(body)).encode() + b"\r\n\r\n" + body

    def _transfer(self) -> Mapping[str, object]:
        self._sent += 1
        payers = self.plan.accounts // 2  # who passed on what comes in would look like a dropper, and be held for it
        payer, payee = self._draw.randrange(payers), self._draw.randrange(payers, self.plan.accounts)
        harsh = self._draw.random() < self.plan.harsh
        return {
            "transfer_id": f"{self.run}-{self._sent}",
            "payer": f"bench:{payer}",
            "payee": f"bench:{payee}",
            "amount_minor": self._draw.randrange(100, 3_000_000),
            "currency": "KZT",
            "channel": "app",
            "occurred_at": self.now(),
            "device_id": f"d{payer}",
            "ip": f"10.{payer >> 16 & 255}.{payer >> 8 & 255}.{payer & 255}",
            "new_device": harsh,
            "remote_access": harsh,
            "call_active": harsh,
            "payer_bank": "b1",
            "payee_bank": "b2",
            "payee_account_age_days": 1_000,
        }


def _unexplained(body: bytes) -> bool:
    """Say whether an answer was decided blind, or does not say why; other things may be missing without that."""
    answer = orjson.loads(body)
    return answer["score"] is None or EXPLANATION in answer["degraded"]


class _Connection(asyncio.Protocol):
    """One connection with at most one request on its way: when that was `due` to go out, and when it was `sent`."""

    def __init__(self, load: Load) -> None:
        self.due: float | None = None
        self.sent = 0.0
        self._load = load
        self._clock = asyncio.get_running_loop().time
        self._transport: asyncio.Transport | None = None
        self._body: list[bytes] = []

    async def open(self) -> None:
        address = self._load.plan.address
        tls = ssl.create_default_context() if address.by_tls else None
        await asyncio.get_running_loop().create_connection(lambda: self, address.host, address.port, ssl=tls)

    async def open_again(self) -> None:
        while not self._load.stopped:
            try:
                return await self.open()
            except OSError:  # it counts from the moments that pass meanwhile
                await asyncio.sleep(0.05)

    def send(self, request: bytes, due: float) -> None:
        self.due, self.sent = due, self._clock()
        if self._transport is not None:
            self._transport.write(request)

    async def close(self) -> None:
        self.due = None  # what was not answered is no loss of the other side's
        if self._transport is not None:
            self._transport.abort()
        while self._transport is not None:
            await asyncio.sleep(0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none of its classes
        self._parser = httptools.HttpResponseParser(self)
        self._load.idle(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, part: bytes) -> None:
        self._body.append(part)

    def on_message_complete(self) -> None:
        due, self.due = self.due, None
        body, self._body = b"".join(self._body), []
        if due is not None:
            self._load.answered(self, due, self._parser.get_status_code(), body)

    def connection_lost(self, error: Exception | None) -> None:
        asked, self.due, self._transport, self._body = self.due is not None, None, None, []
        self._load.lost(self, asked)


async def loaded(plan: Plan, run: str, now: Callable[[], datetime]) -> Mapping[str, object]:
    """Load a server and return what came of it; latencies, in milliseconds, are of what was decided.

    `on_the_wire` and `refused` count from the sending: what the server itself took, however late we were.
    """
    load = Load(plan, run, now)
    began = asyncio.get_running_loop().time()
    await load.go()
    seconds = asyncio.get_running_loop().time() - began if plan.rate is not None else plan.seconds
    return {
        "per_second": (load.transfers if load.in_time is None else load.in_time) / seconds,
        "transfers": load.transfers,
        "longest_queue": load.longest_queue,
        **told([*load.allowed, *load.harsh]),
        "allow": told(load.allowed),
        "harsh": told(load.harsh) | {"unexplained": load.unexplained},
        "on_the_wire": told(load.on_the_wire),
        "refused": told(load.refused),
        "statuses": {status: count for status, count in load.statuses.items() if count},
    }


def told(seconds: Sequence[float]) -> dict[str, float | None]:
    """Return how many there are, and the values below which a share of them lies, in milliseconds."""
    ordered = sorted(seconds)
    last = len(ordered) - 1
    found = {
        name: 1_000 * ordered[min(int(share * len(ordered)), last)] for name, share in _QUANTILES.items() if ordered
    }
    return {"count": len(ordered), **{name: found.get(name) for name in _QUANTILES}}
