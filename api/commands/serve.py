"""`antifraud serve`: decide transfers over HTTP."""

import os
import signal
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.clock import utc_now

if TYPE_CHECKING:
    from api.settings import Settings


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (ANTIFRAUD_HOST).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on (ANTIFRAUD_PORT).")] = None,
    database_url: Annotated[
        str | None, typer.Option("--database", help="sqlite:///FILE or postgresql://USER@HOST/NAME.")
    ] = None,
    shelf: Annotated[Path | None, typer.Option(help="Folder of bundles; its lineup says which decides.")] = None,
    state_dir: Annotated[Path | None, typer.Option(help="Folder of snapshots of the live state.")] = None,
    clock: Annotated[
        str | None, typer.Option(help="now; or occurred_at, to play a history again into a store of its own.")
    ] = None,
) -> None:
    """Serve decisions, reports and health over HTTP until stopped.

    Everything else is set in the environment with the prefix ANTIFRAUD_, as ANTIFRAUD_RATES='{"USD": "520.5"}'.
    A socket that systemd hands over is listened on instead of one of our own. One process: the state of all accounts
    lives in it. It answers /health/ready with 200 as soon as its
    state is restored. Ctrl-C finishes what is on its way and saves a snapshot.

    Example: antifraud serve --port 8000 --database sqlite:///var/antifraud.db --shelf var/bundles
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # before LightGBM loads: more threads cost more than they give
    from api.settings import read_settings

    serve_until_stopped(
        read_settings(host=host, port=port, database_url=database_url, shelf=shelf, state_dir=state_dir, clock=clock)
    )


def serve_until_stopped(settings: "Settings", now: Callable[[], datetime] = utc_now) -> None:
    """Serve by the clock `now` until a signal says that it is enough."""
    import uvicorn

    from api.app import create_app
    from api.handover import Leaving, inherited, once_ready
    from api.observing.logs import set_up_logs
    from api.wiring import open_engine

    set_up_logs(settings.logs)
    listening = inherited(os.environ)
    engine = partial(open_engine, settings, now)
    config = uvicorn.Config(
        create_app(engine if listening is None else once_ready(engine)),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=settings.trusted_proxies is not None,  # who guesses passwords is told apart by address
        forwarded_allow_ips=settings.trusted_proxies or [],
        timeout_graceful_shutdown=10,
    )
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, lambda *_: None)  # uvicorn raises it again once it has stopped: that is no failure
    if listening is None:
        uvicorn.Server(config).run()
    else:
        Leaving(config).run([listening])
