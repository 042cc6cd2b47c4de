"""`antifraud score`: scores for a file of transfers, as they would have been given on arrival."""

from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from antifraud.tables import REPORTS, TRANSFER_KEY, TRANSFERS, for_people
from api.commands.files import a_place_for
from api.commands.history import read_history, read_table
from api.progress import progress_bars
from features.catalogue import CATALOGUE
from features.offline import offline_features
from models.dataset import vectors_of
from models.deciding import judged
from models.scorer import LightGbmScorer


def score(
    file: Annotated[Path, typer.Argument(help="Transfers to score: a transfers.parquet of `antifraud import`.")],
    out: Annotated[Path, typer.Option(help="Where the scores go, .parquet or .csv.")],
    history: Annotated[Path | None, typer.Option(help="Folder of what came before; default: nothing did.")] = None,
    shelf: Annotated[Path, typer.Option(help="Folder of bundles.")] = Path("var/bundles"),
) -> None:
    """Score every transfer of FILE with the serving bundle; each sees what came before it, in history or FILE.

    The result has participant, transfer_id, score (chance of fraud; empty if there is none) and the action that
    its policy takes on the score alone, without rules.

    Example: antifraud score new/transfers.parquet --history var/history --out scores.csv
    """
    a_place_for(out)
    asked = read_table(file, TRANSFERS)
    bundle, policy = judged(shelf, None, CATALOGUE)
    transfers, reports = asked, REPORTS.to_frame()
    if history is not None:
        before, reports = read_history(history)
        transfers = pl.concat([before, asked])
    with progress_bars() as report:
        table = offline_features(transfers, reports, CATALOGUE, lambda done, of: report("features", done, of))
    rows = asked.select(TRANSFER_KEY).unique(maintain_order=True)
    chances = LightGbmScorer(bundle).score(
        vectors_of(rows.join(table, on=TRANSFER_KEY, how="left", maintain_order="left"))
    )
    actions = [policy.decide(chance)[0].value for chance in chances.tolist()]
    scores = rows.with_columns(pl.Series("score", chances).fill_nan(None), pl.Series("action", actions, pl.String))
    draft = out.with_name(f".{out.name}.draft")
    if out.suffix == ".csv":
        for_people(scores).write_csv(draft)
    else:
        scores.write_parquet(draft)
    draft.replace(out)
