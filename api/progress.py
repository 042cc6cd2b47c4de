"""One way to show long work: what is being done, how far it is, how fast it goes, how long it takes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text


class Report(Protocol):
    """Is told what is being done, how much is done, of how much (0: nobody knows), and what else is worth saying."""

    def __call__(self, what: str, done: int, of: int, note: str = "") -> None:
        """Take note."""


class _Rate(ProgressColumn):
    """How much is done in a second: of the last minutes, and in the end of all."""

    def render(self, task: Task) -> Text:
        """Return nothing until two reports tell how fast it goes."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f}/s" if speed >= 10 else f"{speed:.2g}/s")


@contextmanager
def progress_bars(console: Console | None = None, get_time: Callable[[], float] | None = None) -> Iterator[Report]:
    """Draw a bar on standard error, or on `console`, for each kind of work that reports itself."""
    columns = (TextColumn("{task.description:<22}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeElapsedColumn())
    with Progress(
        *columns, TextColumn("{task.fields[note]}"), console=console or Console(stderr=True), get_time=get_time
    ) as bars:
        tasks: dict[str, TaskID] = {}

        def report(what: str, done: int, of: int, note: str = "") -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=of or None, note=note)
            bars.update(tasks[what], completed=done, total=of or None, note=note)

        yield report
