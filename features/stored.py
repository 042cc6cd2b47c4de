"""Feature tables as files that say with which catalogue they were computed."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import polars as pl

from antifraud.domain.errors import FingerprintMismatch, InvalidValue, NotFound
from features.schema import fingerprint
from features.spec import Feature

_CATALOGUE: Final = "antifraud.catalogue"  # keys in the file's own metadata
_ORIGIN: Final = "antifraud.origin"
_SERVED: Final = "served"


def write_features(table: pl.LazyFrame, catalogue: Sequence[Feature], path: Path, *, served: bool = False) -> None:
    """Write a table of `offline_features`, or of vectors that were `served`; the file appears whole."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    table.sink_parquet(draft, metadata={_CATALOGUE: fingerprint(catalogue), _ORIGIN: _SERVED if served else "computed"})
    draft.replace(path)


def read_features(path: Path, catalogue: Sequence[Feature]) -> pl.DataFrame:
    """Return a table of features; raise NotFound, InvalidValue, or FingerprintMismatch for another catalogue's."""
    if not path.is_file():
        raise NotFound(f"{path} is missing: make it with `antifraud features`")
    try:
        computed = pl.read_parquet_metadata(path).get(_CATALOGUE)
        table = pl.read_parquet(path)
    except pl.exceptions.PolarsError as error:
        raise InvalidValue(str(path), "is no parquet file", str(error).splitlines()[0]) from None
    here = fingerprint(catalogue)
    if computed != here:
        raise FingerprintMismatch(f"{path} was computed with catalogue {computed}, this is {here}: compute it again")
    return table


def were_served(path: Path) -> bool:
    """Say whether a file holds vectors of a log: their history may have begun before the log did."""
    return pl.read_parquet_metadata(path).get(_ORIGIN) == _SERVED
