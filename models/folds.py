"""Which rows of an intake the folds of a protocol use, and whether anything can be learnt and judged on them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from antifraud.domain.errors import InvalidValue
from antifraud.intake import Intake
from models.protocol import Fold, Protocol

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldRows:
    """Which rows of an intake a fold uses. `train` and `test` are masks over all of them.

    `day` (UTC, counted from 1970) and `payer` (a number) are of the test rows, in order. `world` is None
    where there is only one.
    """

    fold: Fold
    world: str | None
    train: NDArray[np.bool_]
    test: NDArray[np.bool_]
    day: NDArray[np.int64]
    payer: NDArray[np.int64]


def rows_of(fold: Fold, protocol: Protocol, intake: Intake, *, by_world: bool = False) -> tuple[FoldRows, ...]:
    """Return the rows of one fold, or of one fold in each world.

    Only rows that are to be scored and whose truth is known are used; all rows stay history. Worlds are
    the participants, in order of name, as an intake with `world` makes them.
    """
    table = intake.transfers.select(
        "participant", "payer", "received_at", day=pl.col("received_at").dt.epoch("d").cast(pl.Int64)
    ).hstack(intake.truth.select("fraud", "scored"))
    usable = table["scored"] & table["fraud"].is_not_null()
    train = usable & _within(table, fold.train_from, fold.train_to)
    test = usable & _within(table, fold.test_from, fold.test_to)
    if protocol.drop_known_payers:
        test &= ~_known(table, fold, protocol.delay)
    worlds = sorted(table["participant"].unique()) if by_world else [None]
    return tuple(_fold_rows(fold, world, table, train, test) for world in worlds)


def usable_folds(
    folds: Sequence[Fold], protocol: Protocol, intake: Intake, *, by_world: bool = False
) -> list[FoldRows]:
    """Return the rows of each fold in each world; raise InvalidValue, naming the key, where they cannot be used.

    Without both frauds and honest transfers nothing is learnt or judged. A fold that nobody wrote is left out then.
    """
    found = []
    for rows in (part for fold in folds for part in rows_of(fold, protocol, intake, by_world=by_world)):
        problem = _problem(rows, protocol, intake)
        if problem is None:
            found.append(rows)
        elif rows.fold.written:
            raise problem
    return found


def _problem(rows: FoldRows, protocol: Protocol, intake: Intake) -> InvalidValue | None:
    fold = rows.fold
    parts = (
        (fold.train_key, "to train on", rows.train, fold.train_from, fold.train_to),
        (fold.test_key, "to test on", rows.test, fold.test_from, fold.test_to),
    )
    fraud = intake.truth["fraud"].fill_null(False).to_numpy()
    for key, use, mask, start, end in parts:
        frauds, count = int(fraud[mask].sum()), int(mask.sum())
        if 0 < frauds < count:
            continue
        where = f"{use} from {_day(start)} to {_day(end)}{'' if rows.world is None else f' in world {rows.world}'}"
        if count:
            what = "no fraud" if frauds == 0 else "nothing but frauds"
            said = f"{what} among {count:,} transfers {where}"
        else:
            said = f"no rows {where}; {_instead(rows.world, protocol, intake, start, end)}"
        return InvalidValue(f"protocols.{protocol.name}.{key}", said, None)
    return None


def _instead(world: str | None, protocol: Protocol, intake: Intake, start: datetime, end: datetime) -> str:
    """Say what there is where no row of a span can be used: other days, or rows that the protocol does not use."""
    table = intake.transfers if world is None else intake.transfers.filter(pl.col("participant") == world)
    count = int(_within(table, start, end).sum())
    if count == 0:
        first, last = table.select(first=pl.min("received_at"), last=pl.max("received_at")).row(0)
        return f"the data spans {first:%Y-%m-%d} to {last:%Y-%m-%d}"
    dropped = ", or their payers are known" if protocol.drop_known_payers else ""
    return f"of {count:,} there none has a label and is in score_only{dropped}"


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}" if moment.time() == datetime.min.time() else f"{moment:%Y-%m-%d %H:%M}"


def _within(table: pl.DataFrame, start: datetime, end: datetime) -> pl.Series:
    return (table["received_at"] >= start) & (table["received_at"] < end)


def _known(table: pl.DataFrame, fold: Fold, delay: timedelta) -> pl.Series:
    """Say for each row whether its payer is known as defrauded when the row's day begins.

    A fraud counts from the first day of training on, and is known once `delay` has passed after the end
    of its day: with 7 days, frauds up to the row's day minus 8. As for features, an account is one
    account whichever participant its transfers came from.
    """
    days = math.ceil(delay / _DAY) + 1
    first = (
        table.filter(table["fraud"].fill_null(False) & (table["received_at"] >= fold.train_from))
        .group_by("payer")
        .agg(first_fraud=pl.col("day").min())
    )
    joined = table.select("payer", "day").join(first, on="payer", how="left", maintain_order="left")
    return (joined["first_fraud"] <= joined["day"] - days).fill_null(False)


def _fold_rows(fold: Fold, world: str | None, table: pl.DataFrame, train: pl.Series, test: pl.Series) -> FoldRows:
    if world is not None:
        train, test = train & (table["participant"] == world), test & (table["participant"] == world)
    tested = table.filter(test)
    return FoldRows(
        fold=fold,
        world=world,
        train=train.to_numpy(),
        test=test.to_numpy(),
        day=tested["day"].to_numpy(),
        payer=tested["payer"].rank("dense").cast(pl.Int64).to_numpy(),
    )
