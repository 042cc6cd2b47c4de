"""Champion and challenger on the same live transfers, each given the desk's whole day: what each would have got.

Each takes the highest chances of a day, as many as the desk can look at, and holds them. Only transfers old enough for
their frauds to be known are judged. What the engine blocked has no outcome unless somebody told one, so two more
figures say how far the difference can go, whatever the blocked ones were.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from antifraud.domain.decision import Action
from antifraud.domain.errors import NotFound
from models.dataset import known_about
from models.days import local_day
from models.evaluation.columns import Bools, Columns, columns_of, numbered
from models.evaluation.desk import Desk, desk_of
from models.evaluation.intervals import Blocks, Estimate
from models.evaluation.rows import served_of, weighed
from models.shadow.verdict import Evidence, Verdict, verdict
from models.thresholds import Costs

Floats = NDArray[np.float64]

ROUNDS: Final = 1_000
_TICK: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is asked: `by` when things are known, how long labels take, and the desk's alerts a day (None: by costs)."""

    costs: Costs
    delay: timedelta
    by: datetime
    capacity: int | None = None
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What one of the two would have got."""

    model: str
    desk: Desk
    honest_clients_disturbed: int  # different payers with an honest transfer among the alerts


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two models on the same transfers. Money is in minor units; `more` is the challenger's less the champion's."""

    champion: Side
    challenger: Side
    first: datetime
    last: datetime
    transfers: int
    frauds: int
    young: int  # left out: most of their frauds are not known yet
    unseen: int  # blocked, and nobody said what they were
    capacity: int
    agreement: Estimate  # of the alerts of either, the share that both raise
    saved_more_a_day: Estimate
    at_least_a_day: Estimate  # the same if the unseen were as bad for the challenger as they can be
    at_most_a_day: Estimate
    verdict: Verdict


def compare(
    decided: pl.DataFrame, scores: pl.DataFrame, reports: pl.DataFrame, terms: Terms, champion: str, challenger: str
) -> Comparison:
    """Compare two models on what the one decided and the other scored.

    `decided` has the columns `antifraud.store.shadows.JUDGED`, `scores` of the challenger seq and score. Raises
    NotFound when the two have no transfer in common whose truth is known.
    """
    mine = decided.filter(pl.col("model_version") == champion, pl.col("score").is_not_null()).join(
        scores.rename({"score": "challenger"}), on="seq", maintain_order="left"
    )
    ripe = mine.filter(pl.col("received_at") <= terms.by - terms.delay)
    if ripe.is_empty():
        raise NotFound(
            f"champion {champion} decided nothing that challenger {challenger} has scored and that is older than "
            f"{terms.delay.days} days, the delay of labels; {mine.height} are younger. `antifraud shadow` scores"
        )
    rows = _rows(ripe, reports, terms.by)
    blocks = Blocks(numbered(rows["day"]), ROUNDS, terms.seed)
    days = float(blocks.count)
    capacity = terms.capacity or max(int(terms.costs.alerts_per_100k * rows.height / days / 100_000), 1)
    unseen = rows["fraud"].is_null()
    columns = columns_of(rows.with_columns(chance="score"))
    alerts = [_of_desk(rows, name, capacity) for name in ("score", "challenger")]
    sides = [
        _side(model, rows, columns, alert, terms.costs, blocks, days)
        for model, alert in zip((champion, challenger), alerts, strict=True)
    ]
    either, same = alerts[0] | alerts[1], alerts[0] & alerts[1]
    more = [
        blocks.ratio(_saved_more(guessed, alerts, terms.costs), days)
        for guessed in (columns, *_guesses(rows, unseen, alerts))
    ]
    agreement = blocks.ratio(same.astype(np.float64), either.astype(np.float64))
    frauds = int(np.count_nonzero(columns.fraud))
    evidence = Evidence(
        days=blocks.count,
        frauds=frauds,
        unseen=int(unseen.sum()),
        agreement=agreement.value,
        champion_saves=sides[0].desk.saved_a_day.value or 0.0,
        saved_more=more[0],
        at_least=more[1],
        at_most=more[2],
    )
    first, last = rows["received_at"].min(), rows["received_at"].max()
    assert isinstance(first, datetime) and isinstance(last, datetime)  # noqa: S101, PT018 - there are rows
    return Comparison(
        champion=sides[0],
        challenger=sides[1],
        first=first,
        last=last,
        transfers=rows.height,
        frauds=frauds,
        young=mine.height - ripe.height,
        unseen=evidence.unseen,
        capacity=capacity,
        agreement=agreement,
        saved_more_a_day=more[0],
        at_least_a_day=more[1],
        at_most_a_day=more[2],
        verdict=verdict(evidence),
    )


def _rows(ripe: pl.DataFrame, reports: pl.DataFrame, by: datetime) -> pl.DataFrame:
    """Return the judged transfers as `models.evaluation.rows` weighs them: null is a fraud that nobody can know of.

    But a blocked one that somebody called a fraud counts as one: else the champion had nothing from its best catches.
    """
    told = ripe.hstack(known_about(ripe, reports, by=by + _TICK)).with_columns(day=local_day())
    rows = weighed(told.rename({"base_minor": "amount_minor"}).drop("blind"), served_of(ripe))
    confirmed = (pl.col("action") == Action.BLOCK.value) & pl.col("fraud")
    return rows.with_columns(weight=pl.when(confirmed.fill_null(False)).then(1.0).otherwise("weight"))


def _of_desk(rows: pl.DataFrame, score: str, capacity: int) -> Bools:
    return columns_of(rows.with_columns(chance=score)).first_of_each_day(capacity)


def _side(
    model: str, rows: pl.DataFrame, columns: Columns, alert: Bools, costs: Costs, blocks: Blocks, days: float
) -> Side:
    nobody = np.zeros(alert.size, np.bool_)
    disturbed = rows["payer"].filter(pl.Series(alert & (columns.honest > 0))).n_unique()
    return Side(
        model=model, desk=desk_of(columns, alert, nobody, costs, blocks, days), honest_clients_disturbed=disturbed
    )


def _saved_more(columns: Columns, alerts: list[Bools], costs: Costs) -> Floats:
    """Return by how much more the challenger's alerts save than the champion's, transfer by transfer."""
    nobody = np.zeros(columns.chance.size, np.bool_)
    champion, challenger = (
        columns.stopped(alert, nobody, costs) - columns.spent(alert, nobody, costs) for alert in alerts
    )
    return challenger - champion


def _guesses(rows: pl.DataFrame, unseen: pl.Series, alerts: list[Bools]) -> tuple[Columns, Columns]:
    """Return the transfers with the unseen as bad, and as good, for the challenger as they can be.

    A blocked transfer that only one of the two alerts on is a fraud, or honest; the others change nothing.
    """
    weight = np.where(unseen.to_numpy(), 1.0, rows["weight"].to_numpy())
    chosen = rows.with_columns(chance="score")
    worst, best = (
        columns_of(chosen, fraud=rows["fraud"].fill_null(pl.Series(only & ~other)), weight=weight)
        for only, other in (alerts, reversed(alerts))
    )
    return worst, best
