"""A real server with a real store, once for all tests that only talk to it."""

import contextlib
import os
import subprocess
import sys

import httpx
import pytest

from tests.api import making
from tests.servers import free_port

SERVE = (sys.executable, "-W", "ignore", "-c", "from api.commands.serve import serve; serve()")


def environment(folder, port, **more):
    return (
        os.environ
        | {
            "ANTIFRAUD_DATABASE_URL": f"sqlite:///{folder}/engine.db",
            "ANTIFRAUD_SHELF": str(folder / "shelf"),
            "ANTIFRAUD_STATE_DIR": str(folder / "state"),
            "ANTIFRAUD_PORT": str(port),
            "ANTIFRAUD_RATES": '{"USD": "500"}',
        }
        | more
    )


def wait_until_ready(process, client):
    while client_says(client, "/health/ready") != 200:
        with contextlib.suppress(subprocess.TimeoutExpired):
            pytest.fail(f"the server ended before it was ready, with code {process.wait(0.02)}")


def client_says(client, path):
    try:
        return client.get(path).status_code
    except httpx.TransportError:
        return None


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """Serve until the tests end; a client with all rights."""
    folder, port = tmp_path_factory.mktemp("server"), free_port()
    making.put_on(folder / "shelf", making.bundle())
    key = making.register(f"sqlite:///{folder}/engine.db")
    reader = making.register(f"sqlite:///{folder}/engine.db", "fictional-reader", ["decisions:read"])
    with (
        subprocess.Popen(SERVE, env=environment(folder, port), stderr=subprocess.DEVNULL) as process,
        httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {key}"}, timeout=30
        ) as client,
    ):
        wait_until_ready(process, client)
        client.database = f"sqlite:///{folder}/engine.db"
        client.of_a_reader = {"Authorization": f"Bearer {reader}"}
        yield client
        process.terminate()
        assert process.wait(20) == 0, "a server that is told to stop stops cleanly"
