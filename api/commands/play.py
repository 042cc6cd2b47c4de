"""`antifraud play`: let a fictional country go on live against a running API."""

import asyncio
import json
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from antifraud.simulator import load_config
from antifraud.simulator.country import Country, found
from antifraud.simulator.live import LiveTransfer, daily_rate, live_on
from antifraud.simulator.world import load_country
from api.commands.player import Keys, Player


def play(
    url: Annotated[str, typer.Option(help="Where the API answers, as http://127.0.0.1:8000")],
    api_key: Annotated[str | None, typer.Option(envvar="ANTIFRAUD_API_KEY", help="One key for all transfers.")] = None,
    keys_file: Annotated[
        Path | None, typer.Option(help='JSON of one key per bank: {"bank951": "..."}', exists=True)
    ] = None,
    rate: Annotated[float, typer.Option(min=0.01, help="Transfers a second.")] = 20.0,
    speed: Annotated[
        float | None, typer.Option(min=0.01, help="How much faster than real reports arrive; default: as the rate is.")
    ] = None,
    world: Annotated[
        Path | None, typer.Option(help="Folder of `antifraud simulate`: the same people go on.", exists=True)
    ] = None,
    seconds: Annotated[float | None, typer.Option(help="Stop by itself after this long.")] = None,
    concurrency: Annotated[int, typer.Option(min=1, help="Most requests under way at once.")] = 64,
) -> None:
    """Send a simulated country's next transfers to a running API, and its fraud reports late, as they come.

    The loop is open: a slow answer does not slow the sending, and latency counts from the moment a transfer
    was due. Ctrl-C stops and sums up.

    Example: antifraud play --url http://127.0.0.1:8000 --api-key KEY --world worlds/seven --rate 50
    """
    keys = Keys(default=api_key, by_participant={} if keys_file is None else json.loads(keys_file.read_text("utf-8")))
    country = _default_country() if world is None else load_country(world)
    for bank in country.config.banks:
        keys.of(bank.id)  # better now than after a minute of play
    now = datetime.now(ZoneInfo("Asia/Almaty"))
    since_midnight = now - now.replace(hour=0, minute=0, second=0, microsecond=0)
    transfers = live_on(country, f"L{int(now.timestamp()):x}", since_midnight)
    player = Player(
        url=url,
        keys=keys,
        rate=rate,
        speed=rate / daily_rate(country) if speed is None else speed,
        concurrency=concurrency,
        utc_now=lambda: datetime.now(UTC),
    )
    console = Console(stderr=True)
    asyncio.run(_run(player, transfers, console, None if seconds is None else timedelta(seconds=seconds)))
    console.print(player.summary(), soft_wrap=True)
    if player.counts["answered"] == 0:
        raise typer.Exit(1)


def _default_country() -> Country:
    return found(load_config(), accounts=5_000, days=1, seed=1)


async def _run(
    player: Player, transfers: Iterator[list[LiveTransfer]], console: Console, limit: timedelta | None
) -> None:
    loop = asyncio.get_running_loop()
    for stop in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(stop, player.stop)
    if limit is not None:
        loop.call_later(limit.total_seconds(), player.stop)
    await player.play(transfers, console)
