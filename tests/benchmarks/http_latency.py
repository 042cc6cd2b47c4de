"""Decisions over HTTP, durable, against the bare route on the same server in the same run.

    python -m tests.benchmarks.http_latency [--rounds 3] [--seconds 3]

Prints one JSON object. Rounds alternate between the two servers, so that a busy machine slows both.
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.api.making import bundle, put_on, register
from tests.servers import free_port

TREES = 300


@contextlib.contextmanager
def serving(*command, port, path, **environment):
    """Run a server until the block ends."""
    process = subprocess.Popen([sys.executable, *command], env=os.environ | environment)
    try:
        for _ in range(600):
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5)
                break
            time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        process.wait(20)


@contextlib.contextmanager
def engine(folder, trees=TREES):
    """Run the engine on an empty store; give its port and a key."""
    port, url = free_port(), f"sqlite:///{folder}/bench.db"
    put_on(folder / "shelf", bundle(trees=trees, hold_at=2.0, block_at=2.0))
    key = register(url)
    settings = {
        "ANTIFRAUD_DATABASE_URL": url,
        "ANTIFRAUD_SHELF": str(folder / "shelf"),
        "ANTIFRAUD_STATE_DIR": str(folder / "state"),
        "ANTIFRAUD_PORT": str(port),
    }
    serve = os.environ.get("BENCH_SERVE", "from api.commands.serve import serve; serve()")
    with serving("-c", serve, port=port, path="/health/ready", **settings):
        yield port, key


@contextlib.contextmanager
def bare():
    """Run the bare route; give its port and any key."""
    port = free_port()
    with serving("-m", "tests.benchmarks.bare", str(port), port=port, path="/openapi.json"):
        yield port, "none"


def loaded(server, **options):
    """Load a server from another process and return what it printed."""
    port, key = server
    given = [f"--{name}={value}" for name, value in ({"port": port, "key": key} | options).items()]
    ran = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.loader", *given], check=True, capture_output=True, text=True
    )
    return json.loads(ran.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, engine(Path(folder)) as ours, bare() as plain:
        for server in (ours, plain):
            loaded(server, seconds=1)
        full = [[loaded(server, seconds=given.seconds) for server in (ours, plain)] for _ in range(given.rounds)]
        rates = [statistics.median(each["per_second"] for each in side) for side in zip(*full, strict=True)]
        half = [
            loaded(server, seconds=given.seconds, rate=rate / 2)
            for server, rate in zip((ours, plain), rates, strict=True)
        ]
        steady = loaded(ours, seconds=2 * given.seconds, rate=300, seed=2)
    print(
        json.dumps(
            {
                "decisions_per_second": rates[0],
                "bare_per_second": rates[1],
                "ratio": statistics.median(a["per_second"] / b["per_second"] for a, b in full),
                "us_per_request": 1e6 / rates[0],
                "bare_us_per_request": 1e6 / rates[1],
                "rounds": full,
                "half_load": half,
                "at_300_per_second": steady,
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
