"""`antifraud score`: scores for a file of transfers, as they would have been given on arrival."""

from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from antifraud.domain.errors import NotFound
from antifraud.tables import REPORTS
from api.commands.history import read_history
from api.progress import progress_bars
from features.catalogue import CATALOGUE
from features.offline import offline_features
from models.bundle import current, read_bundle
from models.scorer import LightGbmScorer


def score(
    file: Annotated[Path, typer.Argument(help="Transfers to score: a transfers.parquet of `antifraud import`.")],
    out: Annotated[Path, typer.Option(help="Where the scores go, .parquet or .csv.")],
    history: Annotated[Path | None, typer.Option(help="Folder of what came before; default: nothing did.")] = None,
    shelf: Annotated[Path, typer.Option(help="Folder of bundles.")] = Path("var/bundles"),
) -> None:
    """Score every transfer of FILE with the serving bundle; each sees what came before it, in history or FILE.

    The result has participant, transfer_id, score (chance of fraud) and the action its policy takes.

    Example: antifraud score new/transfers.parquet --history var/history --out scores.csv
    """
    if not file.is_file():
        raise NotFound(f"{file} does not exist")
    bundle = read_bundle(shelf / current(shelf), CATALOGUE)
    asked = pl.read_parquet(file)
    transfers, reports = asked, REPORTS.to_frame()
    if history is not None:
        before, reports = read_history(history)
        transfers = pl.concat([before, asked.select(before.columns)])
    with progress_bars() as report:
        table = offline_features(
            transfers,
            reports,
            CATALOGUE,
            lambda done, of: report("features", done, of),
        )
    name = ["participant", "transfer_id"]
    vectors = asked.select(name).unique(maintain_order=True).join(table, on=name, how="left", maintain_order="left")
    chances = pl.Series("score", LightGbmScorer(bundle).score(vectors.drop(name).to_numpy()))
    scores = vectors.select(name).with_columns(
        chances,
        action=pl.when(chances >= bundle.policy.block_at)
        .then(pl.lit("block"))
        .when(chances >= bundle.policy.hold_at)
        .then(pl.lit("hold"))
        .otherwise(pl.lit("allow")),
    )
    if out.suffix == ".csv":
        scores.write_csv(out)
    else:
        scores.write_parquet(out)
