"""`antifraud train`: a history becomes a bundle on the shelf."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console

from antifraud.domain.errors import Unavailable
from api.clock import utc_now
from api.commands.files import a_place_for
from api.commands.history import read_history
from api.commands.tracking import open_registry
from api.progress import progress_bars
from features.catalogue import CATALOGUE
from features.rules import STARTER_RULES
from features.stored import read_features
from models.deciding import lineup_desk
from models.lineup import Choice, Lineup, state_of
from models.shelf import put_rules
from models.train import Params, Trained
from models.train import train as train_on


def train(
    history: Annotated[Path, typer.Option(help="Folder with transfers.parquet and reports.parquet.")],
    shelf: Annotated[Path, typer.Option(help="Folder of bundles; made if missing.")] = Path("var/bundles"),
    params: Annotated[Path, typer.Option(help="Seed, split, search and costs.")] = Path("params.yaml"),
    features: Annotated[Path | None, typer.Option(help="Table of `antifraud features` of this very history.")] = None,
    serve: Annotated[
        bool, typer.Option(help="Let it decide if nothing does on this shelf; otherwise make it a challenger.")
    ] = False,
    track: Annotated[bool, typer.Option(help="Record the training in MLflow, if it is there.")] = True,
    metrics: Annotated[Path | None, typer.Option(help="Also write the judgement as JSON.")] = None,
) -> None:
    """Train a model on a history, judge it on the last part, and put it on the shelf as a bundle.

    The same history, parameters and catalogue give the same bundle. What decides is changed by
    `antifraud models promote` and a second person's `approve`.

    Example: antifraud train --history var/history --serve
    """
    settings = Params.load(params)
    a_place_for(metrics)
    transfers, reports = read_history(history)
    table = None if features is None else read_features(features, CATALOGUE)
    with progress_bars() as report:
        trained = train_on(transfers, reports, settings, report, table)
    trained.bundle.write(shelf)
    if track:
        _record(trained)
    if serve:
        typer.echo(_join_lineup(shelf, trained.bundle.version), err=True)
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


def _record(trained: Trained) -> None:
    """Register a bundle, or say why not: the bundle on the shelf is what counts."""
    try:
        registry = open_registry()
        from models.plots import plots_of  # needs what only analysts install, as the registry does

        number = registry.record(trained.bundle, plots_of(trained.tested), utc_now()).number
        typer.echo(f"registered as version {number}", err=True)
    except Unavailable as away:
        typer.echo(f"not recorded: {away}", err=True)


def _join_lineup(shelf: Path, version: str) -> str:
    """Let a bundle begin a shelf's lineup, with the starter rules, or challenge the champion; say which."""
    desk, by, now = lineup_desk(shelf, CATALOGUE), "antifraud train", utc_now()
    state = state_of(shelf)
    if not state.entries:
        choice = Choice(champion=version, rules=put_rules(shelf, STARTER_RULES, CATALOGUE))
        desk.begin(choice, by=by, why="the first lineup of this shelf, approved by nobody", at=now)
        return f"{version} decides: it is the first on {shelf}"
    match state.lineup:
        case Lineup(choice=Choice(champion=champion), challengers=challengers) if version in (champion, *challengers):
            return f"{version} is in the lineup already"
    desk.challenge(version, by=by, why="trained with --serve", at=now)
    return f"{version} is a challenger: `antifraud models promote {version}` proposes that it decides"
