"""What a fraud desk gets for its alerts: money, precision, and honest clients who had to wait."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.evaluation.columns import Bools, Columns, Floats
from models.evaluation.intervals import Blocks, Estimate
from models.thresholds import Costs

_OF_CAPACITY: Final = (0.1, 0.25, 0.5, 1, 2, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One way to choose alerts. Money is in minor units of the base currency; shares are 0 to 1."""

    alerts_a_day: float
    precision: Estimate  # of the alerts whose outcome is known
    caught: Estimate  # share of the frauds
    stopped_a_day: Estimate
    stopped_share: Estimate  # of the stolen money
    spent_a_day: Estimate
    saved_a_day: Estimate  # stopped less spent
    honest_per_caught: Estimate  # honest transfers disturbed for each fraud caught


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The desk with the highest chances of each day, this many of them."""

    capacity: int
    desk: Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturbed:
    """Honest clients (payers) with at least one honest transfer held or blocked."""

    clients: int
    share: float | None  # of all clients with an honest transfer
    per_caught: float | None  # for each fraud caught


def desk_of(columns: Columns, held: Bools, blocked: Bools, costs: Costs, blocks: Blocks, days: float) -> Desk:
    """Judge what comes of holding these and blocking those, `days` long."""
    alert = held | blocked
    caught = columns.fraud * alert
    stopped, spent = columns.stopped(held, blocked, costs), columns.spent(held, blocked, costs)
    return Desk(
        alerts_a_day=float(alert.sum()) / days,
        precision=blocks.ratio(caught, (columns.fraud + columns.honest) * alert),
        caught=blocks.ratio(caught, columns.fraud),
        stopped_a_day=blocks.ratio(stopped, days),
        stopped_share=blocks.ratio(stopped, columns.stolen),
        spent_a_day=blocks.ratio(spent, days),
        saved_a_day=blocks.ratio(stopped - spent, days),
        honest_per_caught=blocks.ratio(columns.honest * alert, caught),
    )


def points_of(columns: Columns, capacity: int, costs: Costs, blocks: Blocks, days: float) -> tuple[Point, ...]:
    """Judge desks of several sizes around `capacity`, each taking the highest chances of a day and holding them."""
    nobody = np.zeros(columns.chance.size, np.bool_)
    sizes = sorted({round(capacity * share) for share in _OF_CAPACITY} - {0})
    return tuple(
        Point(capacity=size, desk=desk_of(columns, columns.first_of_each_day(size), nobody, costs, blocks, days))
        for size in sizes
    )


def disturbed_of(rows: pl.DataFrame, columns: Columns) -> Disturbed:
    """Count the honest clients that the judged policy disturbs."""
    payers = rows["payer"]
    honest = columns.honest > 0
    clients = _different(payers, honest)
    disturbed = _different(payers, honest & columns.alert)
    caught = float((columns.fraud * columns.alert).sum())
    return Disturbed(
        clients=disturbed,
        share=disturbed / clients if clients else None,
        per_caught=disturbed / caught if caught else None,
    )


def _different(names: pl.Series, mask: NDArray[np.bool_]) -> int:
    return names.filter(pl.Series(mask)).n_unique()


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """The judged policy on a part of the transfers."""

    name: str
    transfers: int
    frauds: int
    stolen_minor: int
    caught: Estimate  # share of the frauds
    stopped_share: Estimate  # of the stolen money
    disturbed: Estimate  # share of the honest transfers that are held or blocked


def slices_of(names: pl.Series, columns: Columns, costs: Costs, blocks: Blocks) -> tuple[Slice, ...]:
    """Judge each different value of a column by itself, in order; rows without one are in no slice."""
    stopped = columns.stopped(columns.held, columns.blocked, costs)
    found = []
    for name in names.drop_nulls().unique().sort():
        mine: Floats = (names == name).fill_null(False).to_numpy().astype(np.float64)
        fraud, honest = columns.fraud * mine, columns.honest * mine
        found.append(
            Slice(
                name=str(name),
                transfers=int(mine.sum()),
                frauds=int(np.count_nonzero(fraud)),
                stolen_minor=round(float((columns.stolen * mine).sum())),
                caught=blocks.ratio(fraud * columns.alert, fraud),
                stopped_share=blocks.ratio(stopped * mine, columns.stolen * mine),
                disturbed=blocks.ratio(honest * columns.alert, honest),
            )
        )
    return tuple(found)
