"""More than it can do: what is taken is answered in time, the rest is refused at once, and nobody pays for another."""

import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median

import uvloop

from api.clock import utc_now
from api.loading import Address, Plan
from api.loading import loaded as load_of
from tests.api.making import register
from tests.benchmarks.figures import Figure
from tests.benchmarks.servers import engine, loaded

_TIMES = 3  # what it can decide
_SATURATING = 32  # connections at which it decides most: see `over_http`
_CONNECTIONS = 512  # of those that bring too much: more than may wait, so that some must be refused
_CALM = 0.1  # of what it can decide, by the participant that brings little
_PATIENCE_S = 30.0
_WELL = 2.0  # times the quiet p99: it is over


def overload(bench):
    """Bring three times what it can decide, then the half again; let one participant flood while another pays."""
    sizes = bench.sizes
    with engine(bench, "capacity") as ours:
        full = {"seconds": sizes.seconds, "connections": _SATURATING}
        loaded(ours, seconds=sizes.seconds / 2)  # warm
        can = median(loaded(ours, seed=turn, **full)["per_second"] for turn in range(sizes.rounds))
    with engine(bench, "overload") as ours:
        loaded(ours, seconds=sizes.seconds / 2)
        half = {"rate": can / 2, "connections": _SATURATING}
        quiet = loaded(ours, seconds=sizes.seconds, **half)
        usual = median(_slice(ours, sizes.seconds / 8, seed, **half) for seed in range(1, 9))
        much = loaded(
            ours, refusals=True, seconds=sizes.overload_seconds, rate=_TIMES * can, connections=_CONNECTIONS, seed=2
        )
        again = _well_again(ours, sizes.seconds / 8, usual, **half)
    taken, refused = much["on_the_wire"], much["refused"]
    calm, flooded = _beside_a_flood(bench, can)
    brought = f"{_TIMES} times {can:,.0f} decisions/s for {sizes.overload_seconds:g} s, on {_CONNECTIONS} connections"
    due, sent = int(_TIMES * can * sizes.overload_seconds), much["transfers"] + refused["count"]
    kept = (
        f"{brought}: of {due:,} that were due these could send {sent:,}, of which {much['transfers']:,} were decided, "
        f"{refused['count']:,} refused"
    )
    against = f"p99 {taken['p99_ms']:.2f} ms from its sending; quiet, at half of it: {quiet['p99_ms']:.2f} ms"
    well = f"p99 of {sizes.seconds / 8:g} s at the half, within {_WELL:g} times {1_000 * usual:.2f} ms, as before"
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
        Figure("overload: until it is well again", again, "s", 5, "lower", well),
        Figure(
            "a participant's p99 while another one floods, of a quiet one",
            flooded["p99_ms"] / calm["p99_ms"],
            "x",
            1.5,
            "lower",
            f"p99 {flooded['p99_ms']:.2f} and {calm['p99_ms']:.2f} ms at {_CALM * can:,.0f} requests/s",
        ),
    ]
    no_overload = "if hardly anything is, it was none"
    share = refused["count"] / max(1, sent)
    rows.append(Figure("overload: refused, of what was sent", share, "x", 0.05, "higher", no_overload))
    if not refused["count"]:
        return rows
    said = f"p99 {refused['p99_ms']:.2f} ms; {refused['count']:,} refused with 503"
    ratio = refused["p99_ms"] / quiet["p99_ms"]
    return [*rows, Figure("overload: p99 of a refusal, of a quiet answer", ratio, "x", 10, "lower", said)]


def _well_again(server, seconds, usual, **half):
    """Return how many seconds it takes until a short load is answered nearly as before; the load itself counts."""
    began = time.perf_counter()
    while (over := time.perf_counter() - began) < _PATIENCE_S:
        p99 = _slice(server, seconds, int(1_000 * over) + 10, **half)
        if p99 is not None and p99 <= _WELL * usual:
            return time.perf_counter() - began
    return over


def _slice(server, seconds, seed, rate, connections):
    """Return the p99 in seconds of a short load, None if any of it was refused.

    It comes from this process: the start of another one takes longer than most of what is looked for.
    """
    address = Address.of(f"http://127.0.0.1:{server.port}")
    plan = Plan(
        address=address, key=server.key, seconds=max(0.2, seconds), rate=rate, connections=connections, seed=seed
    )
    found = uvloop.run(load_of(plan, f"slice-{seed}", utc_now))
    return found["p99_ms"] / 1_000 if set(found["statuses"]) <= {"201"} else None


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
