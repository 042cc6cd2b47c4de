"""What nobody waits for is done beside the server: whatever ends, it goes on, and it ends with the server."""

import asyncio
import contextlib
import os
import signal
import subprocess
from collections import Counter
from pathlib import Path

import httpx

from antifraud.domain.center.hold import Hold
from antifraud.store.center import open_book
from api.metrics import Metrics
from tests.api import making
from tests.api.conftest import SERVE, environment, wait_until_ready
from tests.api.making import body
from tests.servers import free_port
from tests.waiting import until


@contextlib.contextmanager
def served(folder):
    """Run a server that holds everything, with its keeper beside it; yield its process and a client."""
    if not (folder / "shelf").exists():
        making.put_on(folder / "shelf", making.bundle(hold_at=0.0, block_at=1.0))
    port, key = free_port(), making.register(f"sqlite:///{folder}/engine.db")
    with (
        subprocess.Popen(SERVE, env=environment(folder, port, ANTIFRAUD_KEEPER="beside")) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"X-Api-Key": key}, timeout=30) as client,
    ):
        try:
            wait_until_ready(process, client)
            yield process, client
        finally:
            process.kill()


def keeper_of(server):
    """Return the process that keeps the Center for a server, None while there is none."""
    for child in Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split():
        with contextlib.suppress(OSError):
            if b"\0keep\0" in Path(f"/proc/{child}/cmdline").read_bytes():
                return int(child)
    return None


def is_gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def wait(what):
    return asyncio.run(asyncio.wait_for(until(what), 60))


def held(folder, client, number):
    """Return once a transfer that is asked about has a hold in the Center's book."""
    asked = body(number)
    assert client.post("/v1/decisions", json=asked).json()["action"] == "hold"
    key = f"transfer:fictional-bank/{asked['transfer_id']}"
    book = open_book(f"sqlite:///{folder}/center.db")
    wait(lambda: book.read_now(lambda page: page.found_by(Hold, key)))
    book.close()


def test_it_is_begun_anew_when_it_ends_and_counts_on(tmp_path):
    with served(tmp_path) as (server, client):
        wait(lambda: keeper_of(server) is not None)
        first = keeper_of(server)
        held(tmp_path, client, 1)
        os.kill(first, signal.SIGKILL)
        held(tmp_path, client, 2)
        assert keeper_of(server) not in (None, first)
        second = keeper_of(server)
        server.terminate()
        assert server.wait(30) == 0
        assert is_gone(second), "a server that stops takes it along"


def test_it_ends_with_a_server_that_is_killed(tmp_path):
    with served(tmp_path) as (server, _):
        wait(lambda: keeper_of(server) is not None)
        keeper = keeper_of(server)
        server.kill()
        server.wait(30)
        wait(lambda: is_gone(keeper))


def test_what_it_counts_is_shown_with_what_the_server_counts():
    metrics = Metrics()
    own = Counter(pushed=3)
    metrics.counter("pushed", "Events.", lambda: own["pushed"])
    metrics.add({"pushed": 2})
    own["pushed"] += 1
    metrics.add({"pushed": 5})
    assert metrics.counts() == {"pushed": 11}
    assert b"pushed_total 11.0" in metrics.page()
