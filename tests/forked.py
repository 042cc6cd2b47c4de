"""Servers that begin at once: each is a fork of one process, which has imported already what serving imports.

Importing takes longer than most tests ask anything of their server. What is tested of a start itself, as its command
line, a hand-over or the demo, starts a process of its own instead.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
from contextlib import suppress
from functools import partial

_IMPORTED = ["api.app", "api.commands.serve", "api.settings", "api.wiring", "uvicorn", "uvloop", "httptools"]
_PATIENCE_S = 60  # until the others have come as far, or one of them never will
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(_IMPORTED)


def as_always():
    """Serve as the command line does."""
    from api.commands.serve import serve

    serve()


def at_once(count):
    """Return what serves as always, from the instant at which so many servers have come as far."""
    return partial(_with_the_others, _FORKS.Barrier(count))


def _with_the_others(barrier):
    barrier.wait(_PATIENCE_S)
    as_always()


class Forked:
    """A server in an environment of its own, handled as subprocess.Popen would be; `log` is a file for what it says."""

    def __init__(self, environment, log=None, serve=as_always):
        name = os.devnull if log is None else log.name
        self._process = _FORKS.Process(target=_serve, args=(dict(environment), name, serve), daemon=True)
        self._process.start()
        self.pid = self._process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.wait()

    def poll(self):
        """Return how it ended, or None."""
        return self._process.exitcode

    def wait(self, timeout=None):
        """Return how it ended; a signal counts negative."""
        self._process.join(timeout)
        if (code := self.poll()) is None:
            raise subprocess.TimeoutExpired("serve", timeout)
        return code

    def send_signal(self, number):
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it may have ended just now
                os.kill(self.pid, number)

    def terminate(self):
        self.send_signal(signal.SIGTERM)

    def kill(self):
        self.send_signal(signal.SIGKILL)


def _serve(environment, log, serve):
    os.environ.clear()
    os.environ.update(environment)
    written = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for standard in (sys.stdout, sys.stderr):
        os.dup2(written, standard.fileno())
    serve()
