"""The engine and the bare route as processes of their own, and loads on them from a third."""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request

from tests.api.making import register
from tests.servers import free_port

_SERVE = "from api.commands.serve import serve; serve()"


@contextlib.contextmanager
def serving(*command, log, port, path, **environment):
    """Run a server until the block ends; raise RuntimeError with its last words if it does not answer."""
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, *command], env=os.environ | environment, stdout=out, stderr=out)
    try:
        if not _answers(process, f"http://127.0.0.1:{port}{path}"):
            raise RuntimeError(f"the server does not answer: {log.read_text()[-2_000:]}")
        yield
    finally:
        process.terminate()
        process.wait(60)


def _answers(process, url):
    for _ in range(600):
        if process.poll() is not None:
            return False
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(url, timeout=5).close()
            return True
        time.sleep(0.1)
    return False


@contextlib.contextmanager
def engine(bench, name):
    """Run the engine on an empty SQLite store on the real disk; give its port and a key."""
    port, url = free_port(), f"sqlite:///{bench.folder}/{name}.db"
    settings = {
        "ANTIFRAUD_DATABASE_URL": url,
        "ANTIFRAUD_SHELF": str(bench.shelf),
        "ANTIFRAUD_STATE_DIR": str(bench.folder / f"{name}.state"),
        "ANTIFRAUD_PORT": str(port),
    }
    key = register(url)
    serve, log = os.environ.get("BENCH_SERVE", _SERVE), bench.folder / f"{name}.log"
    with serving("-c", serve, log=log, port=port, path="/health/ready", **settings):
        yield port, key


@contextlib.contextmanager
def bare(bench):
    """Run the bare route; give its port and any key."""
    port = free_port()
    command, log = ("-m", "tests.benchmarks.bare", str(port)), bench.folder / "bare.log"
    with serving(*command, log=log, port=port, path="/openapi.json"):
        yield port, "none"


def loaded(server, **options):
    """Load a server from another process and return what it printed; raise RuntimeError on any wrong answer."""
    port, key = server
    given = [f"--{name}={value}" for name, value in ({"port": port, "key": key} | options).items()]
    command = [sys.executable, "-m", "tests.benchmarks.loader", *given]
    ran = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    found = json.loads(ran.stdout)
    if set(found["statuses"]) - {"200", "201"}:
        raise RuntimeError(f"a load must be answered, was {found['statuses']} with {options}")
    return found
