"""`antifraud benchmark`: this engine against published figures, by each data set's own protocol."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from api.progress import progress_bars
from models.benchmark import benchmark as run_benchmark


def benchmark(
    protocol: Annotated[Path, typer.Argument(help="A file of models/protocols.")],
    data: Annotated[Path, typer.Option(help="The data set it describes, .parquet or .csv.")],
    json: Annotated[Path | None, typer.Option(help="Also write the results here.")] = None,
) -> None:
    """Train and judge by a published protocol, and set the figures beside the published ones.

    Settings are chosen on the protocol's validation folds; one catalogue serves all data sets.

    Example: antifraud benchmark models/protocols/handbook.yaml --data handbook.parquet --json out.json
    """
    with progress_bars() as report:
        results = run_benchmark(protocol, data, report)
    if json is not None:
        json.write_bytes(orjson.dumps({"results": [asdict(result) for result in results]}, option=orjson.OPT_INDENT_2))
    table = Table("protocol", "metric", "value", "std", "published best", "to reach")
    for result in results:
        figures = (result.value, result.std, result.published_best, result.to_reach)
        table.add_row(result.protocol, result.metric, *("" if f is None else f"{f:.4f}" for f in figures))
    Console().print(table)
