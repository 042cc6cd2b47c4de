"""`antifraud import`: a foreign file becomes transfers and reports."""

from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from antifraud.domain.errors import Conflict
from antifraud.intake import Intake, Mapping, read, write, write_rejects
from antifraud.intake.source import REASON

_MOST_REASONS = 12


def import_transfers(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="A .csv or .parquet file of transfers.")],
    mapping: Annotated[
        Path, typer.Option(help="YAML that says which column is what: a mapping, or a whole protocol file.")
    ],
    out: Annotated[Path, typer.Option(help="Directory for transfers.parquet, reports.parquet and truth.parquet.")],
    rejects: Annotated[
        Path | None, typer.Option(help="Where rejected rows go, .csv or .parquet. Default: OUT.rejects.csv.")
    ] = None,
) -> None:
    """Turn FILE into tables of transfers and reports that training and replay can read.

    Every row is checked. A bad row is written to the rejects file with its number, the reason and its
    own values, and the rest goes on: correct the rejects and import them by themselves. OUT appears whole
    or not at all, in place of an earlier import. Exit code 1 if not a single row was accepted.

    Example: antifraud import payments.csv --mapping payments.yaml --out var/payments

    A mapping to start from: models/protocols/generic_time_split.yaml; docs/protocols.md explains it.
    Where ids are names (spaces, commas, any script), say `ids: any` in it, and an id is made of each.
    """
    rejects = out.with_name(f"{out.name}.rejects.csv") if rejects is None else rejects
    if rejects.resolve().is_relative_to(out.resolve()):
        raise Conflict(f"{rejects}: rejects may not go into {out}, which is replaced as a whole")
    intake = _read(source, Mapping.load(mapping))
    if intake.rejects.height:
        write_rejects(intake.rejects, rejects)
    if intake.transfers.height:
        write(intake, out)
    Console(markup=False).print(_summary(intake, out, rejects))
    if not intake.transfers.height:
        raise typer.Exit(1)


def _read(source: Path, mapping: Mapping) -> Intake:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[rate]}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(f"Reading {source.name}", total=1.0, rate="")

        def show(rows: int, share: float) -> None:
            elapsed = progress.tasks[task].elapsed
            rate = f"{rows / elapsed:,.0f} rows/s" if elapsed else ""
            progress.update(task, completed=share, rate=f"{rows:,} rows {rate}")

        return read(source, mapping, show)


def _summary(intake: Intake, out: Path, rejects: Path) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right")
    table.add_row(f"{intake.rows:,}", "rows read")
    if intake.left_out:
        table.add_row(f"{intake.left_out:,}", "left out by mapping.keep")
    table.add_row(f"{intake.transfers.height:,}", f"accepted, in {out}" if intake.transfers.height else "accepted")
    table.add_row(f"{intake.reports.height:,}", "of them reported as fraud")
    if intake.rejects.height:
        table.add_row(f"{intake.rejects.height:,}", f"rejected, in {rejects}")
        for problem, count in _by_problem(intake.rejects):
            table.add_row("", f"{count:,} x {problem}")
    return table


def _by_problem(rejects: pl.DataFrame) -> list[tuple[str, int]]:
    """Count the rejects by what was wrong, whatever the value was; the most frequent first."""
    problem = pl.col(REASON).str.replace(r"(?s), was .*", "")
    counts = rejects.group_by(problem.alias("problem")).len().sort("len", "problem", descending=[True, False])
    return [(name, count) for name, count in counts.head(_MOST_REASONS).iter_rows()]
