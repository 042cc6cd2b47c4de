"""`antifraud events`: the documentation of what leaves the Center."""

from pathlib import Path
from typing import Annotated

import typer

from api.exchange.page import main as write_page


def events(doc: Annotated[Path, typer.Option(help="Where the page goes (docs/events.md).")]) -> None:
    """Write the page of all event types, made from the acts themselves.

    Example: antifraud events --doc docs/events.md
    """
    write_page(doc)
