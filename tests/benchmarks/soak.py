"""A deployment under a steady load for long: does memory grow beyond the state, does anything slow down? `make soak`.

    python -m tests.benchmarks.soak [--minutes 30] [--share 0.6] [--quick] [--out docs/soak.md]

Prints and writes how it was at the start, in the middle and at the end; the exit code is 1 when the end is worse than
the start, or when anything was decided blind or refused.
"""

import argparse
import sys
import tempfile
import urllib.request
from pathlib import Path
from statistics import median
from typing import NamedTuple

from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console
from rich.progress import track
from rich.table import Table

from tests.benchmarks.__main__ import apart
from tests.benchmarks.machine import machine
from tests.benchmarks.servers import engine, loaded
from tests.benchmarks.sizes import FULL, QUICK, ROOT, Bench
from tests.benchmarks.trained import put_model

_MIB = 1 << 20
_SLOWER = 1.5  # times the p99 of the first slices: no more than a machine's own moods
_CONNECTIONS = 32  # at which it decides most: see `over_http`
_LEAK = 64  # bytes beside the state for each transfer decided since the middle; an id that was seen takes 8
_COLUMNS = ("decided", "held", "p50", "p99", "memory", "of it state", "degraded", "refused")
_OF_ALL = 30  # part of the time in which it shows what it can: of seconds alone the keeper's work would not be part
_SLICES = 3, 30  # at least, and at most: one a minute
_INTRODUCTION = """# Half an hour under load

Written by `make soak`. A deployment on an empty SQLite store, every commit durable on a real disk, decides made-up
transfers at a steady share of what it can in a minute, from another process on the same cores. Each row is one slice of
the time; latencies count from the moment a request was due. Held are transfers that were held or blocked, each of which
takes many times as long: the share is of what it can while none is. Memory is that of the serving process, and `state`
is the part of it that remembers transfers and grows with them. Degraded are decisions for which something was missing,
refused are requests answered with 4xx or 5xx. All are counted since the start.
"""


class Slice(NamedTuple):
    """What was so at the end of a slice of the time."""

    decided: int  # transfers since the start
    held: int  # of them, or blocked: each takes many times as long
    p50_ms: float
    p99_ms: float
    resident: int  # bytes of the process
    state: int  # bytes of it in the arrays of the state, which grows with what it remembers
    degraded: int  # decisions for which something was missing, since the start
    refused: int  # requests answered with 4xx or 5xx, since the start


def main(arguments=None):
    """Load, judge and write; return 1 if it became slower, if memory leaked, or if anything was degraded or refused."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--share", type=float, default=0.6, help="of what it can decide")
    parser.add_argument("--quick", action="store_true", help="a tiny model: does it run?")
    parser.add_argument("--out", type=Path, help="the page to write; a quick run writes none by itself")
    given = parser.parse_args(arguments)
    (ROOT / "var").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "var", prefix="soak-") as name:
        bench = Bench(QUICK if given.quick else FULL, Path(name), None)
        on = machine(bench.folder)
        apart(put_model, bench)
        rate, slices = soaked(bench, 60 * given.minutes, given.share)
    Console().print(_table(rate, slices))
    problems = worse(slices)
    if (out := given.out or (None if given.quick else ROOT / "docs" / "soak.md")) is not None:
        out.write_text(
            page(f"{given.minutes:g} minutes at {given.share:.0%} of what it can", rate, slices, problems, on)
        )
    for problem in problems:
        Console(stderr=True).print(f"[red]{problem}[/]")
    return 1 if problems else 0


def soaked(bench, seconds, share):
    """Load a server with a share of what it can; return the rate, and what was so after each slice."""
    with engine(bench, "soak") as ours:
        loaded(ours, seconds=bench.sizes.seconds / 2)  # warm
        can = loaded(ours, seconds=max(bench.sizes.seconds, seconds / _OF_ALL), connections=_CONNECTIONS)
        rate = share * can["per_second"]
        slices, decided, held, count = [], 0, 0, min(max(_SLICES[0], int(seconds / 60)), _SLICES[1])
        for number in track(range(count), "soaking", console=Console(stderr=True)):
            found = loaded(
                ours, refusals=True, seconds=seconds / count, rate=rate, connections=_CONNECTIONS, seed=number
            )
            decided += found["transfers"]
            held += found["harsh"]["count"]
            slices.append(Slice(decided, held, found["p50_ms"], found["p99_ms"], _resident(ours), *_counted(ours)))
    return rate, slices


def worse(slices):
    """Return what became worse from the first third to the last or since the middle, and what must never be."""
    third = len(slices) // 3
    first, last = (median(each.p99_ms for each in part) for part in (slices[:third], slices[-third:]))
    middle, end = slices[len(slices) // 2], slices[-1]
    grown = (end.resident - end.state) - (middle.resident - middle.state)
    each = grown / max(1, end.decided - middle.decided)
    problems = []
    if last > _SLOWER * first:
        problems.append(f"slower: the median p99 was {first:.2f} ms in the first third, and {last:.2f} ms in the last")
    if each > _LEAK and grown > 16 * _MIB:
        problems.append(f"memory beside the state grew by {grown / _MIB:,.0f} MiB, {each:,.0f} B for each transfer")
    if end.degraded:
        problems.append(f"degraded: something was missing for {end.degraded:,} decisions")
    if end.refused:
        problems.append(f"refused: {end.refused:,} requests")
    return problems


def _resident(server):
    """Return the resident memory of a server in bytes."""
    status = Path(f"/proc/{server.process}/status").read_text()
    (resident,) = (int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))
    return resident << 10


def _counted(server):
    """Return what a server says of itself: bytes of its state, decisions that were degraded, requests refused."""
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=10) as got:
        families = {each.name: each.samples for each in text_string_to_metric_families(got.read().decode())}
    names = ("antifraud_state_bytes", "antifraud_degraded", "antifraud_refused")
    return tuple(int(sum(sample.value for sample in families[name])) for name in names)


def _rows(slices):
    """Return a row of words for the first, the middle and the last slice."""
    for name, at in (("start", 0), ("middle", len(slices) // 2), ("end", -1)):
        found = slices[at]
        sizes = (f"{size / _MIB:,.0f} MiB" for size in (found.resident, found.state))
        decided, held, *missing = (f"{n:,}" for n in (found.decided, found.held, found.degraded, found.refused))
        yield name, decided, held, f"{found.p50_ms:.2f} ms", f"{found.p99_ms:.2f} ms", *sizes, *missing


def _table(rate, slices):
    table = Table("", *_COLUMNS, title=f"{rate:,.0f} decisions a second")
    for row in _rows(slices):
        table.add_row(*row)
    return table


def page(what, rate, slices, problems, on):
    """Return the page of a run on a machine, with what became worse."""
    lines = [
        _INTRODUCTION,
        f"{what}: {rate:,.0f} decisions a second.",
        "",
        f"| {' | '.join(('When', *_COLUMNS))} |",
        f"|{'---|' * (1 + len(_COLUMNS))}",
        *(f"| {' | '.join(row)} |" for row in _rows(slices)),
        "",
        "Nothing became worse, and nothing was degraded or refused." if not problems else "What must not be:",
        "",
        *(f"- {problem}" for problem in problems),
        *([""] if problems else []),
        "## Machine",
        "",
        *(f"- {name}: {value}" for name, value in on.items()),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
