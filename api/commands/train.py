"""`antifraud train`: a history becomes a bundle on the shelf."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import orjson
import polars as pl
import typer
from rich.console import Console

from api.commands.history import read_history
from api.progress import progress_bars
from models.bundle import choose
from models.train import Params
from models.train import train as train_on


def train(
    history: Annotated[Path, typer.Option(help="Folder with transfers.parquet and reports.parquet.")],
    shelf: Annotated[Path, typer.Option(help="Folder of bundles; made if missing.")] = Path("var/bundles"),
    params: Annotated[Path, typer.Option(help="Seed, split, search and costs.")] = Path("params.yaml"),
    features: Annotated[Path | None, typer.Option(help="Table of `antifraud features` of this very history.")] = None,
    serve: Annotated[bool, typer.Option(help="Make it the one that serves, at once.")] = False,
    metrics: Annotated[Path | None, typer.Option(help="Also write the judgement as JSON.")] = None,
) -> None:
    """Train a model on a history, judge it on the last part, and put it on the shelf as a bundle.

    The same history, parameters and catalogue give the same bundle. A running server picks up the bundle
    that the shelf's file `current` names; --serve changes it.

    Example: antifraud train --history var/history --serve
    """
    transfers, reports = read_history(history)
    table = None if features is None else pl.read_parquet(features)
    with progress_bars() as report:
        trained = train_on(transfers, reports, Params.load(params), report, table)
    trained.bundle.write(shelf)
    if serve:
        choose(shelf, trained.bundle.version)
    if metrics is not None:
        metrics.write_bytes(orjson.dumps(asdict(trained.judgement), option=orjson.OPT_INDENT_2))
    judgement, policy = trained.judgement, trained.bundle.policy
    Console().print(
        f"bundle {trained.bundle.version}, policy {policy.version}: hold from {policy.hold_at:.3f}, "
        f"block from {policy.block_at:.3f}\n"
        f"on {judgement.transfers:,} transfers it had not seen: average precision "
        f"{judgement.average_precision:.3f}, {judgement.share_of_frauds_caught:.0%} of {judgement.frauds:,} frauds "
        f"caught with {judgement.alerts_per_day:,.1f} alerts a day, "
        f"{judgement.stopped_minor / max(judgement.stolen_minor, 1):.0%} of the money stopped"
    )
