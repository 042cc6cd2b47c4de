"""More than it can do: what is taken is answered in time, the rest is refused at once, and nobody pays for another."""

import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median

from tests.api.making import register
from tests.benchmarks.figures import Figure
from tests.benchmarks.servers import engine, loaded

_TIMES = 3  # what it can decide
_CONNECTIONS = 128  # of those that bring too much
_ROOM_S = 0.02  # of work lets the engine in at once
_CALM = 0.1  # of what it can decide, by the participant that brings little
_PATIENCE_S = 30.0
_WELL = 2.0  # times the quiet p99: it is over


def overload(bench):
    """Bring three times what it can decide, then the half again; let one participant flood while another pays."""
    sizes = bench.sizes
    with engine(bench, "capacity") as ours:
        loaded(ours, seconds=sizes.seconds / 2)  # warm
        can = median(loaded(ours, seconds=sizes.seconds, seed=turn)["per_second"] for turn in range(sizes.rounds))
    room = {"ANTIFRAUD_MAX_ON_THE_WAY": str(max(16, int(can * _ROOM_S)))}
    with engine(bench, "overload", **room) as ours:
        loaded(ours, seconds=sizes.seconds / 2)
        quiet = loaded(ours, seconds=sizes.seconds, rate=can / 2)
        much = loaded(
            ours, refusals=True, seconds=sizes.overload_seconds, rate=_TIMES * can, connections=_CONNECTIONS, seed=2
        )
        again = _well_again(ours, sizes.seconds / 8, can / 2, quiet["p99_ms"])
    taken, refused = much["on_the_wire"], much["refused"]
    calm, flooded = _beside_a_flood(bench, can)
    brought = f"{_TIMES} times {can:,.0f} decisions/s for {sizes.overload_seconds:g} s, on {_CONNECTIONS} connections"
    kept = f"{brought}: {much['transfers']:,} decided, {refused['count']:,} refused"
    against = f"p99 {taken['p99_ms']:.2f} ms from its sending; quiet, at half of it: {quiet['p99_ms']:.2f} ms"
    rows = [
        Figure(
            "overload: p99 of what is taken, of a quiet one",
            taken["p99_ms"] / quiet["p99_ms"],
            "x",
            10,
            "lower",
            against,
        ),
        Figure("overload: decided, of what it can", much["per_second"] / can, "x", 0.5, "higher", kept),
        Figure("overload: until it is well again", again, "s", 5, "lower", f"p99 within {_WELL:g} times the quiet one"),
        Figure(
            "a participant's p99 while another one floods, of a quiet one",
            flooded["p99_ms"] / calm["p99_ms"],
            "x",
            1.5,
            "lower",
            f"p99 {flooded['p99_ms']:.2f} and {calm['p99_ms']:.2f} ms at {_CALM * can:,.0f} requests/s",
        ),
    ]
    if refused["count"]:
        said = f"p99 {refused['p99_ms']:.2f} ms; {refused['count']:,} refused with 503"
        ratio = refused["p99_ms"] / quiet["p99_ms"]
        rows.append(Figure("overload: p99 of a refusal, of a quiet answer", ratio, "x", 10, "lower", said))
    return rows


def _well_again(server, seconds, rate, quiet_p99):
    """Return how many seconds it takes until a short load is answered nearly as before; the load itself counts."""
    began = time.perf_counter()
    while (over := time.perf_counter() - began) < _PATIENCE_S:
        found = loaded(server, refusals=True, seconds=max(0.2, seconds), rate=rate, seed=int(1_000 * over))
        if not found["refused"]["count"] and found["p99_ms"] <= _WELL * quiet_p99:
            return time.perf_counter() - began
    return over


def _beside_a_flood(bench, can):
    """Return what a small participant was answered alone, and while another sends as much as it can."""
    other = register(f"sqlite:///{bench.folder}/flood.db", "flooding-bank")
    seconds, quiet, beside = bench.sizes.seconds, [], []
    with engine(bench, "flood") as ours, ThreadPoolExecutor(1) as hand:
        flooding = ours._replace(key=other)
        loaded(ours, seconds=seconds / 2)
        for turn in range(min(bench.sizes.rounds, 3)):
            quiet.append(loaded(ours, seconds=seconds, rate=_CALM * can, seed=turn))
            flood = hand.submit(loaded, flooding, refusals=True, seconds=2 * seconds, connections=64, seed=100 + turn)
            time.sleep(seconds / 2)
            beside.append(loaded(ours, seconds=seconds, rate=_CALM * can, seed=200 + turn))
            flood.result()
    return tuple({"p99_ms": median(each["p99_ms"] for each in side)} for side in (quiet, beside))
