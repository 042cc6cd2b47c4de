"""Decisions over HTTP, durable: how many, how late, and what explaining costs."""

from statistics import median

from tests.benchmarks.figures import Figure
from tests.benchmarks.servers import bare, engine, loaded

_CONNECTIONS = 8
_SATURATED = ("per_second", "cpu_us")
_STEADY = 300  # requests a second
_HARSH = 0.03  # of the transfers bear the signs of a client being talked through them


def decisions(bench):
    """Saturate the engine and the bare route in turns, then load each with half of what it can."""
    seconds, rounds = bench.sizes.seconds, range(bench.sizes.rounds)
    with engine(bench, "decisions") as ours, bare(bench) as plain:
        servers = (ours, plain)
        for server in servers:
            loaded(server, seconds=seconds / 2)  # warm
        full = [[loaded(each, seconds=seconds, seed=turn) for each in servers] for turn in rounds]
        rates, cpu = ([median(each[name] for each in side) for side in zip(*full, strict=True)] for name in _SATURATED)
        calm = list(zip(servers, (rate / 2 for rate in rates), strict=True))
        half = [[loaded(each, seconds=seconds, rate=rate, seed=turn) for each, rate in calm] for turn in rounds]
        bulk = [_bulk(ours, bench, turn) for turn in rounds]
    ratio = median(mine["per_second"] / theirs["per_second"] for mine, theirs in full)
    (p99, bare_p99) = (median(each["p99_ms"] for each in side) for side in zip(*half, strict=True))
    many, many_cpu = (median(each[name] for each in bulk) for name in _SATURATED)
    against = (
        f"{rates[0]:,.0f} decisions/s, {cpu[0]:.0f} us of processor time each; "
        f"the bare FastAPI route {rates[1]:,.0f}/s, {cpu[1]:.0f} us; {_CONNECTIONS} connections"
    )
    at_half = f"{rates[0] / 2:,.0f} requests/s; the bare route {bare_p99:.2f} ms at {rates[1] / 2:,.0f}/s"
    batches = (
        f"{many:,.0f} transfers/s in batches of {bench.sizes.batch:,} on 2 connections, {many_cpu:.0f} us of processor "
        f"time each; one a request {rates[0]:,.0f}/s, {cpu[0]:.0f} us"
    )
    return [
        Figure("decisions a second, of the bare route", ratio, "x", 0.55, "higher", against),
        Figure("decisions a second, of the bare route: second mark", ratio, "x", 0.65, "higher", against),
        Figure("p99 at half the saturating load", p99, "ms", 10, "lower", at_half),
        Figure("p99 at half the saturating load, of the bare route", p99 / bare_p99, "x", 3, "lower", at_half),
        Figure("bulk intake, of single requests", many / rates[0], "x", 8, "higher", batches),
        Figure("bulk intake, of single requests: second mark", many / rates[0], "x", 10, "higher", batches),
    ]


def _bulk(server, bench, turn):
    options = {"connections": 2, "batch": bench.sizes.batch, "accounts": 100_000, "seed": turn}
    return loaded(server, seconds=bench.sizes.seconds, **options)


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
    requests = f"{sum(sum(each['statuses'].values()) for each in calm):,} requests from their due moments"
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
