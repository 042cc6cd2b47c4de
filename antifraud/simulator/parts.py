"""Large tables written day by day and joined at the end, so that memory does not grow with the days."""

import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import polars as pl

_ROWS: Final = 250_000  # of a row group: fixed, so that the same rows give the same bytes


class Parts:
    """A context in which tables grow; on a clean end each becomes one parquet file in `out`."""

    def __init__(self, out: Path, tables: Sequence[str]) -> None:
        self._out = out
        self._tables = tables
        self._folder = out / ".parts"
        self._count: Counter[str] = Counter()

    def __enter__(self) -> Self:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        return self

    def add(self, table: str, rows: pl.DataFrame) -> None:
        """Append rows to a table."""
        rows.write_parquet(self._part(table, self._count[table]), compression="lz4")
        self._count[table] += 1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        try:
            if kind is None:
                for table in self._tables:
                    paths = [self._part(table, number) for number in range(self._count[table])]
                    pl.scan_parquet(paths).sink_parquet(self._out / f"{table}.parquet", row_group_size=_ROWS)
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _part(self, table: str, number: int) -> Path:
        return self._folder / f"{table}-{number:05d}.parquet"
