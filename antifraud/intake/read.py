"""A foreign file -> transfers and reports; a bad row is set aside with its reason, the good ones go on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from antifraud.domain.errors import InvalidValue
from antifraud.domain.report import ReportSource
from antifraud.intake.checked import Checked, as_text, fine, first_reason
from antifraud.intake.fields import flags, transfer_columns
from antifraud.intake.mapping import ROW_NUMBER, Condition, Mapping
from antifraud.intake.source import REASON, ROW, batches
from antifraud.intake.times import off_the_calendar
from antifraud.tables import REPORTS, TRANSFER_KEY, TRANSFERS

Progress = Callable[[int, float], None]
"""Told after each batch: rows read so far, share of the source read (0 to 1)."""

_FRAUD: Final = "fraud"
_SCORED: Final = "scored"
_TYPE: Final = "fraud_type"


@dataclass(frozen=True, slots=True)
class Intake:
    """What a source gave. `transfers` and `truth` have the same rows, sorted by `received_at`.

    `truth`: participant, transfer_id, `fraud` (null where the source does not say) and `scored` (whether
    `score_only` wants a score). `rejects`: row number, reason, source columns as text, in file order.
    `rows` counts all rows of the source, `left_out` those that `keep` left out.
    """

    transfers: pl.DataFrame
    reports: pl.DataFrame
    truth: pl.DataFrame
    rejects: pl.DataFrame
    rows: int
    left_out: int


def read(source: Path, mapping: Mapping, progress: Progress = lambda rows, share: None) -> Intake:
    """Read all of `source`; raise NotFound or InvalidValue if it or its columns are not there at all.

    Transfers keep the order of the file among equal `received_at`. A transfer id that its participant
    used in an earlier accepted row is rejected.
    """
    good: list[pl.DataFrame] = []
    bad: list[pl.DataFrame] = []
    rows = left_out = 0
    for batch in batches(source):
        if not rows:
            _check_columns(source, batch.rows.columns, mapping)
        kept = batch.rows.filter(_matches(batch.rows, mapping.keep))
        accepted, rejected = _split(kept, mapping)
        good.append(accepted)
        bad += [rejected, _without(batch.broken, mapping.never)]
        rows += batch.rows.height + batch.broken.height
        left_out += batch.rows.height - kept.height
        progress(rows, batch.share)
    if not good:
        raise InvalidValue(source.name, "has no rows under its header", 0)
    accepted = pl.concat(good)
    accepted, repeated = _split_repeated(accepted)
    rejects = pl.concat([*bad, _again(source, repeated, mapping)]).sort(ROW)
    accepted = accepted.sort("received_at", maintain_order=True)
    truth = accepted.select(*TRANSFER_KEY, _FRAUD, _SCORED)
    return Intake(accepted.select(TRANSFERS.names()), _reports(accepted, mapping), truth, rejects, rows, left_out)


def _check_columns(source: Path, found: Sequence[str], mapping: Mapping) -> None:
    """Refuse a mapping that names columns which the source has not."""
    named = {f"mapping.columns.{name}": column for name, column in mapping.columns.items() if column != ROW_NUMBER}
    named |= {f"mapping.keep.{one.column}": one.column for one in mapping.keep}
    named |= {f"score_only.{one.column}": one.column for one in mapping.score_only}
    if mapping.world is not None:
        named["world"] = mapping.world
    if mapping.labels is not None:
        named["labels.column"] = mapping.labels.column
        if mapping.labels.fraud_type is not None:
            named["labels.fraud_type"] = mapping.labels.fraud_type
    for path, column in named.items():
        if column not in found:
            raise InvalidValue(
                path, f"{source.name} has no such column of plain values, only {', '.join(found[1:])}", column
            )


def _split(rows: pl.DataFrame, mapping: Mapping) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the accepted rows (fields of a transfer, truth, ROW) and the rejected ones."""
    columns = transfer_columns(rows, mapping)
    fraud, kind = _truth_columns(rows, mapping)
    reason = first_reason([*columns, fraud])
    right = reason.is_null()
    scored = _matches(rows, mapping.score_only).alias(_SCORED)
    kind = kind.rename(f"report_{_TYPE}")
    table = pl.DataFrame([*(one.values for one in columns), fraud.values, scored, kind, rows[ROW]]).filter(right)
    return table, _rejected(rows.filter(~right), reason.drop_nulls(), mapping)


