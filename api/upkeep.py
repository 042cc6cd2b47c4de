"""What the server does beside its requests: restores its state, follows the lineup and the lists, saves on leaving."""

import asyncio
import gc
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from antifraud.domain.transfer import Channel, Transfer
from antifraud.store import Store
from antifraud.workflow.center.watching import Watching
from antifraud.workflow.live import LiveState
from api.background import report
from api.restore import Snapshots
from features.catalogue import CATALOGUE
from features.online import OnlineState
from models.deciding import Deciding, load_deciding
from models.lineup import Lineup, lineup_of

_log: Final = logging.getLogger(__name__)
_RETRY_S: Final = 1.0
_LISTS_EVERY_S: Final = 1.0


async def keep_open(live: LiveState, retry_s: float = _RETRY_S) -> None:
    """Restore the state whenever it is closed, at the start too; try again until it succeeds."""
    while True:
        await live.closed()
        _log.warning("restoring the state from the log: %s", live.closed_because)
        try:
            await asyncio.to_thread(_warm_up)
            await live.reopen()
        except Exception as error:
            live.doubt(f"the state cannot be restored ({type(error).__name__})")
            report("the state cannot be restored", error, retry_s)
            await asyncio.sleep(retry_s)
            continue
        gc.collect()
        gc.freeze()  # millions of long-lived names would make every collection a pause
        _log.info("the state is restored: transfers are decided")


async def follow_shelf(
    shelf: Path,
    every_s: float,
    serving: Lineup,
    take_over: Callable[[Deciding], None],
    passed_over: Callable[[bool], None],
) -> None:
    """Let each new lineup decide from the next transfer on; one that cannot serve changes nothing.

    `passed_over` hears whether such a one is on the shelf. What cannot serve now may do so at the next look: its
    files may still be on their way.
    """
    said = ""
    while True:
        await asyncio.sleep(every_s)
        try:
            lineup = await asyncio.to_thread(lineup_of, shelf)
            if lineup.number == serving.number:
                said = ""
                passed_over(False)
                continue
            deciding = await asyncio.to_thread(load_deciding, shelf, lineup, CATALOGUE)
        except Exception as error:  # whatever it is, what decides goes on and what comes next is looked for
            problem = f"{type(error).__name__}: {error}"
            if problem != said:  # it is tried again and again, and said once
                _log.error("the lineup on %s cannot serve, number %d goes on: %s", shelf, serving.number, problem)
            said = problem
            passed_over(True)
            continue
        passed_over(False)
        take_over(deciding)
        _log.info("lineup %d takes over from %d: %s", lineup.number, serving.number, lineup.choice)
        serving, said = lineup, ""


async def follow_lists(watching: Watching) -> None:
    """Take over what changed on the lists, every second; while they cannot be read they grow old, which is said."""
    said = ""
    while True:
        await asyncio.sleep(_LISTS_EVERY_S)
        try:
            await watching.refresh()
            said = ""
        except Exception as problem:
            if str(problem) != said:  # tried again every second, said once
                said = str(problem)
                _log.error("the lists cannot be read, the copy grows old: %s", problem)


def save_on_leaving(live: LiveState, store: Store, snapshots: Snapshots) -> None:
    """Save the state as it is if nobody is deciding and it equals the log."""
    log = store.history.span()
    if log is None or not live.quiet or live.closed_because is not None:
        return
    with live as state:
        if isinstance(state, OnlineState):
            snapshots.save(state, log.last)


def _warm_up() -> None:
    """Compile (or load) what the first transfer would otherwise wait for."""
    long_ago = datetime(2000, 1, 1, tzinfo=UTC)
    sample = Transfer(
        participant="warm-up",
        transfer_id="1",
        payer="a",
        payee="b",
        amount_minor=1,
        currency="XXX",
        base_minor=1,
        channel=Channel.OTHER,
        occurred_at=long_ago,
        received_at=long_ago,
    )
    OnlineState(CATALOGUE).take([sample], observe=True)
