"""`antifraud events` and `antifraud lives`: documentation that is made from the code."""

from pathlib import Path
from typing import Annotated

import typer

from api.exchange.lives_page import write_tables
from api.exchange.page import main as write_page


def events(doc: Annotated[Path, typer.Option(help="Where the page goes (docs/events.md).")]) -> None:
    """Write the page of all event types, made from the acts themselves.

    Example: antifraud events --doc docs/events.md
    """
    write_page(doc)


def lives(doc: Annotated[Path, typer.Option(help="The page with a place for them (docs/center.md).")]) -> None:
    """Write the tables of all lives into a page: from which state which act leads where, and who may do it.

    Example: antifraud lives --doc docs/center.md
    """
    write_tables(doc)
