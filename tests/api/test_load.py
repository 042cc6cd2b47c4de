"""`antifraud load`: every request counts from the moment it was due, and what went wrong is said."""

import asyncio
import json

import pytest
from typer.testing import CliRunner

from antifraud.domain.errors import InvalidValue, Unavailable
from api.cli import app
from api.clock import utc_now
from api.loading import Address, Load, Plan, loaded
from tests.servers import free_port

ANSWER = b'{"action":"allow","evidence":[]}'
HEAD = b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKED = HEAD + b"%x\r\n%s\r\n0\r\n\r\n" % (len(ANSWER), ANSWER)


async def requests_of(reader):
    """Yield the body of each request on a connection."""
    while head := await reader.readuntil(b"\r\n\r\n"):
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        yield json.loads(await reader.readexactly(length))


async def against(serve, **plan):
    """Load a server of this process; return the load with what came back."""
    done = asyncio.Event()

    async def until_gone(reader, writer):
        try:
            await serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(until_gone, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    address = Address.of(f"http://127.0.0.1:{port}")
    load = Load(Plan(address=address, key="none", **plan), "test", utc_now)
    serve.__dict__["load"] = load
    async with server:
        await load.go()
        done.set()
    return load


def test_a_server_that_stands_still_is_charged_for_all_that_was_due_meanwhile():
    async def serve(reader, writer):
        async for _ in requests_of(reader):
            while serve.load.longest_queue < 20:  # it stands still until so many wait
                await asyncio.sleep(0)
            writer.write(CHUNKED)

    load = asyncio.run(against(serve, rate=400.0, seconds=0.1, connections=1))
    assert load.transfers == len(load.allowed) == 40
    assert load.longest_queue >= 20
    for place, took in enumerate(sorted(load.allowed, reverse=True)[:20]):
        assert took >= (20 - place - 1) / 400, "who was due while it stood still waited for it"


def test_only_what_says_not_why_it_was_held_is_unexplained():
    holds = [
        {"action": "hold", "score": 0.9, "degraded": []},
        {"action": "hold", "score": 0.9, "degraded": ["lists"]},
        {"action": "block", "score": 0.9, "degraded": ["lists", "explanation"]},
        {"action": "hold", "score": None, "degraded": ["score"]},
    ]

    async def serve(reader, writer):
        async for _ in requests_of(reader):
            answer = json.dumps(holds.pop(), separators=(",", ":")).encode()
            writer.write(HEAD + b"%x\r\n%s\r\n0\r\n\r\n" % (len(answer), answer))

    load = asyncio.run(against(serve, rate=400.0, seconds=0.01, connections=1))
    assert not holds
    assert (len(load.harsh), load.unexplained) == (4, 2)


def test_connections_that_are_lost_are_counted_and_opened_again():
    async def serve(reader, writer):
        async for _ in requests_of(reader):
            if serve.load.statuses["lost"] < 3:
                return  # and the connection with it
            writer.write(CHUNKED)

    load = asyncio.run(against(serve, rate=200.0, seconds=0.2, connections=1))
    assert load.statuses["lost"] == 3
    assert load.statuses["201"] + load.statuses["unsent"] == 37
    assert load.transfers > 0


def test_what_is_on_its_way_at_the_end_is_unanswered_and_the_server_has_lost_nothing():
    async def serve(reader, writer):
        async for body in requests_of(reader):
            if body["transfer_id"] != "test-1":
                await reader.read()  # until the other side has had enough
            writer.write(CHUNKED)

    load = asyncio.run(against(serve, rate=200.0, seconds=0.1, connections=2, patience_s=0.1))
    assert dict(load.statuses) == {"201": 1, "unanswered": 2, "unsent": 17}


def test_what_is_refused_is_counted_apart_and_is_no_latency():
    async def serve(reader, writer):
        async for body in requests_of(reader):
            fine = int(body["transfer_id"].rpartition("-")[2]) % 2
            writer.write(CHUNKED if fine else b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")

    load = asyncio.run(against(serve, rate=500.0, seconds=0.1, connections=2))
    assert dict(load.statuses) == {"201": 25, "503": 25, "unanswered": 0, "unsent": 0}
    assert len(load.allowed) == load.transfers == len(load.on_the_wire) == 25
    assert len(load.refused) == 25


def test_a_deployment_is_loaded_and_answers_everything(server):
    token = server.headers["authorization"].removeprefix("Bearer ")
    command = ["load", "--url", str(server.base_url), "--json", "--rate", "100", "--duration", "0.5", "--key"]
    ran = CliRunner().invoke(app, [*command, token])
    found = json.loads(ran.output)
    assert (ran.exit_code, found["transfers"], found["statuses"]) == (0, 50, {"201": 50})
    assert 0 < found["p50_ms"] <= found["p90_ms"] <= found["p99_ms"] <= found["p999_ms"] <= found["max_ms"]
    refused = CliRunner().invoke(app, [*command, "afk_of_nobody"])
    assert (refused.exit_code, json.loads(refused.output)["statuses"]) == (1, {"401": 50})
    lines = [*command[:3], "--rate", "20", "--duration", "0.5", "--batch", "10", "--connections", "1"]
    said = CliRunner().invoke(app, [*lines, "--key", token])
    assert said.output.startswith("100 transfers decided"), said.output
    assert (said.exit_code, "from the moment each was due" in said.output) == (0, True)
    closed = CliRunner().invoke(app, [*command[:4], "--duration", "0.3", "--connections", "2", "--key", token])
    found = json.loads(closed.output)
    assert (closed.exit_code, set(found["statuses"])) == (0, {"201"})
    assert 0 < found["per_second"] * 0.3 <= found["transfers"]


@pytest.mark.parametrize("url", ["engine.example", "ftp://engine.example", "http://", "http://engine:port"])
def test_what_is_no_address_is_refused(url):
    with pytest.raises(InvalidValue, match="url"):
        Address.of(url)


def test_nobody_at_an_address_is_said():
    plan = Plan(address=Address.of(f"http://127.0.0.1:{free_port()}"), key="none", seconds=1.0, rate=1.0)
    with pytest.raises(Unavailable, match="nobody answers"):
        asyncio.run(loaded(plan, "test", utc_now))
