"""When what was known as fraud: reports and withdrawals as stretches of time, for the offline engine."""

from bisect import insort
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from antifraud.tables import TRANSFER_KEY

Ints = NDArray[np.int64]

_FOR_EVER: Final = 2**62


@dataclass(frozen=True, slots=True)
class Stretches:
    """Each stretch during which one transfer was known as fraud: strictly after `after`, up to `until`."""

    rows: Ints  # [n] index of the transfer
    keys: Ints  # [n] its key in the role asked for
    after: Ints  # [n] microseconds
    until: Ints  # [n] microseconds; for ever if never withdrawn

    @staticmethod
    def of(transfers: pl.DataFrame, reports: pl.DataFrame, clock: Ints, keys: Ints) -> "Stretches":
        """Return the stretches of all reported transfers that have a key.

        A report about an unknown transfer says nothing; one made before its transfer arrived counts from then.
        Of reports that repeat each other the first stands.
        """
        placed = transfers.select(TRANSFER_KEY).with_columns(
            arrived=pl.Series(clock), key=pl.Series(keys), row=pl.int_range(pl.len())
        )
        spoken = (
            reports.select(*TRANSFER_KEY, "known_at", "fraud", known=pl.col("known_at").dt.timestamp("us"))
            .join(placed, on=TRANSFER_KEY, how="inner", maintain_order="left")
            .filter(pl.col("key") >= 0)
            .with_columns(known=pl.max_horizontal("known", "arrived"))
            .sort("known", "known_at", maintain_order=True)
        )
        turns = (
            spoken.with_columns(before=pl.col("fraud").shift(1, fill_value=False).over(TRANSFER_KEY))
            .filter(pl.col("fraud") != pl.col("before"))
            .with_columns(until=pl.col("known").shift(-1, fill_value=_FOR_EVER).over(TRANSFER_KEY))
            .filter("fraud")
        )
        columns = (turns[column].to_numpy().astype(np.int64) for column in ("row", "key", "known", "until"))
        return Stretches(*columns)

    def within(self, over: int) -> Ints:
        """Return until when each counts in a window of `over` microseconds."""
        return np.minimum(self.after + over, self.until)


@dataclass(frozen=True, slots=True)
class Steps:
    """What is known of each key, from strictly after `since` until the next step; the first step is of no key."""

    keys: Ints  # [n] ascending
    since: Ints  # [n] ascending for each key, microseconds
    first: Ints  # [n] the first moment that is known, -1 where nothing is
    last: Ints  # [n] the last one


def first_and_last(stretches: Stretches, until: Ints) -> Steps:
    """Return the first and last moment known of each key, where a stretch counts up to `until`.

    Reports are rare, so this is a plain sweep.
    """
    turns = sorted(
        [(key, after, True, after) for key, after in zip(stretches.keys, stretches.after, strict=True)]
        + [(key, end, False, after) for key, end, after in zip(stretches.keys, until, stretches.after, strict=True)],
        key=lambda turn: (turn[0], turn[1], not turn[2]),  # what begins and ends at once must begin first
    )
    steps = [(-1, -1, -1, -1)]
    for key, of_key in groupby(turns, key=lambda turn: turn[0]):
        known: list[int] = []
        for since, now in groupby(of_key, key=lambda turn: turn[1]):
            for _, _, begins, after in now:
                if begins:
                    insort(known, after)
                else:
                    known.remove(after)
            steps.append((key, since, known[0] if known else -1, known[-1] if known else -1))
    return Steps(*np.array(steps, np.int64).T.copy())
