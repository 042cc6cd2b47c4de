"""A small HTTP/1.1 client that loads a server, in a process of its own: raw sockets, keep-alive, no framework.

    python -m tests.benchmarks.loader --port 8000 --key KEY --connections 8 --seconds 3 [--rate 300]

Prints one JSON object: answers a second, latency quantiles in milliseconds, and how many answers of each
status. Without --rate each connection sends as soon as it has its answer (closed loop). With it, transfers
are due at fixed moments whatever the server does, and latency counts from then (open loop). With --batch each
request brings that many transfers. With --harsh that share of them bears the signs of a fraud; latencies of what
is allowed and of what is not then come apart.
"""

import argparse
import asyncio
import random
import time
from collections import Counter, deque
from datetime import UTC, datetime

import orjson
import uvloop

from tests.benchmarks.figures import quantile

ONE, MANY = "/v1/decisions", "/v1/decisions/batch"


class Connection(asyncio.Protocol):
    """One connection with at most one request on its way."""

    def __init__(self, load):
        self.load = load
        self.got = b""
        self.due = 0.0

    def connection_made(self, transport):
        self.transport = transport
        self.load.idle(self)

    def send(self, request, due):
        self.due = due
        self.transport.write(request)

    def data_received(self, data):
        self.got += data
        head = self.got.find(b"\r\n\r\n")
        if head < 0:
            return
        at = self.got[:head].lower().find(b"content-length:")
        length = int(self.got[at + 15 : self.got.find(b"\r\n", at)])
        if len(self.got) >= head + 4 + length:
            got, self.got = self.got, b""
            self.load.answered(self, int(got[9:12]), got[head + 4 :])

    def connection_lost(self, error):
        self.load.statuses["lost"] += 1


class Load:
    """Requests to send, and what came back."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.statuses = Counter()
        self.latencies = {"allow": [], "harsh": []}
        self.unexplained = 0
        self.transfers = 0
        self.waiting = deque()
        self.free = deque()
        self.draw = random.Random(arguments.seed)
        self.run = f"{time.time_ns():x}"
        self.sent = 0
        self.stopped = False
        path = MANY if arguments.batch else ONE
        self.head = (
            f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {arguments.key}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()

    def request(self):
        """Return the next request: one transfer between some of many accounts, or a batch of them."""
        batch = self.arguments.batch
        body = orjson.dumps([self.transfer() for _ in range(batch)] if batch else self.transfer())
        return self.head + str(len(body)).encode() + b"\r\n\r\n" + body

    def transfer(self):
        self.sent += 1
        payer, payee = self.draw.randrange(self.arguments.accounts), self.draw.randrange(self.arguments.accounts)
        harsh = self.draw.random() < self.arguments.harsh
        return {
            "transfer_id": f"{self.run}-{self.sent}",
            "payer": f"bench:{payer}",
            "payee": f"bench:{payee}",
            "amount_minor": self.draw.randrange(100, 3_000_000),
            "currency": "KZT",
            "channel": "app",
            "occurred_at": datetime.now(UTC),
            "device_id": f"d{payer}",
            "ip": f"10.{payer >> 16 & 255}.{payer >> 8 & 255}.{payer & 255}",
            "new_device": harsh,
            "remote_access": harsh,
            "call_active": harsh,
            "payer_bank": "b1",
            "payee_bank": "b2",
            "payee_account_age_days": 1_000,
        }

    def idle(self, connection):
        if self.stopped:
            return
        if self.arguments.rate:
            if self.waiting:
                connection.send(self.request(), self.waiting.popleft())
            else:
                self.free.append(connection)
        else:
            connection.send(self.request(), time.perf_counter())

    def answered(self, connection, status, body):
        took = time.perf_counter() - connection.due
        self.statuses[status] += 1
        self.transfers += body.count(b'"status":201') if self.arguments.batch else 1
        harsh = b'"action":"allow"' not in body
        self.latencies["harsh" if harsh and not self.arguments.batch else "allow"].append(took)
        self.unexplained += harsh and b'"evidence":[]' in body
        self.idle(connection)

    async def all_answered(self, due):
        for _ in range(1_000):
            if self.transfers == due:
                return
            await asyncio.sleep(0.01)
        self.statuses["unanswered"] += due - self.transfers

    def due(self, moment):
        if self.free:
            self.free.popleft().send(self.request(), moment)
        else:
            self.waiting.append(moment)


async def load(arguments):
    """Load the server and return what came of it."""
    work, loop = Load(arguments), asyncio.get_running_loop()
    connections = [
        await loop.create_connection(lambda: Connection(work), "127.0.0.1", arguments.port)
        for _ in range(arguments.connections)
    ]
    began = time.perf_counter()
    if arguments.rate:
        due = int(arguments.rate * arguments.seconds)
        for number in range(due):
            moment = began + number / arguments.rate
            await asyncio.sleep(max(0.0, moment - time.perf_counter()))
            work.due(moment)
        await work.all_answered(due)  # however late: leaving them out would flatter
    else:
        await asyncio.sleep(arguments.seconds)
    work.stopped = True
    seconds = time.perf_counter() - began
    decided = work.transfers
    await asyncio.sleep(0.2)  # what is on its way
    for transport, _ in connections:
        transport.abort()
    return {
        "per_second": decided / seconds,
        "transfers": work.transfers,
        **told([each for kind in work.latencies.values() for each in kind]),
        "allow": told(work.latencies["allow"]),
        "harsh": told(work.latencies["harsh"]) | {"unexplained": work.unexplained},
        "statuses": {str(status): count for status, count in work.statuses.items()},
    }


QUANTILES = {"p50_ms": 0.5, "p99_ms": 0.99, "p999_ms": 0.999}


def told(seconds):
    quantiles = {name: 1000 * quantile(seconds, share) if seconds else None for name, share in QUANTILES.items()}
    return {"count": len(seconds)} | quantiles


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--key", default="none")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rate", type=float, default=0.0)
    parser.add_argument("--batch", type=int, default=0)
    parser.add_argument("--harsh", type=float, default=0.0)
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    print(orjson.dumps(uvloop.run(load(parser.parse_args()))).decode())


if __name__ == "__main__":
    main()
