"""`antifraud doctor`: say whether this deployment is well."""

from typing import Annotated

import typer
from rich.console import Console


def doctor(
    url: Annotated[str | None, typer.Option(help="Ask the running server too, as http://127.0.0.1:8000")] = None,
) -> None:
    """Look at everything a deployment needs, without changing it, and say one line of each.

    Settings come from the environment, as for `antifraud serve`. The exit code is 1 when something is ill;
    what is worth a look changes nothing about it.

    Example: antifraud doctor --url http://127.0.0.1:8000
    """
    from api.clock import utc_now
    from api.doctor import Health, examine
    from api.settings import read_settings

    console, ill = Console(highlight=False, markup=False, soft_wrap=True), False
    colours = {Health.WELL: "green", Health.LOOK: "yellow", Health.ILL: "red"}
    for finding in examine(read_settings(), utc_now(), url):
        console.print(f"{finding.health.value:<5} {finding.part:<12} {finding.said}", style=colours[finding.health])
        ill = ill or finding.health is Health.ILL
    if ill:
        raise typer.Exit(1)
