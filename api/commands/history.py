"""Folders of transfers and reports, as `antifraud import` and `antifraud simulate` write them."""

from pathlib import Path

import polars as pl

from antifraud.domain.errors import InvalidValue, NotFound
from antifraud.tables import REPORTS, TRANSFERS


def read_history(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return a folder's transfers, in order of arrival, and reports; raise NotFound or InvalidValue."""
    return _read(folder / "transfers.parquet", TRANSFERS), _read(folder / "reports.parquet", REPORTS)


def _read(path: Path, schema: pl.Schema) -> pl.DataFrame:
    if not path.is_file():
        raise NotFound(f"{path} is missing: make a history with `antifraud import` or `antifraud simulate`")
    table = pl.read_parquet(path)
    missing = [name for name in schema if name not in table.columns]
    if missing:
        raise InvalidValue(str(path), f"lacks the columns {', '.join(missing)}", table.columns)
    return table.select(schema.names()).cast(schema)
