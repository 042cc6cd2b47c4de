"""Work that goes on beside the requests, in this process and in others, whatever fails."""

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Final

from antifraud.domain.errors import AntifraudError
from api.settings import Settings

_log: Final = logging.getLogger(__name__)
_RETRY_S: Final = 1.0
_BEHIND: Final = 10  # steps of priority: of busy cores a tenth is left to what nobody waits for

Work = Callable[[], Coroutine[None, None, None]]


@asynccontextmanager
async def background(work: Mapping[str, Work], retry_s: float = _RETRY_S) -> AsyncIterator[None]:
    """Let work go on for as long as the block lasts, by its names; what ends by an error is begun anew."""
    tasks = [asyncio.create_task(_kept_going(name, each, retry_s)) for name, each in work.items()]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def keep_doing(settings: Settings, every_s: float, *words: str, without: str) -> None:
    """Have another process run a command now and then, so that no request waits for it; 0: never.

    What is `without` it, the log says when it fails.
    """
    while every_s > 0:
        await asyncio.sleep(every_s)
        process = await begin(settings, *words)
        try:
            code = await process.wait()
        except asyncio.CancelledError:
            process.terminate()
            await process.wait()  # its draft must not stand in the way of what is saved on leaving
            raise
        if code:
            _log.error("`antifraud %s` failed (exit %d): %s", " ".join(words), code, without)


async def begin(settings: Settings, *words: str, piped: bool = False) -> asyncio.subprocess.Process:
    """Begin a command in a process of its own, which is told of the settings by the environment.

    Its words are lines of our log. With `piped` we hold both ends of its standard input and output; else what it shows
    to people is for nobody.
    """
    pipe = asyncio.subprocess.PIPE if piped else asyncio.subprocess.DEVNULL
    told: dict[str, object] = {
        "DATABASE_URL": settings.database_url,
        "CENTER_URL": settings.center_url,
        "CENTER_POLICY": settings.center_policy,
        "STATE_DIR": settings.state_dir,
        "SHELF": settings.shelf,
        "HISTORY": settings.history,
        "LOGS": settings.logs,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "api.begun",
        *words,
        env={
            **os.environ,
            "OMP_NUM_THREADS": "1",  # the server's cores are not its own
            **{f"ANTIFRAUD_{name}": str(value) for name, value in told.items() if value is not None},
        },
        stdin=pipe,
        stdout=pipe,
    )
    if not piped:
        with contextlib.suppress(ProcessLookupError):  # it may have failed just now
            os.setpriority(os.PRIO_PROCESS, process.pid, _BEHIND)
    return process


def report(what: str, error: Exception, retry_s: float) -> None:
    """Log why something failed: in one line what we refuse ourselves, with a trace what nobody expected."""
    expected = isinstance(error, AntifraudError | OSError)
    _log.error("%s: %s; the next attempt is in %g s", what, error, retry_s, exc_info=None if expected else error)


async def _kept_going(name: str, work: Work, retry_s: float) -> None:
    """Do work that may not end by an error: begin it anew, and say so."""
    while True:
        try:
            await work()
        except Exception as error:
            report(name, error, retry_s)
            await asyncio.sleep(retry_s)
        else:
            return
