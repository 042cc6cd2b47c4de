"""Stolen money followed through the book, as an investigator's page and each opening do."""

import time
from datetime import timedelta
from itertools import pairwise

from antifraud.domain.center.incident import Incident
from antifraud.domain.center.trace import TracePolicy
from antifraud.store.center import open_book
from antifraud.workflow.center.trace import traced
from tests.benchmarks.figures import Figure, quantile
from tests.center.incidents import opened, seed
from tests.center.passages import START, passages

_HOPS = 5
_WIDE = 2  # accounts at each hop
_STOLEN = 1_000_000_000
_OTHER = 100  # minor units of a movement that has nothing to do with it


def tracing(bench):
    """Follow stolen money over five hops, on accounts where thousands of other transfers come and go."""
    moved = passages(*_chain(bench.sizes.traced))
    policy, now = TracePolicy(), START + timedelta(days=2)
    book = open_book(f"sqlite:///{bench.folder}/tracing.db")
    try:
        book.write_now(lambda page: seed(page, moved))
        incident = book.write_now(lambda page: opened(page, moved[:_WIDE], now, policy=policy))

        def follow(page):
            began = time.perf_counter()
            found = traced(page, page.get(Incident, incident.life_id), policy, now)
            return found, time.perf_counter() - began

        runs = [book.read_now(follow) for _ in range(2 * bench.sizes.rounds)]
    finally:
        book.close()
    found = runs[0][0]
    deepest = max(hop.number for hop in found.hops)
    if deepest != _HOPS or found.looked_at != len(moved):
        raise RuntimeError(f"{len(moved)} transfers over {_HOPS} hops were {found.looked_at} over {deepest}")
    what = f"{found.looked_at:,} transfers over {deepest} hops, {len(found.reached)} accounts reached"
    return [Figure("stolen money followed", quantile([took for _, took in runs], 0.5), "s", 1, "lower", what)]


def _chain(others):
    """Return movements (payer, payee, amount, minute): the stolen ones first, then what else passes on the way."""
    names = [[f"b{1 + hop % 3}:hop-{hop}-{lane}" for lane in range(_WIDE)] for hop in range(1, _HOPS + 1)]
    rows = [("b1:victim", account, _STOLEN, 0) for account in names[0]]
    for hop, (here, there) in enumerate(pairwise(names), 1):
        rows += [(payer, payee, _STOLEN >> hop, 100 * hop) for payer, payee in zip(here, there, strict=True)]
    passing = [(hop, account) for hop, layer in enumerate(names[:-1]) for account in layer]
    for number in range(others - len(rows)):
        hop, account = passing[number % len(passing)]
        other, minute = f"b1:other-{number % 97}", 100 * hop + 1 + number % 90
        rows.append((account, other, _OTHER, minute) if number % 3 else (other, account, _OTHER, minute))
    return rows
