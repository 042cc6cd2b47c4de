"""What transfers, scores and reports looked like when a model was trained: what drift is measured against."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from antifraud.tables import TRANSFER_KEY
from features.spec import RETENTION, Feature
from models.days import local_day
from models.drift.bins import WEEK, bins_of, counted, cuts_of, index, numbers, weekly
from models.drift.once import OnceADay, owners_of

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

NOT_SAID: Final = "not said"
_WARM: Final = RETENTION.days  # days until the longest window is full
_ENOUGH: Final = 2 * WEEK
_FEWEST_REPORTS: Final = 50  # fewer, and a week's median is mostly chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """The lowest and the highest weekly value."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Counts in bins, the last one of what is absent.

    `restless` is the largest index that a single week's present values had against all of them, `absent` the range
    of weekly shares of what is absent; None: the reference is too short.
    """

    cuts: tuple[float, ...]
    counts: tuple[int, ...]
    restless: float | None
    absent: Range | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A period to compare with. Scores and alerts are of transfers that the model had not learnt from."""

    first: date
    last: date
    features: Mapping[str, Baseline]
    score: Baseline
    alerts: Range | None  # share of transfers that the score alone would hold or block
    delay_hours: Range | None  # weekly median of report after transfer
    types: Mapping[str, int]  # reports by type of fraud
    types_restless: float | None

    def document(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self) | {"first": self.first.isoformat(), "last": self.last.isoformat()}


def reference_of(document: Mapping[str, Any]) -> Reference:
    """Return the reference of plain values; raise KeyError, TypeError or ValueError for what is none."""

    def span(values: Mapping[str, float] | None) -> Range | None:
        return None if values is None else Range(**values)

    def baseline(values: Mapping[str, Any]) -> Baseline:
        return Baseline(
            cuts=tuple(values["cuts"]),
            counts=tuple(values["counts"]),
            restless=values["restless"],
            absent=span(values["absent"]),
        )

    return Reference(
        first=date.fromisoformat(document["first"]),
        last=date.fromisoformat(document["last"]),
        features={name: baseline(values) for name, values in document["features"].items()},
        score=baseline(document["score"]),
        alerts=span(document["alerts"]),
        delay_hours=span(document["delay_hours"]),
        types=dict(document["types"]),
        types_restless=document["types_restless"],
    )


def look_back(
    transfers: pl.DataFrame,
    reports: pl.DataFrame,
    catalogue: Sequence[Feature],
    vectors: Floats,
    scored: Ints,
    chance: Floats,
    hold_at: float,
) -> Reference:
    """Return what a history looked like: its transfers with their vectors, and `chance` of the rows `scored`.

    The first month is left out, as windows are still filling, if two weeks remain without it.
    """
    days, every, count = number_days(transfers.select(local_day()).to_series())
    begins = _WARM if count >= _WARM + _ENOUGH else min(WEEK, count - 1)
    owners = owners_of(catalogue)
    first_of_day = OnceADay(owners).first(transfers)
    rows = {owner: np.flatnonzero(once & (days >= begins)) for owner, once in first_of_day.items()}
    features = {
        name: _baseline(vectors[rows[owner], column], days[rows[owner]] - begins)
        for column, (name, owner) in enumerate(owners.items())
    }
    judged = days[scored] - days[scored].min()
    delays, types, types_restless = _of_reports(transfers, reports)
    return Reference(
        first=every[begins],
        last=every[count - 1],
        features=features,
        score=_baseline(chance, judged),
        alerts=_range_of_shares(counted(judged, (chance >= hold_at).astype(np.int64), int(judged.max()) + 1, 2)),
        delay_hours=delays,
        types=types,
        types_restless=types_restless,
    )


