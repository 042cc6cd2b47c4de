"""Decisions over HTTP, durable: how many, how late, and what explaining costs."""

from statistics import median

from tests.benchmarks.figures import Figure
from tests.benchmarks.servers import bare, engine, loaded

_FEW = 8  # connections: a client that waits for its answers before it asks again
_CONNECTIONS = (_FEW, 16, 32)  # the engine answers a group of requests after one commit: more of them fill its waiting
_SATURATED = ("per_second", "cpu_us")
_SIDES = ("the engine", "the bare route")
_STEADY = 300  # requests a second
_HARSH = 0.03  # of the transfers bear the signs of a client being talked through them


def decisions(bench):
    """Saturate the engine and the bare route in turns, each at the connections that suit it; then load each by half."""
    seconds, rounds = bench.sizes.seconds, range(bench.sizes.rounds)
    with engine(bench, "decisions") as ours, bare(bench) as plain:
        servers = (ours, plain)
        for server in servers:
            loaded(server, seconds=seconds / 2)  # warm
        full = {
            many: [[loaded(each, seconds=seconds, seed=turn, connections=many) for each in servers] for turn in rounds]
            for many in _CONNECTIONS
        }
        mine, theirs = (_best(full, side) for side in range(2))
        calm = [(server, best["per_second"] / 2) for server, best in zip(servers, (mine, theirs), strict=True)]
        steadily = {"seconds": seconds, "connections": _CONNECTIONS[-1]}
        half = [[loaded(each, rate=rate, seed=turn, **steadily) for each, rate in calm] for turn in rounds]
        bulk = [_bulk(ours, bench, turn) for turn in rounds]
    few = median(each["per_second"] / other["per_second"] for each, other in full[_FEW])
    ratio = mine["per_second"] / theirs["per_second"]
    (p99, bare_p99) = (median(each["p99_ms"] for each in side) for side in zip(*half, strict=True))
    in_bulk = {name: median(each[name] for each in bulk) for name in _SATURATED}
    against = f"{_said(mine, 'decisions')}; the bare FastAPI route {_said(theirs, 'answers')}"
    at_few = "; ".join(
        f"{what} {median(each[side]['per_second'] for each in full[_FEW]):,.0f}/s" for side, what in enumerate(_SIDES)
    )
    at_half = f"{calm[0][1]:,.0f} requests/s; the bare route {bare_p99:.2f} ms at {calm[1][1]:,.0f}/s"
    batches = (
        f"{in_bulk['per_second']:,.0f} transfers/s in batches of {bench.sizes.batch:,} on 2 connections, "
        f"{in_bulk['cpu_us']:.0f} us of processor time each; one a request {_said(mine, 'decisions')}"
    )
    many = in_bulk["per_second"] / mine["per_second"]
    return [
        Figure("decisions a second, of the bare route", ratio, "x", 0.55, "higher", against),
        Figure("decisions a second, of the bare route: second mark", ratio, "x", 0.65, "higher", against),
        Figure(f"decisions a second on {_FEW} connections, of the bare route", few, "x", 0.55, "higher", at_few),
        Figure("p99 at half the saturating load", p99, "ms", 10, "lower", at_half),
        Figure("p99 at half the saturating load, of the bare route", p99 / bare_p99, "x", 3, "lower", at_half),
        Figure("bulk intake, of single requests", many, "x", 8, "higher", batches),
        Figure("bulk intake, of single requests: second mark", many, "x", 10, "higher", batches),
    ]


def _best(full, side):
    """Return the medians of one server at the number of connections at which it did most."""
    medians = [
        {name: median(each[side][name] for each in turns) for name in _SATURATED} | {"connections": many}
        for many, turns in full.items()
    ]
    return max(medians, key=lambda each: each["per_second"])


def _said(best, what):
    rate, cpu = (best[name] for name in _SATURATED)
    return f"{rate:,.0f} {what}/s on {best['connections']} connections, {cpu:.0f} us of processor time each"


def _bulk(server, bench, turn):
    options = {"connections": 2, "batch": bench.sizes.batch, "accounts": 100_000, "seed": turn}
    return loaded(server, seconds=bench.sizes.seconds, **options)


_ELSEWHERE = (
    "measured elsewhere by others, p50 and p99: plain FastAPI with LightGBM 0.6 and 0.9 ms; tuned model servers 1 to "
    "10 ms; a rules engine with six rules 52 ms at its p50"
)


def steady(bench):
    """Send transfers at fixed moments whatever the server does: honest ones and some that are held, in turns."""
    options = {"seconds": bench.sizes.steady_seconds, "rate": _STEADY}
    rounds = range(1, 1 + min(bench.sizes.rounds, 3))
    with engine(bench, "steady") as ours:
        loaded(ours, seconds=bench.sizes.seconds / 2, rate=_STEADY)  # warm
        calm, mixed = [], []
        for turn in rounds:
            calm.append(loaded(ours, seed=turn, **options))
            mixed.append(loaded(ours, seed=100 + turn, harsh=_HARSH, **options))
    p50, p99, p999 = (median(each[name] for each in calm) for name in ("p50_ms", "p99_ms", "p999_ms"))
    requests = f"{sum(sum(each['statuses'].values()) for each in calm):,} requests from their due moments; {_ELSEWHERE}"
    return [
        Figure("open loop at 300/s, p50", p50, "ms", 2, "lower", requests),
        Figure("open loop at 300/s, p99", p99, "ms", 10, "lower", requests),
        Figure("open loop at 300/s, p99.9", p999, "ms", 25, "lower", requests),
        *_explained(calm, mixed),
    ]


def _explained(calm, mixed):
    """Compare rounds in which nothing is held with rounds in which some are, transfers apart by their action."""
    held = [each["harsh"] for each in mixed]
    count = sum(each["count"] for each in held)
    share = 1 - sum(each["unexplained"] for each in held) / count
    p50, p99 = (median(each[name] for each in held) for name in ("p50_ms", "p99_ms"))
    allows, alone = (median(each["allow"]["p50_ms"] for each in side) for side in (mixed, calm))
    what = f"{count:,} holds and blocks among {_STEADY} requests/s, all of the way: p50 {p50:.2f} ms"
    return [
        Figure("holds and blocks with an explanation", share, "of all", 1, "higher", what),
        Figure("a hold or block with its explanation, p99", p99, "ms", 25, "lower", what),
        Figure(
            "an allow while others are explained, of one while none is",
            allows / alone,
            "x",
            1.25,
            "lower",
            f"p50 {allows:.2f} and {alone:.2f} ms; one in {1 / _HARSH:.0f} is held",
        ),
    ]
