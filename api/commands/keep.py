"""`antifraud keep`: follow decisions, keep the Center's clocks and push webhooks."""

import asyncio
from typing import Annotated

import typer

from api.keeper import keep as keep_center
from api.observing.logs import set_up_logs
from api.settings import read_settings


def keep(
    beside: Annotated[bool, typer.Option(hidden=True, help="End with the process that began this one.")] = False,
) -> None:
    """Follow decisions, keep the Center's clocks and push webhooks, until stopped.

    `antifraud serve` begins such a process by itself; one more does no harm, and is of use where the server
    is down for long while deadlines run. Settings come from the environment, as for `antifraud serve`.

    Example: antifraud keep
    """
    settings = read_settings()
    set_up_logs(settings.logs)
    asyncio.run(keep_center(settings, beside=beside))
