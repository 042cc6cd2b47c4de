"""`antifraud simulate`: make a fictional country and its files."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from antifraud.simulator import load_config
from antifraud.simulator import simulate as simulate_world


def simulate(
    out: Annotated[Path, typer.Option(help="Folder for the files; made if missing.")],
    accounts: Annotated[int, typer.Option(help="Bank accounts of persons and firms, from 500.")] = 10_000,
    days: Annotated[int, typer.Option(min=1, help="Days to live through.")] = 60,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")] = 1,
    config: Annotated[Path | None, typer.Option(help="YAML of knobs over the default ones.", exists=True)] = None,
    start: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day, local; default: the config's.")
    ] = None,
    figures: Annotated[Path | None, typer.Option(help="Also draw the world's charts as SVG into this folder.")] = None,
) -> None:
    """Simulate a country's transfers, honest and fraudulent, with their truth and their late reports.

    Writes to OUT: transfers.parquet and reports.parquet (what an engine would see), truth.parquet and
    people.parquet (what only the simulator knows), world.json (knobs, seed, counts).

    Everything in them is fictional and proves nothing about real performance.

    Example: antifraud simulate --accounts 20000 --days 60 --seed 7 --out worlds/seven
    """
    overrides = {} if start is None else {"start": start.date()}
    knobs = load_config(config, overrides)
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, TextColumn("{task.fields[rows]:,} transfers"), console=console) as bar:
        task = bar.add_task("days", total=days, rows=0)
        tally = simulate_world(
            knobs, accounts, days, seed, out, lambda done, rows: bar.update(task, completed=done, rows=rows)
        )
    console.print(
        f"{tally.transfers:,} transfers, {tally.fraud_transfers:,} of stolen money, {len(tally.victims):,} victims, "
        f"{len(tally.mules):,} mules, {tally.reports:,} reports. Simulated, in {out}",
        soft_wrap=True,
    )
    if figures is not None:
        from antifraud.simulator.figures import draw  # altair is no dependency of a running engine

        for path in draw(out, figures):
            console.print(f"drew {path}")
