"""Folders of transfers and reports, as `antifraud import` and `antifraud simulate` write them."""

from pathlib import Path

import polars as pl

from antifraud.domain.errors import InvalidValue, NotFound
from antifraud.tables import REPORTS, TRANSFERS


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
