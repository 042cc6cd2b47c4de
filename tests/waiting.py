"""Waiting for what another task or thread does: by looking again and again, never by a guess of how long it takes.

And, of what must not take long whatever it is given, noticing that it does.
"""

import asyncio
import signal
from contextlib import contextmanager


class StillRunning(BaseException):
    """What had to end soon does not; no `except Exception` on its way may take it for a value that is refused."""


async def until(condition):
    """Return once a condition holds. Whoever waits for ever is ended by pytest's own watch (`faulthandler_timeout`)."""
    while not condition():
        await asyncio.sleep(0.005)


@contextmanager
def ending_soon(seconds=5):
    """Raise StillRunning in what runs inside once it has used `seconds` of processor time.

    Processor time is what counts, so that a busy machine condemns nobody; a parser that needs seconds for a few hundred
    bytes is one that its sender can stop the engine with.
    """

    def raise_it(*_):
        raise StillRunning(f"not done after {seconds} s of processor time")

    before = signal.signal(signal.SIGPROF, raise_it)
    signal.setitimer(signal.ITIMER_PROF, seconds, 0.05)  # again: one that is raised in a finalizer is lost
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


class Slow(asyncio.SelectorEventLoop):
    """A loop whose time is only what is waited for: nobody has to."""

    now = 1_000.0

    def time(self):
        return self.now

    def _run_once(self):
        if not self._ready and self._scheduled:
            self.now = max(self.now, self._scheduled[0].when())
        super()._run_once()
