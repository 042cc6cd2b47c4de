"""Decisions to follow, and a process that follows them until it is killed."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from antifraud.domain.center.policy import CenterPolicy
from antifraud.domain.decision import Action, Reason, ReasonKind
from antifraud.store import open_store
from antifraud.store.center.decided import SqlDecidedLog
from api.center import Center
from api.following import Follower
from api.metrics import Metrics
from tests.stores.plain import plain_decision

NOW = datetime(2026, 3, 2, tzinfo=UTC)
EVERY = 10  # one in so many is held, and the next one blocked


def decision(number, action=Action.ALLOW, score=0.7, rules=(), **transfer):
    made = plain_decision(number)
    reasons = [Reason(ReasonKind.RULE, f"{rule}@1", action) for rule in rules]
    return replace(
        made,
        transfer=replace(made.transfer, **transfer),
        decision=replace(made.decision, action=action, score=score, reasons=tuple(reasons)),
    )


def mixed(number):
    """Return decision number `number` of a stream with holds and blocks in it."""
    return decision(number, {0: Action.HOLD, 1: Action.BLOCK}.get(number % EVERY, Action.ALLOW))


def record(url, decisions):
    """Put decisions into the log at `url`."""

    async def all_of_them(log):
        for start in range(0, len(decisions), 500):
            await log.record(decisions[start : start + 500])

    with open_store(url) as store:
        asyncio.run(all_of_them(store.log))


def center_at(url, now=NOW, policy=None):
    return Center(url, policy or CenterPolicy(), lambda: now, Metrics())


async def follow_all(center, store, rounds=None):
    """Follow until nothing is left, or for so many rounds; return how many there were."""
    await center.open()
    follower, done = Follower(center, SqlDecidedLog(store.engine)), 0
    while done != rounds and await follower.round():
        done += 1
    return done


def follow_for_ever(log_url, book_url, told):
    """Follow, saying so after each round; somebody kills this process."""

    async def run():
        with open_store(log_url, recording=False) as store:
            center = center_at(book_url)
            await center.open()
            follower = Follower(center, SqlDecidedLog(store.engine))
            while True:
                told.send(await follower.round())

    asyncio.run(run())