def number_days(days: pl.Series) -> tuple[Ints, list[date], int]:
    """Return each day as a number from the first one on, all days between first and last, and how many."""
    found = days.cast(pl.Int32).to_numpy().astype(np.int64)
    first: date = days.min()  # type: ignore[assignment]  # of a column of dates that is not empty
    every = [first + timedelta(days=number) for number in range(int(found.max() - found.min()) + 1)]
    return found - found.min(), every, len(every)


def delays_of(transfers: pl.DataFrame, reports: pl.DataFrame) -> pl.DataFrame:
    """Return day, hours after its transfer, and type of each report of a fraud."""
    about = transfers.select(*TRANSFER_KEY, "received_at").unique(TRANSFER_KEY, keep="first")
    return (
        reports.filter("fraud")
        .join(about, on=TRANSFER_KEY, maintain_order="left")
        .select(
            local_day("known_at").alias("day"),
            hours=(pl.col("known_at") - pl.col("received_at")).dt.total_seconds() / 3600,
            fraud_type=pl.col("fraud_type").fill_null(NOT_SAID),
        )
    )


def weekly_medians(delays: pl.DataFrame, days: Sequence[date]) -> list[tuple[float | None, int]]:
    """Return the median delay in hours (None: too few reports) and the reports of the week that ends with each day."""
    by_day = {day: part["hours"].to_numpy() for (day,), part in delays.group_by("day")}
    found = []
    for at in range(len(days)):
        week = [by_day[day] for day in days[max(at - WEEK + 1, 0) : at + 1] if day in by_day]
        hours = np.concatenate([np.empty(0), *week])
        found.append((float(np.median(hours)) if hours.size >= _FEWEST_REPORTS else None, hours.size))
    return found


def _baseline(values: Floats, days: Ints) -> Baseline:
    cuts = cuts_of(values)
    daily = counted(days, numbers(values, cuts), int(days.max()) + 1, bins_of(cuts))
    split = np.stack([daily[:, :-1].sum(axis=1), daily[:, -1]], axis=1)
    return Baseline(
        cuts=tuple(cuts.tolist()),
        counts=tuple(daily.sum(axis=0).tolist()),
        restless=_restless(daily[:, :-1]),
        absent=_range_of_shares(split),
    )


def _restless(daily: Ints) -> float | None:
    """Return the largest index of a week against all days; None if there are not two weeks."""
    if len(daily) < _ENOUGH:
        return None
    weeks = weekly(daily)[WEEK - 1 :]
    return float(index(weeks[weeks.sum(axis=1) > 0], daily.sum(axis=0)).max(initial=0.0))


def _range_of_shares(split: Ints) -> Range | None:
    """Return the range of the second column's share over full weeks [days, 2]; None if there is no such week."""
    sums = weekly(split)[WEEK - 1 :]
    full = sums[sums.sum(axis=1) > 0]
    if full.size == 0:
        return None
    shares = full[:, 1] / full.sum(axis=1)
    return Range(low=float(shares.min()), high=float(shares.max()))


def _of_reports(transfers: pl.DataFrame, reports: pl.DataFrame) -> tuple[Range | None, dict[str, int], float | None]:
    """Return the range of weekly delays, and reports by type with the restlessness of their shares."""
    end = transfers["received_at"].max()
    delays = delays_of(transfers, reports.filter(pl.col("known_at") <= end))
    if delays.height == 0:
        return None, {}, None
    days, every, count = number_days(delays["day"])
    # Early reports can only be about what is young: the history does not reach further back.
    medians = [median for median, _ in weekly_medians(delays, every)[_ENOUGH + WEEK :] if median is not None]
    kinds = sorted(delays["fraud_type"].unique())
    codes = delays["fraud_type"].replace_strict(kinds, range(len(kinds)), return_dtype=pl.Int64).to_numpy()
    daily = counted(days, codes, count, len(kinds))
    span = Range(low=min(medians), high=max(medians)) if medians else None
    return span, dict(zip(kinds, daily.sum(axis=0).tolist(), strict=True)), _restless(daily)
