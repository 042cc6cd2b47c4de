"""One way to show long work: what is being done, how far it is, how long it takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn


class Report(Protocol):
    """Is told what is being done, how much is done, of how much (0: nobody knows), and what else is worth saying."""

    def __call__(self, what: str, done: int, of: int, note: str = "") -> None:
        """Take note."""


@contextmanager
def progress_bars() -> Iterator[Report]:
    """Draw a bar on standard error for each kind of work that reports itself."""
    columns = (TextColumn("{task.description:<22}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.fields[note]}"), console=Console(stderr=True)) as bars:
        tasks: dict[str, TaskID] = {}

        def report(what: str, done: int, of: int, note: str = "") -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=of or None, note=note)
            bars.update(tasks[what], completed=done, total=of or None, note=note)

        yield report
