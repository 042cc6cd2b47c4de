"""The Center's keeper: decisions are followed, clocks kept and webhooks pushed where no decision waits for it.

By default that is a process of its own beside the server: `antifraud keep`, which ends with the server.
"""

import asyncio
import signal
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Final

import orjson
from sqlalchemy import Engine

from antifraud.domain.center.banks import Banks
from antifraud.domain.center.identifiers import hashed_as_spelt
from antifraud.domain.center.idents import Hashed
from antifraud.domain.center.policy import CenterPolicy
from antifraud.domain.errors import Unavailable
from antifraud.intake.center_policy import read_center_policy
from antifraud.store.center.decided import SqlDecidedLog
from antifraud.store.keys import ApiKeys
from antifraud.store.opening import bare_engine
from antifraud.workflow.center.clocks import after_clock
from api.background import Work, background, begin
from api.center import Center
from api.clock import utc_now
from api.exchange.posting import Poster, Resolver
from api.exchange.pushing import Pusher
from api.following import follow_decisions
from api.metrics import Metrics
from api.settings import Settings

_TELL_EVERY_S: Final = 1.0
_LEAVE_S: Final = 20.0  # for what was begun; after that it is ended, and whoever comes next goes on


def center_of(
    settings: Settings, policy: CenterPolicy, now: Callable[[], datetime], metrics: Metrics, banks: Callable[[], Banks]
) -> Center:
    """Return the Center, whose book is not open yet."""
    request_key = b"" if settings.identifier_key is None else settings.identifier_secret  # then nobody can be named
    center = Center(settings.book_url, policy, now, metrics, banks, request_key)
    center.after_clocks(partial(after_clock, policy=policy.trace))
    return center


def pusher_of(settings: Settings, center: Center, metrics: Metrics) -> Pusher:
    """Return what posts to webhooks."""
    poster = Poster(Resolver(), to_loopback=settings.webhooks_to_loopback)
    return Pusher(center, poster, lambda: settings.identifier_secret, metrics)


def hash_of(settings: Settings) -> Hashed | None:
    """Return what hashes identifiers of people; None where no key is set: then nobody can be listed by one."""
    if settings.identifier_key is None:
        return None
    secret = settings.identifier_secret
    return lambda kind, value: hashed_as_spelt(kind, value, secret)


def kept(settings: Settings, center: Center, pusher: Pusher, decisions: Engine) -> Mapping[str, Work]:
    """Return all that the keeper does, wherever it runs; several may do so at once."""
    return {
        "keeping the Center's clocks": center.keep_time,
        "following the decisions": partial(follow_decisions, center, SqlDecidedLog(decisions), hash_of(settings)),
        "pushing to webhooks": pusher.keep_pushing,
    }


def kept_beside(settings: Settings, center: Center, metrics: Metrics) -> Mapping[str, Work]:
    """Return what the server does when another process keeps the Center."""
    return {
        "opening the Center's book": center.keep_open,
        "keeping the Center": partial(_keep_beside, settings, metrics),
    }


async def _keep_beside(settings: Settings, metrics: Metrics) -> None:
    """Have the keeper run in a process of its own, and count what it counts; raise Unavailable when it ends."""
    process = await begin(settings, "keep", "--beside", piped=True)
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - they are pipes
    before: Counter[str] = Counter()
    try:
        async for line in process.stdout:
            counts = Counter(orjson.loads(line))
            metrics.add(counts - before)
            before = counts
        raise Unavailable(f"the process that does it ended (exit {await process.wait()})")
    finally:
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), _LEAVE_S)
        except TimeoutError:
            process.kill()
            await process.wait()


async def keep(settings: Settings, *, beside: bool, now: Callable[[], datetime] = utc_now) -> None:
    """Keep the Center until a signal, or with `beside` until the server that began this process is gone."""
    metrics = Metrics()
    decisions = bare_engine(settings.database_url)
    center = center_of(settings, read_center_policy(settings.center_policy), now, metrics, ApiKeys(decisions).banks)
    work = kept(settings, center, pusher_of(settings, center, metrics), decisions)
    try:
        with suppress(Unavailable):  # then it is tried again every second, and said
            await center.open()
        async with background({**work, **({"telling the server": partial(_tell, metrics)} if beside else {})}):
            await _enough(beside=beside)
    finally:
        await center.close()
        decisions.dispose()


async def _tell(metrics: Metrics) -> None:
    """Say every second, in a line of standard output, what was counted."""
    while True:
        sys.stdout.buffer.write(orjson.dumps(metrics.counts()) + b"\n")
        sys.stdout.buffer.flush()
        await asyncio.sleep(_TELL_EVERY_S)


async def _enough(*, beside: bool) -> None:
    """Wait until there is a signal, or with `beside` nobody holds our standard input any more.

    An interrupt from the keyboard reaches both processes: the server's end is the one that counts then.
    """
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, over.set)
    loop.add_signal_handler(signal.SIGINT, (lambda: None) if beside else over.set)
    if beside:
        reader = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        ends = [asyncio.create_task(each) for each in (reader.read(), over.wait())]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for each in ends:
            each.cancel()
            with suppress(asyncio.CancelledError):
                await each
    else:
        await over.wait()
