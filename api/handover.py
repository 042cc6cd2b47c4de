"""Hand the socket that is listened on over from one server to the next: whoever connects meanwhile waits in its queue.

The socket belongs to who starts the servers, as systemd does with a `.socket` unit, and outlives them all. A server
that leaves lets every connection end after an answer; the next one takes from the queue once it can decide.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, MutableMapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Final

import uvicorn

from antifraud.domain.errors import Unavailable
from api.engine import Engine

OpenEngine = Callable[[], AbstractAsyncContextManager[Engine]]

_FIRST: Final = 3  # the descriptor after standard input, output and errors, as sd_listen_fds(3) has it
_READY_S: Final = 60.0  # a client has gone by then: whoever comes after that hears 503, and readiness says why
_LEAVING_S: Final = 2.0
_LOOK_S: Final = 0.02


def inherited(environ: MutableMapping[str, str]) -> socket.socket | None:
    """Return the listening socket that this process was started with, None if it is to make its own.

    What says so is taken out of `environ`: it is not meant for processes that this one starts. Raise Unavailable for
    more sockets than one.
    """
    meant, count, _ = (environ.pop(name, "") for name in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"))
    if meant != str(os.getpid()):
        return None
    if count != "1":
        raise Unavailable(f"one socket to listen on is expected, {count or 'none'} were handed over")
    taken = socket.socket(fileno=_FIRST)
    taken.set_inheritable(False)
    return taken


def once_ready(open_engine: OpenEngine) -> OpenEngine:
    """Return what opens an engine and waits until it decides: until then nobody is taken from the queue."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Engine]:
        async with open_engine() as engine:
            with suppress(TimeoutError):
                await asyncio.wait_for(engine.live.opened(), _READY_S)
            yield engine

    return opened


class Leaving(uvicorn.Server):
    """A server that loses nobody when it stops, if another one goes on listening on its socket."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take nobody from the queue any more, end connections by an answer, then those on which nothing is asked."""
        for server in self.servers:
            server.close()
        self.server_state.default_headers = [*self.server_state.default_headers, (b"connection", b"close")]
        until = asyncio.get_running_loop().time() + _LEAVING_S
        while self.server_state.connections and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(_LOOK_S)
        await super().shutdown(sockets)
