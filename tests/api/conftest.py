"""A real server with a real store, once for all tests that only talk to it."""

import contextlib
import json
import os
import subprocess
import sys

import httpx
import pytest

from tests.api import making
from tests.forked import Forked
from tests.oidc_provider import CLIENTS
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
            "ANTIFRAUD_KEEPER": "inside",  # many servers are started, and more processes for each take their time
            "ANTIFRAUD_SHADOW_EVERY_S": "0",
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


def identity_providers(issuer):
    """Return how the provider of the tests is known to the engine: of one bank, and of several participants."""
    roles = {"desk": "bank_analyst", "chief": "bank_officer", "detective": "investigator"}
    return {
        "fictional-idp": {
            "issuer": issuer,
            "client_id": "engine",
            "client_secret": CLIENTS["engine"],
            "participant": "fictional-bank",
            "roles_claim": "realm_access.roles",
            "roles": roles,
            "administrators": ["head"],
        },
        "away-idp": {"issuer": "http://127.0.0.1:9", "client_id": "x", "participant": "fictional-bank", "roles": roles},
        "shared-idp": {"issuer": issuer, "client_id": "shared", "participant_claim": "org", "roles": roles},
    }


@contextlib.contextmanager
def providing():
    """Run an OpenID Connect provider; yield its issuer."""
    port = free_port()
    with subprocess.Popen((sys.executable, "-m", "tests.oidc_provider", str(port))) as process:
        issuer = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=issuer) as client:
            while client_says(client, "/keys") != 200:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    pytest.fail(f"the provider ended with code {process.wait(0.02)}")
        try:
            yield issuer
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def provider():
    """Run an OpenID Connect provider until the tests end; return its issuer."""
    with providing() as issuer:
        yield issuer


@contextlib.contextmanager
def serving(folder, made=None, **more):
    """Serve a folder of its own; yield a client with all rights of a bank."""
    making.put_on(folder / "shelf", making.bundle() if made is None else made)
    database, port = f"sqlite:///{folder}/engine.db", free_port()
    key = making.register(database)
    with (
        Forked(environment(folder, port, **more)) as process,
        httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {key}"}, timeout=30
        ) as client,
    ):
        try:
            wait_until_ready(process, client)
            client.database = database
            yield client
        finally:
            process.terminate()
        assert process.wait(20) == 0, "a server that is told to stop stops cleanly"


@pytest.fixture(scope="session")
def server(tmp_path_factory, provider):
    """Serve until the tests end; a client with all rights."""
    folder = tmp_path_factory.mktemp("server")
    reader = making.register(f"sqlite:///{folder}/engine.db", "fictional-reader", ["decisions:read"])
    oidc = json.dumps(identity_providers(provider))
    proxies = "127.0.0.1"  # so that each browser of the tests has an address of its own
    with serving(folder, ANTIFRAUD_OIDC=oidc, ANTIFRAUD_TRUSTED_PROXIES=proxies) as client:
        client.of_a_reader = {"Authorization": f"Bearer {reader}"}
        yield client
