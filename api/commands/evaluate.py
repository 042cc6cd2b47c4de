"""`antifraud evaluate`: what a bundle is worth on transfers that it never saw, in money."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, Literal

import polars as pl
import typer
from rich.console import Console

from antifraud.domain.money import MINOR_DIGITS
from antifraud.tables import SERVED, TRANSFER_KEY
from api.commands.history import read_history, read_table
from api.progress import progress_bars
from features.catalogue import CATALOGUE
from features.stored import read_features, were_served
from models.bundle import Bundle
from models.dataset import prepare
from models.deciding import judged
from models.evaluation import Besides, Evaluation, Terms
from models.evaluation import evaluate as evaluate_on
from models.evaluation.report import as_json, page
from models.scorer import LightGbmScorer
from models.train import Params

_TRUTH: Final = pl.Schema({**dict.fromkeys(TRANSFER_KEY, pl.String), "is_fraud": pl.Boolean, "chain_id": pl.Int64})
_PEOPLE: Final = pl.Schema({"account": pl.String, "age": pl.Int64, "city": pl.String})


def evaluate(
    history: Annotated[
        Path,
        typer.Option(help="Folder with transfers.parquet, reports.parquet and, if known, served, truth and people."),
    ],
    shelf: Annotated[Path, typer.Option(help="Folder of bundles.")] = Path("var/bundles"),
    version: Annotated[str | None, typer.Option(help="Which bundle; default: the one that serves.")] = None,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Judge from this day on, UTC; default: where training ended."),
    ] = None,
    params: Annotated[Path, typer.Option(help="The costs and the label delay to count with.")] = Path("params.yaml"),
    features: Annotated[Path | None, typer.Option(help="Table of `antifraud features` of this very history.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write report.html and evaluation.json into this folder.")] = None,
    capacity: Annotated[
        int | None, typer.Option(min=1, help="Alerts a day that the desk can take; default: from the costs.")
    ] = None,
    blocks: Annotated[
        Literal["day", "payer"], typer.Option(help="What intervals draw: whole days, or whole payers.")
    ] = "day",
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same intervals.")] = 1,
    recompute: Annotated[
        bool | None,
        typer.Option(help="Compute all features again without the future, and compare; default: unless served."),
    ] = None,
) -> None:
    """Judge a bundle on a history: money, precision, honest clients, delays, segments, all with intervals.

    Transfers younger than the label delay are left out: nobody knows the truth about them yet. With --out comes
    one HTML file that needs nothing else; without it the figures are printed as JSON.

    Example: antifraud evaluate --history var/history --out var/report
    """
    settings = Params.load(params)
    transfers, reports = read_history(history)
    bundle, policy = judged(shelf, version, CATALOGUE)
    learnt_until = _learnt_until(bundle)
    table = None if features is None else read_features(features, CATALOGUE)
    if recompute is None:  # a log's vectors know what came before the log, which nobody can compute again from it
        recompute = features is None or not were_served(features)
    terms = Terms(
        delay=timedelta(days=settings.split.delay_days),
        since=learnt_until if since is None else since.replace(tzinfo=UTC),
        learnt_until=learnt_until,
        capacity=capacity,
        simulated=_is_simulated(history),
        blocks=blocks,
        seed=seed,
        recompute=recompute,
    )
    with progress_bars() as report:
        past = prepare(transfers, reports, table, lambda done, of: report("features", done, of))
        evaluation = evaluate_on(
            past, LightGbmScorer(bundle), policy, settings.costs(), terms, _besides(history), report
        )
    if out is None:
        typer.echo(as_json(evaluation).decode())
        return
    out.mkdir(parents=True, exist_ok=True)
    _put(out / "evaluation.json", as_json(evaluation))
    _put(out / "report.html", page(evaluation).encode())
    Console().print(f"{_in_words(evaluation)}\nwritten: {out / 'report.html'}, {out / 'evaluation.json'}")


def _learnt_until(bundle: Bundle) -> datetime | None:
    """Return when the labels end from which a bundle was made."""
    said = bundle.about.get("learnt_until")
    return datetime.fromisoformat(said) if isinstance(said, str) else None


def _is_simulated(history: Path) -> bool:
    path = history / "world.json"
    return path.is_file() and json.loads(path.read_text("utf-8")).get("simulated") is True


def _besides(history: Path) -> Besides:
    """Return what lies in the folder besides transfers and reports."""

    def found(name: str, schema: pl.Schema) -> pl.DataFrame | None:
        path = history / f"{name}.parquet"
        return read_table(path, schema) if path.is_file() else None

    return Besides(served=found("served", SERVED), truth=found("truth", _TRUTH), people=found("people", _PEOPLE))


def _put(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.draft")
    draft.write_bytes(content)
    draft.replace(path)


def _in_words(evaluation: Evaluation) -> str:
    about, desk = evaluation.about, evaluation.policy
    saved = (desk.saved_a_day.value or 0) / 10 ** MINOR_DIGITS[about.currency]
    simulated = " (simulated: proves nothing about real transfers)" if about.simulated else ""
    return (
        f"bundle {about.model} saves {saved:,.0f} {about.currency} a day at {desk.alerts_a_day:,.1f} alerts a day, "
        f"{desk.caught.value or 0:.0%} of {about.frauds:,} frauds caught{simulated}"
    )
