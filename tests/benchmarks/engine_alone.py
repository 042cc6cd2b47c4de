"""The engine without HTTP and disk: read the vector, score it, run the rules, decide, observe."""

import lightgbm

from features.catalogue import CATALOGUE
from tests.benchmarks.figures import Figure
from tests.benchmarks.machine import available_bytes
from tests.benchmarks.states import following, half_to_one, over_rounds, past_of, state_after, timed, weight_of
from tests.benchmarks.streams import objects
from tests.benchmarks.trained import model_on

_NEEDED = 16 << 30  # bytes free before ten million transfers are tried
_BUDGET = (2_048, 40)  # bytes an account, bytes a transfer in window


def deciding(state, scorer, rules):
    """Return what decides one transfer as the desk does, without log and words."""

    def decide(transfer):
        vector = state.take([transfer], observe=True)
        return scorer.policy.decide(float(scorer.score(vector)[0]), *rules.hits(vector[0]))

    return decide


def alone(bench):
    """Decide transfers one by one on a small state; ask LightGBM's Python class about the same vectors."""
    bundle, scorer, rules = model_on(bench.shelf)
    past = bench.sizes.small
    state = state_after(past_of(*past))
    booster = lightgbm.Booster(model_str=bundle.trees)
    ours, theirs = [], []
    for turn in range(bench.sizes.rounds):
        fresh = objects(following(*past, bench.sizes.singles, turn))
        ours.append(timed(deciding(state, scorer, rules), fresh))
        rows = [row.reshape(1, -1) for row in state.take(fresh[:2_000], observe=False)]
        theirs.append(timed(lambda row: booster.predict(row, num_threads=1), rows))
    (p50, p99), (plain_p50, plain_p99) = over_rounds(ours), over_rounds(theirs)
    against = f"LightGBM's own single-row predict in Python: p50 {plain_p50:.0f}, p99 {plain_p99:.0f} us"
    return [
        Figure("engine alone, p50", p50, "us", 150, "lower", against),
        Figure("engine alone, p99", p99, "us", 500, "lower", against),
        Figure("engine alone, features read", len(CATALOGUE), "features", 60, "higher", "-"),
        Figure("engine alone, trees asked", booster.num_trees(), "trees", 300, "higher", "-"),
    ]


def at_scale(bench):
    """Decide on a small and on a large state in turns; add up the large one, once."""
    _, scorer, rules = model_on(bench.shelf)
    small, large = bench.sizes.small, bench.sizes.large
    if available_bytes() < _NEEDED:
        large = bench.sizes.large_when_short
    states = {large: state_after(past_of(*large)), small: state_after(past_of(*small))}
    held = weight_of(states[large])
    rounds = {past: [] for past in states}
    for turn in range(bench.sizes.rounds):
        for past, state in states.items():
            fresh = objects(following(*past, bench.sizes.singles, turn))
            rounds[past].append(timed(deciding(state, scorer, rules), fresh))
    (p50, p99), (small_p50, small_p99) = over_rounds(rounds[large]), over_rounds(rounds[small])
    allowed = large[0] * _BUDGET[0] + large[1] * _BUDGET[1]
    what = f"{large[0]:,} accounts and {large[1]:,} past transfers"
    return [
        Figure(
            "p99 with many accounts, of that with few",
            p99 / small_p99,
            "x",
            1.5,
            "lower",
            f"engine alone; {what}: p50 {p50:.0f}, p99 {p99:.0f} us; "
            f"{small[0]:,} accounts and {small[1]:,} transfers: p50 {small_p50:.0f}, p99 {small_p99:.0f} us",
        ),
        Figure(
            "whole state, of what its targets allow",
            held / allowed,
            "x",
            1.0,
            "lower",
            f"{what}, three in ten of them between strangers: {held / 2**30:.2f} GiB of arrays and names; "
            f"2 KiB an account and 40 B a transfer make {allowed / 2**30:.2f} GiB",
        ),
    ]


def hot_account(bench):
    """Read and observe, in turns, transfers to one payee with very many and to payees with few."""
    past = (100_000, 2 * bench.sizes.hot)
    state = state_after(half_to_one(table) for table in past_of(*past))
    busy, calm = [], []
    for turn in range(bench.sizes.rounds):
        fresh = objects(half_to_one(following(*past, 2 * bench.sizes.singles, turn)))
        took = timed(lambda each: state.take([each], observe=True), fresh)
        busy.append(took[::2])
        calm.append(took[1::2])
    (p50, p99), (calm_p50, calm_p99) = over_rounds(busy), over_rounds(calm)
    return [
        Figure(
            "a hot account, of a quiet one",
            p50 / calm_p50,
            "x",
            2,
            "lower",
            f"read and observe; a payee with {bench.sizes.hot:,} transfers in its window: p50 {p50:.1f}, "
            f"p99 {p99:.1f} us; quiet payees: p50 {calm_p50:.1f}, p99 {calm_p99:.1f} us",
        )
    ]
