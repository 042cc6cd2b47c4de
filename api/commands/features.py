"""`antifraud features`: the catalogue over a history, or its documentation."""

from pathlib import Path
from typing import Annotated

import typer

from antifraud.domain.errors import InvalidValue
from api.commands.files import a_place_for
from api.commands.history import read_history
from api.progress import progress_bars
from features.catalogue import CATALOGUE
from features.dictionary import main as write_dictionary
from features.offline import offline_features
from features.stored import read_features, were_served, write_features


def features(
    history: Annotated[Path | None, typer.Option(help="Folder with transfers.parquet and reports.parquet.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where the table goes, .parquet.")] = None,
    doc: Annotated[Path | None, typer.Option(help="Write the data dictionary (docs/features.md) here instead.")] = None,
) -> None:
    """Compute every feature of every transfer of a history, point in time, the numbers that serving sees.

    Of a history that `antifraud history` made of a log, the vectors that were served are taken as they are: what
    came before the log was in them, too.

    Example: antifraud features --history var/history --out var/features.parquet
    """
    if doc is not None:
        write_dictionary(doc)
        return
    if history is None or out is None:
        raise InvalidValue("features", "needs --history and --out, or --doc", None)
    a_place_for(out)
    served = history / "features.parquet"
    if served.is_file() and were_served(served):
        write_features(read_features(served, CATALOGUE).lazy(), CATALOGUE, out, served=True)
        return
    transfers, reports = read_history(history)
    with progress_bars() as report:
        table = offline_features(transfers, reports, CATALOGUE, lambda done, of: report("features", done, of))
    write_features(table.lazy(), CATALOGUE, out)
