"""`antifraud shadow`: challengers and shadow rules listen to what was decided, beside the server."""

import time
from typing import Annotated

import typer

from antifraud.store.shadows import SqlShadows
from api.clock import utc_now
from api.commands.live import live_store
from api.settings import read_settings
from features.catalogue import CATALOGUE
from models.shadow.listening import Listener


def shadow(
    every: Annotated[
        float | None, typer.Option(min=0.1, help="Go on, and look again after so many seconds; default: end when done.")
    ] = None,
) -> None:
    """Let challengers and shadow rules score what the server decided since they last listened.

    They take the vectors that were served, so nothing is computed again, and keep what they say beside the log, each
    decision once. A server starts this by itself every ANTIFRAUD_SHADOW_EVERY_S seconds. Settings come from the
    environment, as for `antifraud serve`.

    Example: antifraud shadow
    """
    settings = read_settings()
    with live_store(settings.database_url) as store:
        listener = Listener(settings.shelf, SqlShadows(store.engine), CATALOGUE)
        while True:
            while done := listener.round(utc_now()):
                typer.echo(f"{done:,} decisions listened to")
            if every is None:
                return
            time.sleep(every)
