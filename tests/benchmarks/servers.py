"""The engine and the bare route as processes of their own, and loads on them from a third."""

import contextlib
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import NamedTuple

from tests.api.making import register
from tests.servers import free_port

_TICKS = os.sysconf("SC_CLK_TCK")
_SERVE = "from api.commands.serve import serve; serve()"


class Server(NamedTuple):
    """Where a server answers, and who it is."""

    port: int
    key: str
    process: int

    def cpu_seconds(self):
        """Return the processor time of all its threads so far."""
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS


@contextlib.contextmanager
def serving(*command, log, port, path, **environment):
    """Run a server until the block ends; raise RuntimeError with its last words if it does not answer."""
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, *command], env=os.environ | environment, stdout=out, stderr=out)
    try:
        if not _answers(process, f"http://127.0.0.1:{port}{path}"):
            raise RuntimeError(f"the server does not answer: {log.read_text()[-2_000:]}")
        yield process.pid
    finally:
        process.terminate()
        process.wait(60)


def _answers(process, url):
    for _ in range(600):
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(url, timeout=5).close()
            return True
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.1)
            return False
    return False


@contextlib.contextmanager
def engine(bench, name, **more):
    """Run the engine on an empty SQLite store on the real disk, with more settings or none; say where."""
    port, url = free_port(), f"sqlite:///{bench.folder}/{name}.db"
    settings = {
        "ANTIFRAUD_DATABASE_URL": url,
        "ANTIFRAUD_CENTER_URL": f"sqlite:///{bench.folder}/{name}.center.db",  # a book follows one log
        "ANTIFRAUD_SHELF": str(bench.shelf),
        "ANTIFRAUD_STATE_DIR": str(bench.folder / f"{name}.state"),
        "ANTIFRAUD_PORT": str(port),
        **more,
    }
    key = register(url)
    serve, log = os.environ.get("BENCH_SERVE", _SERVE), bench.folder / f"{name}.log"
    with serving("-c", serve, log=log, port=port, path="/health/ready", **settings) as process:
        yield Server(port, key, process)


@contextlib.contextmanager
def bare(bench):
    """Run the bare route; say where."""
    port = free_port()
    command, log = ("-m", "tests.benchmarks.bare", str(port)), bench.folder / "bare.log"
    with serving(*command, log=log, port=port, path="/openapi.json") as process:
        yield Server(port, "none", process)


def loaded(server, refusals=False, **options):
    """Load a server from another process and return what it printed; raise RuntimeError on any wrong answer.

    With `refusals` it may say 503, and what waited for a connection until the end may stay unsent.

    `cpu_us` is the server's processor time a transfer: it says the same on a busy machine as on a quiet one.
    """
    url = f"http://127.0.0.1:{server.port}"
    options = {"url": url, "key": server.key, "duration": options.pop("seconds"), **options}
    command = [sys.executable, "-m", "api", "load", "--json", *(f"--{name}={value}" for name, value in options.items())]
    before = server.cpu_seconds()
    ran = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    if not ran.stdout:
        raise RuntimeError(f"the load did not run: {ran.stderr[-2_000:]}")
    found = json.loads(ran.stdout)
    if set(found["statuses"]) - {"200", "201"} - ({"503", "unsent"} if refusals else set()):
        raise RuntimeError(f"a load must be answered, was {found['statuses']} with {options}")
    return found | {"cpu_us": 1e6 * (server.cpu_seconds() - before) / max(found["transfers"], 1)}
