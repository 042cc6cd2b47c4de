"""Files as batches of rows: Parquet keeps its types, CSV is all text so that nothing is guessed."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import Final

import polars as pl
from polars import selectors
from polars.exceptions import PolarsError

from antifraud.domain.errors import InvalidValue, NotFound

BATCH_ROWS: Final = 200_000
_PIECE_ROWS: Final = 20_000
ROW: Final = "rejected_row"
REASON: Final = "rejected_reason"

_Line = tuple[int, Sequence[str | None]]


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive rows of a source, and how much of it (0 to 1) has now been read.

    `rows` begins with ROW, counted from 1 and without the header. `broken` are rows that do not have
    the shape of a row: ROW, REASON and the source columns as far as they could be read.
    """

    rows: pl.DataFrame
    broken: pl.DataFrame
    share: float


def batches(source: Path) -> Iterator[Batch]:
    """Read `source` (.csv or .parquet) in order; raise NotFound or InvalidValue naming the file.

    A rejects file can be read again: its own ROW and REASON columns are left out.
    """
    if not source.is_file():
        raise NotFound(f"{source}: there is no such file")
    readers = {".csv": _csv, ".parquet": _parquet}
    reader = readers.get(source.suffix.lower())
    if reader is None:
        raise InvalidValue(source.name, f"a source is one of {', '.join(readers)}", source.suffix)
    return reader(source)


def _parquet(source: Path) -> Iterator[Batch]:
    try:
        # A list or a structure is no value of a field.
        frame = pl.scan_parquet(source).drop(ROW, REASON, strict=False).drop(selectors.nested())
        total: int = frame.select(pl.len()).collect().item()
        columns = frame.collect_schema().names()
        frame = frame.with_row_index(ROW, offset=1)
        nothing = pl.DataFrame(schema={ROW: pl.UInt32, REASON: pl.String} | dict.fromkeys(columns, pl.String))
        if total == 0:
            yield Batch(_with_plain_values(frame.collect()), nothing, 1.0)
        for start in range(0, total, BATCH_ROWS):
            rows = _with_plain_values(frame.slice(start, BATCH_ROWS).collect())
            yield Batch(rows, nothing, (start + rows.height) / total)
    except PolarsError as error:
        raise InvalidValue(source.name, "cannot be read as Parquet", " ".join(str(error).split())[:200]) from error


def _with_plain_values(rows: pl.DataFrame) -> pl.DataFrame:
    """Read bytes as text, as those of a CSV are, and spans of time as numbers."""
    plain = [
        pl.Series(
            column.name, [None if each is None else each.decode("utf-8", "replace") for each in column], pl.String
        )
        if column.dtype == pl.Binary
        else column.to_physical()
        for column in rows.select(selectors.binary() | selectors.duration()).iter_columns()
    ]
    return rows.with_columns(plain)


def _csv(source: Path) -> Iterator[Batch]:
    size = max(1, source.stat().st_size)
    with source.open("rb") as raw, TextIOWrapper(raw, "utf-8-sig", errors="replace", newline="") as file:
        reader = csv.reader(file)
        try:
            header = next(reader, [])
            if not header or len(set(header)) != len(header):
                raise InvalidValue(source.name, "the first line must name each column once", header)
            numbered: Iterator[_Line] = enumerate(reader, start=1)
            while pieces := list(_pieces(header, numbered)):
                rows, broken = (pl.concat(parts) for parts in zip(*pieces, strict=True))
                yield Batch(rows, broken, min(1.0, raw.tell() / size))
        except csv.Error as error:
            raise InvalidValue(
                source.name, "cannot be read as CSV; is a quote left open?", f"line {reader.line_num}: {error}"
            ) from error


def _pieces(header: list[str], numbered: Iterator[_Line]) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Turn the lines of one batch into tables, piece by piece: large heaps of small lists are slow in Python."""
    taken = 0
    while taken < BATCH_ROWS and (lines := list(islice(numbered, min(_PIECE_ROWS, BATCH_ROWS - taken)))):
        taken += len(lines)
        yield _whole_and_broken(header, lines)


def _whole_and_broken(header: list[str], lines: list[_Line]) -> tuple[pl.DataFrame, pl.DataFrame]:
    width = len(header)
    rows = _frame(header, [line for line in lines if len(line[1]) == width])
    ragged = [line for line in lines if len(line[1]) not in (0, width)]  # an empty line is no row
    problem = f"must have {width} fields as the header does"
    reasons = [str(InvalidValue("row", problem, len(fields))) for _, fields in ragged]
    cut: list[_Line] = [(number, [*fields[:width], *[None] * (width - len(fields))]) for number, fields in ragged]
    # An open quote would silently swallow the rows that follow, up to the next quote.
    spans = rows.select(pl.any_horizontal(pl.exclude(ROW).str.contains("\n", literal=True))).to_series()
    spanning = rows.filter(spans)
    problem = "a field may not span lines; is a quote left open?"
    swallowed = [str(InvalidValue("row", problem, _longest(row))) for row in spanning.drop(ROW).iter_rows()]
    broken = pl.concat([_with_reasons(_frame(header, cut), reasons), _with_reasons(spanning, swallowed)])
    return rows.filter(~spans), broken.sort(ROW)


def _longest(fields: Sequence[str]) -> str:
    return max(fields, key=len)[:80]


def _with_reasons(rows: pl.DataFrame, reasons: list[str]) -> pl.DataFrame:
    return rows.insert_column(1, pl.Series(REASON, reasons, dtype=pl.String))


def _frame(header: list[str], rows: list[_Line]) -> pl.DataFrame:
    """Build the text columns by name; transposing in C is several times faster than row by row."""
    columns = zip(*(fields for _, fields in rows), strict=True) if rows else ([] for _ in header)
    series = [pl.Series(ROW, [number for number, _ in rows], dtype=pl.UInt32)]
    series += [
        pl.Series(name, values, dtype=pl.String)
        for name, values in zip(header, columns, strict=True)
        if name not in (ROW, REASON)
    ]
    return pl.DataFrame(series)
