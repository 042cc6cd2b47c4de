"""A deployment under a steady load for long: does memory grow beyond the state, does anything slow down? `make soak`.

    python -m tests.benchmarks.soak [--minutes 30] [--share 0.6] [--quick]

Prints memory and latencies a slice; the exit code is 1 when the end is worse than the start.
"""

import argparse
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import NamedTuple

from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console
from rich.progress import track
from rich.table import Table

from tests.benchmarks.__main__ import apart
from tests.benchmarks.servers import engine, loaded
from tests.benchmarks.sizes import FULL, QUICK, ROOT, Bench
from tests.benchmarks.trained import put_model

_MIB = 1 << 20
_SLOWER = 1.5  # times the p99 of the first slices: no more than a machine's own moods
_LEAK = 64  # bytes beside the state for each transfer decided since the middle; an id that was seen takes 8
_SLICES = 3, 30  # at least, and at most: one a minute


class Slice(NamedTuple):
    """What was so at the end of a slice of the time."""

    decided: int  # transfers since the start
    p50_ms: float
    p99_ms: float
    resident: int  # bytes of the process
    state: int  # bytes of it in the arrays of the state, which grows with what it remembers


def main(arguments=None):
    """Load and judge; return 1 if it was slower at the end than at the start, or if memory leaked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--share", type=float, default=0.6, help="of what it can decide")
    parser.add_argument("--quick", action="store_true", help="a tiny model: does it run?")
    given = parser.parse_args(arguments)
    (ROOT / "var").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "var", prefix="soak-") as name:
        bench = Bench(QUICK if given.quick else FULL, Path(name), None)
        apart(put_model, bench)
        rate, slices = soaked(bench, 60 * given.minutes, given.share)
    Console().print(_table(rate, slices))
    problems = degraded(slices)
    for problem in problems:
        Console(stderr=True).print(f"[red]{problem}[/]")
    return 1 if problems else 0


def soaked(bench, seconds, share):
    """Load a server with a share of what it can; return the rate, and what was so after each slice."""
    with engine(bench, "soak") as ours:
        loaded(ours, seconds=bench.sizes.seconds / 2)  # warm
        rate = share * loaded(ours, seconds=bench.sizes.seconds)["per_second"]
        slices, decided, count = [], 0, min(max(_SLICES[0], int(seconds / 60)), _SLICES[1])
        for number in track(range(count), "soaking", console=Console(stderr=True)):
            found = loaded(ours, seconds=seconds / count, rate=rate, seed=number)
            decided += found["transfers"]
            slices.append(Slice(decided, found["p50_ms"], found["p99_ms"], *_memory(ours)))
    return rate, slices


def degraded(slices):
    """Return what became worse: the last third of the slices, beside the first or from the middle on."""
    third = len(slices) // 3
    first, last = (min(each.p99_ms for each in part) for part in (slices[:third], slices[-third:]))
    middle, end = slices[len(slices) // 2], slices[-1]
    grown = (end.resident - end.state) - (middle.resident - middle.state)
    each = grown / max(1, end.decided - middle.decided)
    problems = []
    if last > _SLOWER * first:
        problems.append(f"slower: the best p99 was {first:.2f} ms in the first third, and {last:.2f} ms in the last")
    if each > _LEAK and grown > 16 * _MIB:
        problems.append(f"memory beside the state grew by {grown / _MIB:,.0f} MiB, {each:,.0f} B for each transfer")
    return problems


def _memory(server):
    """Return the resident memory of a server, and how much of it its state takes, in bytes."""
    status = Path(f"/proc/{server.process}/status").read_text()
    (resident,) = (int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=10) as page:
        families = text_string_to_metric_families(page.read().decode())
    (state,) = (each.samples[0].value for each in families if each.name == "antifraud_state_bytes")
    return resident << 10, int(state)


def _table(rate, slices):
    table = Table("", "decided", "p50", "p99", "memory", "of it state", title=f"{rate:,.0f} decisions a second")
    for name, at in (("start", 0), ("middle", len(slices) // 2), ("end", -1)):
        found = slices[at]
        sizes = (f"{size / _MIB:,.0f} MiB" for size in (found.resident, found.state))
        table.add_row(name, f"{found.decided:,}", f"{found.p50_ms:.2f} ms", f"{found.p99_ms:.2f} ms", *sizes)
    return table


if __name__ == "__main__":
    sys.exit(main())
