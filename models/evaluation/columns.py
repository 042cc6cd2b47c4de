"""Judged rows as numbers that can be added up: what was stolen, stopped, spent and disturbed."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from antifraud.domain.decision import Action
from models.thresholds import Costs

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Columns:
    """One number a row. `fraud` and `honest` carry the row's weight and are 0 where no outcome is known."""

    chance: Floats
    amount: Floats
    weight: Floats
    fraud: Floats
    honest: Floats
    held: Bools  # by the judged policy
    blocked: Bools
    day: Ints  # numbered from 0, days without transfers left out

    @property
    def alert(self) -> Bools:
        """Return which rows the policy does not allow."""
        return self.held | self.blocked

    @property
    def stolen(self) -> Floats:
        """Return the money that frauds would move, in minor units."""
        return self.fraud * self.amount

    def stopped(self, held: Bools, blocked: Bools, costs: Costs) -> Floats:
        """Return the stolen money that is kept back when these are held and those blocked."""
        return costs.stopped(self.stolen, held, blocked)

    def spent(self, held: Bools, blocked: Bools, costs: Costs) -> Floats:
        """Return what it costs to hold these and block those: reviews, and the patience of honest clients."""
        return costs.spent(self.fraud + self.honest, self.honest, held, blocked, looked_at=held)

    def first_of_each_day(self, most: int) -> Bools:
        """Return the `most` highest chances of each day; of equals the one that came first."""
        order = np.lexsort((np.arange(self.chance.size), -self.chance, self.day))
        day = self.day[order]
        starts = np.flatnonzero(np.concatenate(([True], day[1:] > day[:-1])))
        place = np.arange(day.size) - np.repeat(starts, np.diff(np.concatenate((starts, [day.size]))))
        chosen = np.zeros(day.size, np.bool_)
        chosen[order[place < most]] = True
        return chosen


def columns_of(rows: pl.DataFrame, *, fraud: pl.Series | None = None, weight: Floats | None = None) -> Columns:
    """Return rows as columns; `fraud` and `weight` take the place of the rows' own."""
    known = rows["fraud"] if fraud is None else fraud
    weight = rows["weight"].to_numpy() if weight is None else weight
    return Columns(
        chance=rows["chance"].to_numpy(),
        amount=rows["amount_minor"].cast(pl.Float64).to_numpy(),
        weight=weight,
        fraud=weight * known.fill_null(False).to_numpy(),
        honest=weight * (~known).fill_null(False).to_numpy(),
        held=(rows["action"] == Action.HOLD).to_numpy(),
        blocked=(rows["action"] == Action.BLOCK).to_numpy(),
        day=numbered(rows["day"]),
    )


def numbered(column: pl.Series) -> Ints:
    """Give numbers to the different values of a column from 0, in their order."""
    return column.rank("dense").cast(pl.Int64).to_numpy() - 1
