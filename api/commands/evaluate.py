"""`antifraud evaluate`: the serving bundle against a history whose truth is known by now."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import numpy as np
import orjson
import typer

from antifraud.domain.errors import InvalidValue
from api.commands.history import read_history
from api.progress import progress_bars
from features.catalogue import CATALOGUE
from models.bundle import current, read_bundle
from models.dataset import labels, prepare
from models.judgement import judge
from models.scorer import LightGbmScorer
from models.train import Params


def evaluate(
    history: Annotated[Path, typer.Option(help="Folder with transfers.parquet and reports.parquet.")],
    shelf: Annotated[Path, typer.Option(help="Folder of bundles.")] = Path("var/bundles"),
    version: Annotated[str | None, typer.Option(help="Which bundle; default: the one that serves.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Judge transfers received from this day on, UTC.")
    ] = None,
    params: Annotated[Path, typer.Option(help="The costs to count with.")] = Path("params.yaml"),
) -> None:
    """Judge a bundle on a history and print the figures as JSON.

    Transfers younger than the label delay are left out: nobody knows the truth about them yet. What the
    model was trained on flatters it: use --since.

    Example: antifraud evaluate --history var/history --since 2026-03-01
    """
    settings = Params.load(params)
    transfers, reports = read_history(history)
    bundle = read_bundle(shelf / (version or current(shelf)), CATALOGUE)
    with progress_bars() as report:
        past = prepare(transfers, reports, progress=lambda done, of: report("features", done, of))
    delay = timedelta(days=settings.split.delay_days)
    chosen = (past.clock < past.end - delay).to_numpy()
    if since is not None:
        chosen &= (past.clock >= since.replace(tzinfo=UTC)).to_numpy()
    rows = np.flatnonzero(chosen)
    if rows.size == 0:
        raise InvalidValue("since", "leaves no transfer whose truth is known", since)
    judgement = judge(
        LightGbmScorer(bundle).score(past.vectors[rows]),
        labels(past, rows, by=past.end, delay=delay),
        past.amount_minor[rows],
        past.clock.gather(rows),
        bundle.policy,
        settings.costs(),
    )
    typer.echo(orjson.dumps({"bundle": bundle.version, **asdict(judgement)}, option=orjson.OPT_INDENT_2).decode())