def _truth_columns(rows: pl.DataFrame, mapping: Mapping) -> tuple[Checked, pl.Series]:
    """Return what the label column says, and the type of fraud where it is told."""
    nothing = pl.Series(_TYPE, [None], dtype=pl.String).new_from_index(0, rows.height)
    if mapping.labels is None:
        return fine(nothing.cast(pl.Boolean).alias(_FRAUD)), nothing
    labels = mapping.labels
    fraud = flags(as_text(rows[labels.column], _FRAUD))
    return fraud, nothing if labels.fraud_type is None else as_text(rows[labels.fraud_type], _TYPE)


def _matches(rows: pl.DataFrame, conditions: Sequence[Condition]) -> pl.Series:
    """Say for each row whether it meets all conditions; an empty value meets none but `none_of`."""
    met = pl.Series([True], dtype=pl.Boolean).new_from_index(0, rows.height)
    for one in conditions:
        text = as_text(rows[one.column], one.column)
        if one.one_of is not None:
            met &= text.is_in(one.one_of).fill_null(False)
        if one.none_of is not None:
            met &= ~text.is_in(one.none_of).fill_null(False)
        number = text.cast(pl.Float64, strict=False)
        if one.at_least is not None:
            met &= (number >= one.at_least).fill_null(False)
        if one.below is not None:
            met &= (number < one.below).fill_null(False)
    return met


def _rejected(rows: pl.DataFrame, reason: pl.Series, mapping: Mapping) -> pl.DataFrame:
    source = [_shown(column) for column in rows.iter_columns() if column.name != ROW]
    return _without(pl.DataFrame([rows[ROW], reason.alias(REASON), *source]), mapping.never)


def _shown(column: pl.Series) -> pl.Series:
    """Write source values as text; a time that no calendar has is shown as its number."""
    beyond = off_the_calendar(column)
    if not beyond.any():
        return column.cast(pl.String, strict=False)
    named = column.zip_with(~beyond, column.clear(len(column))).cast(pl.String, strict=False)
    return named.zip_with(~beyond, column.to_physical().cast(pl.String))


def _without(rows: pl.DataFrame, never: Sequence[str]) -> pl.DataFrame:
    return rows.drop(never, strict=False)


def _split_repeated(accepted: pl.DataFrame) -> tuple[pl.DataFrame, dict[int, str]]:
    """Keep the first use of each transfer id of a participant; return the reasons of the others by row."""
    first = accepted.select(pl.struct(*TRANSFER_KEY).is_first_distinct()).to_series()
    if first.all():
        return accepted, {}
    kept = accepted.filter(first)
    before = kept.select(*TRANSFER_KEY, first_row=ROW)
    later = accepted.filter(~first).join(before, on=TRANSFER_KEY, maintain_order="left")
    reasons = {
        row: str(InvalidValue("transfer_id", f"was already used in row {used}", transfer_id))
        for row, used, transfer_id in later.select(ROW, "first_row", "transfer_id").iter_rows()
    }
    return kept, reasons


def _again(source: Path, reasons: dict[int, str], mapping: Mapping) -> pl.DataFrame:
    """Read the rows of `reasons` once more: which ids repeat is known only after the last batch."""
    found = []
    for batch in batches(source):
        rows = batch.rows.filter(batch.rows[ROW].is_in(list(reasons)))
        reason = pl.Series([reasons[row] for row in rows[ROW]], dtype=pl.String)
        found.append(_rejected(rows, reason, mapping))
        if not reasons:  # nothing to find: the first batch gives the columns
            break
    return pl.concat(found)


def _reports(accepted: pl.DataFrame, mapping: Mapping) -> pl.DataFrame:
    """Return a report for each fraud, known `delay` after the transfer was received."""
    if mapping.labels is None:
        return REPORTS.to_frame()
    return accepted.filter(_FRAUD).select(
        *TRANSFER_KEY,
        fraud=pl.lit(True),
        source=pl.lit(ReportSource.DATASET.value),
        known_at=pl.col("received_at") + mapping.labels.delay,
        fraud_type=pl.col(f"report_{_TYPE}"),
        reporter=pl.lit(None, dtype=pl.String),
    )
