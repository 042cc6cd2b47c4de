"""What each decision cost, transfer by transfer, in minor units: `models.thresholds.Costs` applied to one action."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from antifraud.domain.decision import Action
from models.days import local_day
from models.thresholds import Costs

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Decisions beside the truth, row by row; `known` is where the truth is old enough to be known."""

    rows: pl.DataFrame  # payer, base_minor, received_at, fraud, fraud_type, score
    action: pl.Series
    reviewed: Bools  # False: an alert beyond what the desk can look at on its day
    known: Bools
    costs: Costs

    @staticmethod
    def of(rows: pl.DataFrame, action: pl.Series, known: Bools, costs: Costs, capacity: int | None) -> "Judged":
        """Set decisions beside the truth; the desk looks at `capacity` alerts a day, in order of arrival."""
        alert = action != Action.ALLOW.value
        reviewed = np.ones(rows.height, np.bool_)
        if capacity is not None:
            place = rows.select(local_day().alias("day"), alert=alert).select(pl.col("alert").cum_sum().over("day"))
            reviewed = ~alert.to_numpy() | (place.to_series() <= capacity).to_numpy()
        return Judged(rows=rows, action=action, reviewed=reviewed, known=known, costs=costs)

    @property
    def fraud(self) -> Bools:
        """Say which transfers are known as frauds."""
        return self.rows["fraud"].to_numpy() & self.known

    @property
    def honest(self) -> Bools:
        """Say which transfers nobody has reported although there was time to."""
        return ~self.rows["fraud"].to_numpy() & self.known

    @property
    def held(self) -> Bools:
        """Say what was held."""
        return (self.action == Action.HOLD.value).to_numpy()

    @property
    def blocked(self) -> Bools:
        """Say what was blocked."""
        return (self.action == Action.BLOCK.value).to_numpy()

    @property
    def alerts(self) -> Bools:
        """Say what was not allowed."""
        return self.held | self.blocked

    @property
    def amounts(self) -> Floats:
        """Return amounts in minor units, exact up to 2^53."""
        return self.rows["base_minor"].to_numpy().astype(np.float64)

    @property
    def stopped(self) -> Floats:
        """Return the stolen money that each decision kept from leaving, decided as of its own moment.

        A block keeps all of it; a hold what the desk makes of it, if it looks.
        """
        return self.costs.stopped(np.where(self.fraud, self.amounts, 0.0), self.held & self.reviewed, self.blocked)

    @property
    def loss(self) -> Floats:
        """Return what each decision lost: stolen money, reviews, honest clients; 0 where the truth is not known."""
        known, honest = (each.astype(np.float64) for each in (self.known, self.honest))
        spent = self.costs.spent(known, honest, self.held, self.blocked, self.held & self.reviewed)
        return np.where(self.fraud, self.amounts - self.stopped, 0.0) + spent
