"""Whose a feature is, and each of them once a day: a shop with a tenth of all payments is one account, not a tenth."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from features.spec import Feature
from models.days import local_day

Bools = NDArray[np.bool_]
Owner = tuple[str, ...]

OWNERS: Final = ("payer", "payee", "device_id", "ip")
"""Columns that rows need, besides received_at."""


def owners_of(catalogue: Sequence[Feature]) -> dict[str, Owner]:
    """Return for each feature the fields that it belongs to; none for what is the transfer's own.

    A ratio belongs to whom the first of its sides that has an owner belongs to.
    """
    found: dict[str, Owner] = {}
    for feature in catalogue:
        sides = [found[side] for side in feature.operands or ()]
        found[feature.name] = tuple(sorted(feature.ask)) or next((side for side in sides if side), ())
    return found


class OnceADay:
    """Says of each row whether it is the first of its owner on its day; rows come in order of arrival."""

    def __init__(self, owners: Mapping[str, Owner]) -> None:
        self._owners = sorted({owner for owner in owners.values() if owner})
        self._today: dict[Owner, pl.DataFrame] = {}

    def first(self, rows: pl.DataFrame) -> dict[Owner, Bools]:
        """Return a mask for each owner; where it is not named the transfer stands for itself."""
        found: dict[Owner, Bools] = {(): np.ones(rows.height, np.bool_)}
        dated = rows.select(*OWNERS, day=local_day())
        for owner in self._owners:
            mine = dated.select("day", *owner)
            named = mine.select(pl.all_horizontal(pl.col(name).is_not_null() for name in owner)).to_series()
            seen = self._today.get(owner, mine.clear())
            first = mine.select(pl.struct(mine.columns).is_first_distinct()).to_series() & ~_among(mine, seen)
            found[owner] = (first | ~named).to_numpy()
            last = mine.filter(pl.col("day") == mine["day"].max()).unique()
            same = seen.filter(pl.col("day") == mine["day"].max())
            self._today[owner] = pl.concat([same, last]).unique()
        return found


def _among(mine: pl.DataFrame, seen: pl.DataFrame) -> pl.Series:
    """Say which rows stand in another table."""
    if seen.is_empty():
        return pl.repeat(False, mine.height, eager=True)
    return mine.join(seen.with_columns(again=True), on=mine.columns, how="left", maintain_order="left")[
        "again"
    ].fill_null(False)
