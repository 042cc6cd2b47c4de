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


def first_and_last(stretches: Stretches, seen: Ints, gone: Ints, stride: int) -> tuple[Ints, Ints, Ints]:
    """Return, for each key, the first and last moment that is known, as steps.

    `seen` and `gone` are the indices of the first transfer that sees a stretch and that no longer does. A step
    is (key * stride + index from which it holds, first, last), ascending, after one that no key has; -1 where
    nothing is known. Reports are rare, so this is a plain sweep.
    """
    turns = sorted(
        [(key, index, True, after) for key, index, after in zip(stretches.keys, seen, stretches.after, strict=True)]
        + [(key, index, False, after) for key, index, after in zip(stretches.keys, gone, stretches.after, strict=True)],
        key=lambda turn: (turn[0], turn[1]),
    )
    codes, first, last = [-1], [-1], [-1]
    for key, of_key in groupby(turns, key=lambda turn: turn[0]):
        known: list[int] = []
        for index, now in groupby(of_key, key=lambda turn: turn[1]):
            changes = sorted(now, key=lambda turn: not turn[2])  # what begins and ends at once must begin first
            for _, _, begins, after in changes:
                if begins:
                    insort(known, after)
                else:
                    known.remove(after)
            codes.append(key * stride + index)
            first.append(known[0] if known else -1)
            last.append(known[-1] if known else -1)
    return np.array(codes, np.int64), np.array(first, np.int64), np.array(last, np.int64)
