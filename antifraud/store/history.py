"""Reading the log in bulk: to restore live state, to train, to backtest.

Tables have the columns of `antifraud.tables`; rows come in the order of arrival, `(received_at, seq)`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl
from sqlalchemy import Boolean, ColumnElement, Engine, Integer, Select, and_, case, cast, func, select, true, tuple_
from sqlalchemy.exc import DBAPIError

from antifraud.domain.errors import Unavailable
from antifraud.domain.moment import micros, moment_of
from antifraud.store.address import reason
from antifraud.store.schema import decisions, reports
from antifraud.tables import REASON, REPORTS, TRANSFER_KEY, TRANSFERS
from antifraud.workflow.ports import Vectors

_CODES: Final = pl.List(pl.String)
_decided: Final[dict[str, pl.DataType]] = {
    **{
        name: TRANSFERS[name]
        for name in (*TRANSFER_KEY, "payer", "payee", "device_id", "ip", "base_minor", "received_at")
    },
    "action": pl.String(),
    "score": pl.Float64(),
    "reasons": pl.List(REASON),
    "degraded": _CODES,
    "model_version": pl.String(),
    "catalogue_version": pl.String(),
    "policy_version": pl.String(),
    "rules_version": pl.String(),
    "vector": pl.Binary(),
}
DECIDED: Final = pl.Schema(_decided)
"""Decisions as tables. A vector is float64, little endian; empty when nothing could be read."""
_STORED: Final = pl.Schema({**_decided, "reasons": pl.String(), "degraded": pl.String()})

_ARRIVAL: Final = (decisions.c.received_at, decisions.c.seq)


@dataclass(frozen=True, slots=True)
class Served:
    """Transfers with the vectors that were served for them, row by row."""

    transfers: pl.DataFrame
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class Counts:
    """How much the log holds."""

    decisions: int
    reports: int


@dataclass(frozen=True, slots=True)
class Span:
    """The first and the last stamp that was given to anything in the log."""

    first: datetime
    last: datetime


class History:
    """What was recorded, as tables."""

    def __init__(self, engine: Engine, rows_a_table: int = 50_000) -> None:
        self._engine = engine
        self.rows_a_table = rows_a_table

    def transfers(
        self, after: datetime | None = None, until: datetime | None = None, columns: Sequence[str] = TRANSFERS.names()
    ) -> Iterator[pl.DataFrame]:
        """Yield the transfers received in `(after, until]`, at most `rows_a_table` at a time.

        All tables are of one moment: what is recorded meanwhile is in none of them. Fewer `columns` cost less.
        """
        received = _between(decisions.c.received_at, after, until)
        yield from self.tables(select(*_plain(columns)).where(received).order_by(*_ARRIVAL), _schema(columns))

    def reports(self, after: datetime | None = None, until: datetime | None = None) -> pl.DataFrame:
        """Return the reports that became known in `(after, until]`, in that order."""
        known = _between(reports.c.known_at, after, until)
        asked = select(*(cast_flag(reports.c[name]) for name in REPORTS)).where(known)
        tables = self.tables(asked.order_by(reports.c.known_at, reports.c.seq), REPORTS)
        return pl.concat([REPORTS.to_frame(), *tables])

    def reported(self, after: datetime | None = None, until: datetime | None = None) -> pl.DataFrame:
        """Return the transfers, of any age, that the reports of `(after, until]` are about, each once."""
        known = _between(reports.c.known_at, after, until)
        about = select(reports.c.participant, reports.c.transfer_id).where(known)
        name = tuple_(decisions.c.participant, decisions.c.transfer_id)
        asked = select(*_plain(TRANSFERS.names())).where(name.in_(about)).order_by(*_ARRIVAL)
        return pl.concat([TRANSFERS.to_frame(), *self.tables(asked, TRANSFERS)])

    def served(self, after: datetime | None, until: datetime | None, catalogue_version: str) -> Iterator[Served]:
        """Yield what was served in `(after, until]` under one catalogue; transfers decided blind are left out."""
        meant = and_(
            _between(decisions.c.received_at, after, until),
            decisions.c.catalogue_version == catalogue_version,
            func.length(decisions.c.vector) > 0,
        )
        schema = pl.Schema({**TRANSFERS, "vector": pl.Binary()})
        asked = select(*_plain(TRANSFERS.names()), decisions.c.vector).where(meant).order_by(*_ARRIVAL)
        for table in self.tables(asked, schema):
            flat = np.frombuffer(b"".join(table["vector"].to_list()), "<f8")
            yield Served(table.drop("vector"), flat.reshape(table.height, -1))

    def received(
        self, after: datetime | None, until: datetime | None, catalogue_version: str, width: int
    ) -> Iterator[Served]:
        """Yield all that was received in `(after, until]` with the vectors of `width` served under one catalogue.

        Where none was served, blind or under another catalogue, the vector is NaN throughout.
        """
        vector = case((decisions.c.catalogue_version == catalogue_version, decisions.c.vector), else_=b"")
        asked = select(*_plain(TRANSFERS.names()), vector.label("vector"))
        asked = asked.where(_between(decisions.c.received_at, after, until)).order_by(*_ARRIVAL)
        none = np.full(width, np.nan).tobytes()
        for table in self.tables(asked, pl.Schema({**TRANSFERS, "vector": pl.Binary()})):
            flat = np.frombuffer(b"".join(each or none for each in table["vector"].to_list()), "<f8")
            yield Served(table.drop("vector"), flat.reshape(table.height, width))

    def decided(self, after: datetime | None = None, until: datetime | None = None) -> Iterator[pl.DataFrame]:
        """Yield what was decided in `(after, until]`, with the columns DECIDED; blind decisions too."""
        received = _between(decisions.c.received_at, after, until)
        asked = select(*(decisions.c[name] for name in _STORED)).where(received).order_by(*_ARRIVAL)
        for table in self.tables(asked, _STORED):
            yield table.with_columns(
                pl.col("reasons").str.json_decode(DECIDED["reasons"]), pl.col("degraded").str.json_decode(_CODES)
            )

    def counts(self) -> Counts:
        """Count what the log holds."""
        with self._engine.connect() as connection:
            of = [
                connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in (decisions, reports)
            ]
        return Counts(*of)

    def span(self) -> Span | None:
        """Return the first and last stamp of the log, or None if it is empty."""
        ends = [end(stamp) for stamp in (decisions.c.received_at, reports.c.known_at) for end in (func.min, func.max)]
        with self._engine.connect() as connection:
            stamps = [connection.execute(select(end)).scalar_one() for end in ends]
        known = [stamp for stamp in stamps if stamp is not None]
        return Span(moment_of(min(known)), moment_of(max(known))) if known else None

    def tables(self, asked: Select[*tuple[object, ...]], schema: pl.Schema) -> Iterator[pl.DataFrame]:
        """Yield the answer to a question about the log as tables, read a piece at a time."""
        try:
            with self._engine.connect().execution_options(yield_per=self.rows_a_table) as connection:
                for lines in connection.execute(asked).partitions():
                    yield _table(lines, schema)
        except DBAPIError as error:
            raise Unavailable(f"the log of decisions cannot be read: {reason(error)}") from error


def cast_flag(column: ColumnElement[object]) -> ColumnElement[object]:
    """Return a column as both drivers give it alike: a truth value as 0 or 1."""
    return cast(column, Integer) if isinstance(column.type, Boolean) else column


def _plain(columns: Sequence[str]) -> list[ColumnElement[object]]:
    return [cast_flag(decisions.c[name]) for name in columns]


def _schema(columns: Sequence[str]) -> pl.Schema:
    return pl.Schema({name: TRANSFERS[name] for name in columns})


def _between(moment: ColumnElement[int], after: datetime | None, until: datetime | None) -> ColumnElement[bool]:
    bounds = []
    if after is not None:
        bounds.append(moment > micros(after))
    if until is not None:
        bounds.append(moment <= micros(until))
    return and_(true(), *bounds)


def _table(lines: Sequence[Sequence[object]], schema: pl.Schema) -> pl.DataFrame:
    """Return rows of a driver as a table."""
    return pl.DataFrame(
        [
            _series(name, dtype, values)
            for (name, dtype), values in zip(schema.items(), zip(*lines, strict=True), strict=True)
        ]
    )


def _series(name: str, dtype: pl.DataType, values: Sequence[object]) -> pl.Series:
    if isinstance(dtype, pl.Datetime | pl.Boolean):  # both travel as whole numbers
        return pl.Series(name, values, pl.Int64).cast(dtype)
    return pl.Series(name, values, dtype)
