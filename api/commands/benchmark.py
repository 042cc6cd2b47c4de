"""`antifraud benchmark`: this engine against published figures, by each data set's own protocol."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import orjson
import typer
from rich.console import Console
from rich.table import Table

import models
from antifraud.domain.errors import InvalidValue
from antifraud.intake import Intake
from antifraud.intake.source import REASON, ROW
from api.commands.files import a_place_for
from api.progress import progress_bars
from models.benchmark import Result
from models.benchmark import benchmark as run_benchmark
from models.benchmark_page import Outcome, page
from models.protocol import DataSet

_PROTOCOLS: Final = Path(models.__file__).parent / "protocols"
_TEMPLATE: Final = "generic_time_split"  # to be copied: it has no data of its own
_SUFFIXES: Final = (".parquet", ".csv")


def benchmark(
    data: Annotated[Path, typer.Option(help="The data set, .parquet or .csv; with --all the folder of all.")],
    protocol: Annotated[Path | None, typer.Argument(help="A file of models/protocols.")] = None,
    json: Annotated[Path | None, typer.Option(help="Also write the results here.")] = None,
    all_of_them: Annotated[
        bool, typer.Option("--all", help="Every protocol whose data lies in the folder under the protocol's name.")
    ] = False,
    out: Annotated[Path, typer.Option(help="The page that --all writes.")] = Path("docs/public-benchmarks.md"),
) -> None:
    """Train and judge by a published protocol, and set the figures beside the published ones.

    Settings are chosen on the protocol's validation folds; one catalogue serves all data sets.
    A new set is one YAML file: copy models/protocols/generic_time_split.yaml; docs/protocols.md explains it.

    Example: antifraud benchmark models/protocols/handbook.yaml --data handbook.parquet --json out.json

    Example: antifraud benchmark --all --data folder-of-data
    """
    if all_of_them == (protocol is not None):
        raise InvalidValue("protocol", "name one file of models/protocols, or all of them with --all", protocol)
    a_place_for(json, None if protocol is not None else out)
    if protocol is not None:
        results = _run(protocol, data)
        rows = [asdict(result) for result in results]
    else:
        outcomes = [_outcome(path, data) for path in sorted(_PROTOCOLS.glob("*.yaml")) if path.stem != _TEMPLATE]
        if all(outcome.results is None for outcome in outcomes):
            raise InvalidValue("data", "holds no file with the name of a protocol", data)
        results = [result for outcome in outcomes for result in outcome.results or ()]
        rows = [
            {"data_set": outcome.dataset.name} | asdict(result)
            for outcome in outcomes
            for result in outcome.results or ()
        ]
    _show(results)  # before anything is written: hours of work are not lost to a disk that is full
    if protocol is None:
        out.write_text(page(outcomes), "utf-8")
    if json is not None:
        json.write_bytes(orjson.dumps({"results": rows}, option=orjson.OPT_INDENT_2))


def _outcome(protocol: Path, folder: Path) -> Outcome:
    dataset = DataSet.load(protocol)
    found = next((path for suffix in _SUFFIXES if (path := folder / f"{protocol.stem}{suffix}").is_file()), None)
    return Outcome(dataset, None if found is None else _run(protocol, found))


def _run(protocol: Path, data: Path) -> list[Result]:
    given: list[Intake] = []
    try:
        with progress_bars() as report:
            return run_benchmark(protocol, data, report, given.append)
    finally:  # what was rejected may be why the rest failed
        for intake in given:
            _say_what_is_missing(intake, protocol, data)


def _say_what_is_missing(intake: Intake, protocol: Path, data: Path) -> None:
    """Say on standard error how many rows the figures leave out because they could not be read."""
    if intake.rejects.height:
        typer.echo(
            f"{data.name}: {intake.rejects.height:,} of {intake.rows:,} rows are left out of all figures; the first: "
            f"row {intake.rejects[ROW][0]}, {intake.rejects[REASON][0]}\n"
            f"see them all: antifraud import {data} --mapping {protocol} --out FOLDER writes FOLDER.rejects.csv",
            err=True,
        )


def _show(results: Sequence[Result]) -> None:
    table = Table("protocol", "metric", "value, 95 %", "published", "to reach")
    for result in results:
        value = f"{result.value:.4f} ± {result.std:.3f}\n{result.low:.3f} to {result.high:.3f}"
        cells = ("" if figure is None else f"{figure:.4f}" for figure in (result.published_best, result.to_reach))
        table.add_row(result.protocol, result.metric, value, *cells)
    Console().print(table)
