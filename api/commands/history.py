"""Folders of transfers and reports, as `antifraud import` and `antifraud simulate` write them, and from a log."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import numpy as np
import polars as pl
import typer

from antifraud.domain.errors import InvalidValue, NotFound
from antifraud.store import open_store
from antifraud.tables import REPORTS, SERVED, TRANSFER_KEY, TRANSFERS
from api.clock import utc_now
from features.catalogue import CATALOGUE
from features.schema import fingerprint, names
from features.stored import write_features
from models.evaluation import served_of


def read_history(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return a folder's transfers, in order of arrival, and reports; raise NotFound or InvalidValue."""
    return read_table(folder / "transfers.parquet", TRANSFERS), read_table(folder / "reports.parquet", REPORTS)


def read_table(path: Path, schema: pl.Schema) -> pl.DataFrame:
    """Return a file's columns that the schema names, in its types; raise NotFound or InvalidValue."""
    if not path.is_file():
        raise NotFound(f"{path} is missing: make a history with `antifraud import` or `antifraud simulate`")
    try:
        table = pl.read_parquet(path)
    except pl.exceptions.PolarsError as error:
        raise InvalidValue(str(path), "is no parquet file", str(error).splitlines()[0]) from None
    missing = [name for name in schema if name not in table.columns]
    if missing:
        raise InvalidValue(str(path), f"lacks the columns {', '.join(missing)}", table.columns)
    try:
        return table.select(schema.names()).cast(schema)
    except pl.exceptions.PolarsError as error:
        raise InvalidValue(str(path), "has a column of another type", str(error).splitlines()[0]) from None


_FEATURES: Final = [(name, pl.Float64()) for name in names(CATALOGUE)]
_VECTORS: Final = pl.Schema([*((name, TRANSFERS[name]) for name in TRANSFER_KEY), *_FEATURES])
_TICK: Final = timedelta(microseconds=1)


def history(
    from_log: Annotated[str, typer.Option(help="The log of a server: sqlite:///FILE or postgresql://USER@HOST/NAME.")],
    until: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="What is known before then, UTC.")
    ],
    out: Annotated[Path, typer.Option(help="The folder to write; what it holds of the same name is replaced.")],
) -> None:
    """Write what a server decided, and what became known, as a history to train on.

    transfers.parquet and reports.parquet are those received before --until; features.parquet holds exactly the
    vectors that were served under this catalogue, and nothing where there was none: `antifraud train --features`
    leaves those transfers out. served.parquet says what was done: `antifraud evaluate` needs it, because what was
    blocked has no outcome.

    Example: antifraud history --from-log sqlite:///var/antifraud.db --until 2026-03-01 --out var/history
    """
    end = until.replace(tzinfo=UTC)
    if end > utc_now():
        raise InvalidValue("until", "must have passed: what is still to come is not known", str(until))
    out.mkdir(parents=True, exist_ok=True)
    with open_store(from_log, recording=False) as store, tempfile.TemporaryDirectory(dir=out) as drafts:
        draft, past = Path(drafts), store.history
        rows, blind = 0, 0
        for part in past.received(None, end - _TICK, fingerprint(CATALOGUE), len(CATALOGUE)):
            table = pl.from_numpy(part.vectors, list(names(CATALOGUE)), orient="row").fill_nan(None)
            part.transfers.write_parquet(draft / f"received-{rows:012}.parquet")
            part.transfers.select(TRANSFER_KEY).hstack(table).write_parquet(draft / f"vectors-{rows:012}.parquet")
            rows += table.height
            blind += int(np.isnan(part.vectors).all(axis=1).sum())
        _together(draft, "received", TRANSFERS).sink_parquet(draft / "transfers.parquet")
        write_features(_together(draft, "vectors", _VECTORS), CATALOGUE, draft / "features.parquet", served=True)
        for number, decided in enumerate(past.decided(None, end - _TICK)):
            served_of(decided).write_parquet(draft / f"decided-{number:06}.parquet")
        _together(draft, "decided", SERVED).sink_parquet(draft / "served.parquet")
        known = past.reports(None, end - _TICK)
        known.write_parquet(draft / "reports.parquet")
        for name in ("transfers", "reports", "features", "served"):
            (draft / f"{name}.parquet").replace(out / f"{name}.parquet")
    typer.echo(f"{rows:,} transfers, {rows - blind:,} with the vector served; {known.height:,} reports", err=True)


def _together(folder: Path, kind: str, schema: pl.Schema) -> pl.LazyFrame:
    """Return the pieces of one kind as one table that is read from disk: a log may be larger than memory."""
    schema.to_frame().write_parquet(folder / f"{kind}.parquet")  # it stands first, and there may be no other
    return pl.scan_parquet(sorted(folder.glob(f"{kind}*.parquet"), key=lambda path: path.stem))
