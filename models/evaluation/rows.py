"""The transfers that are judged, a row each: what the policy would do, and what became known."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from antifraud.domain.decision import Action, ReasonKind
from antifraud.domain.errors import InvalidValue
from antifraud.domain.policy import Policy
from antifraud.tables import SERVED, TRANSFER_KEY
from models.dataset import Past, labels

Floats = NDArray[np.float64]

LOCAL: Final = "Asia/Almaty"
UNKNOWN: Final = "unknown"
SEGMENTS: Final = ("age_group", "city", "bank", "channel")
_AGES: Final = ((24, "24 and under"), (34, "25 to 34"), (44, "35 to 44"), (59, "45 to 59"), (200, "60 and over"))

ROWS: Final = pl.Schema(
    {
        "participant": pl.String(),
        "transfer_id": pl.String(),
        "payer": pl.String(),
        "payee": pl.String(),
        "received_at": pl.Datetime("us", "UTC"),
        "day": pl.Date(),
        "week": pl.Date(),
        "amount_minor": pl.Int64(),
        "chance": pl.Float64(),
        "action": pl.String(),
        "fraud": pl.Boolean(),
        "fraud_type": pl.String(),
        "weight": pl.Float64(),
        "served": pl.String(),
        "let_through": pl.Boolean(),
        "chain": pl.Int64(),
        "true_fraud": pl.Boolean(),
        **{name: pl.String() for name in SEGMENTS},
    }
)
"""`day` and `week` (its Monday) are local. `action` is what the judged policy does on the score alone, `served` what
was done then, null if nobody says. `fraud` is null where no outcome can be known: the transfer was blocked. `weight` is
for how many transfers the row speaks; 0 for one whose outcome the engine itself changed. `fraud_type` is null for what
is no fraud. `chain` and `true_fraud` are the truth of a simulated history, null otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Besides:
    """What is known besides transfers and reports; None where it is not.

    `served` has the columns of `antifraud.tables.SERVED`. `truth` (participant, transfer_id, is_fraud, chain_id)
    and `people` (account, age, city) are those of a simulated history, or of a bank that knows its clients.
    """

    served: pl.DataFrame | None = None
    truth: pl.DataFrame | None = None
    people: pl.DataFrame | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """Rows of ROWS, and how many transfers were left out as too early or too young to be known."""

    rows: pl.DataFrame
    index: NDArray[np.int64]  # of each row in the history
    before: int
    young: int


def served_of(decided: pl.DataFrame) -> pl.DataFrame:
    """Return decisions as a log tells them (`History.decided`) with the columns of `antifraud.tables.SERVED`."""
    kinds = pl.col("reasons").list.eval(pl.element().struct.field("kind"))
    own = [ReasonKind.SCORE.value, ReasonKind.LET_THROUGH.value]
    drawn = pl.col("reasons").list.eval(
        pl.element().struct.field("code").filter(pl.element().struct.field("kind") == ReasonKind.LET_THROUGH.value)
    )
    return decided.select(
        *TRANSFER_KEY,
        "action",
        by_score_alone=kinds.list.eval(pl.element().is_in(own)).list.all(),
        let_through=drawn.list.first().str.split("@").list.last().cast(pl.Float64),
        policy_version="policy_version",
    ).cast(SERVED)


def judged_rows(
    past: Past,
    chance: Floats,
    policy: Policy,
    *,
    delay: timedelta,
    since: datetime | None = None,
    by: datetime | None = None,
    besides: Besides = Besides(),
) -> Judged:
    """Return the transfers received from `since` on whose truth is known at `by`, as the policy would decide them.

    `chance` is of every transfer of the history. What is younger than `delay` at `by` (default: the end of the
    history) is left out: most of its frauds are not known yet. Raises InvalidValue when nothing is left.
    """
    by = past.end if by is None else by
    ripe = (past.clock <= by - delay).to_numpy()
    late = np.ones(ripe.size, np.bool_) if since is None else (past.clock >= since).to_numpy()
    index = np.flatnonzero(ripe & late)
    if index.size == 0:
        raise InvalidValue("since", f"leaves no transfer whose truth is known at {by}", str(since))
    table = past.transfers[index].select(
        *TRANSFER_KEY,
        "payer",
        "payee",
        received_at=past.clock.gather(index),
        amount_minor="base_minor",
        chance=pl.Series(chance[index]),
        action=pl.Series([policy.decide(each)[0].value for each in chance[index].tolist()], dtype=pl.String),
        fraud=pl.Series(labels(past, index, by=by, delay=delay)),
        bank="participant",
        channel="channel",
    )
    local = pl.col("received_at").dt.convert_time_zone(LOCAL).dt.date()
    table = table.with_columns(day=local, week=local.dt.truncate("1w"))
    table = _typed(table, past.reports.filter(pl.col("known_at") < by))
    table = weighed(table, besides.served)
    table = _with_people(_with_truth(table, besides.truth), besides.people)
    return Judged(
        rows=table.select(pl.col(name).cast(dtype) for name, dtype in ROWS.items()),
        index=index,
        before=int((~late).sum()),
        young=int((late & ~ripe).sum()),
    )


def _typed(table: pl.DataFrame, reports: pl.DataFrame) -> pl.DataFrame:
    """Add what kind of fraud each is called by the latest report that names one."""
    named = reports.filter("fraud", pl.col("fraud_type").is_not_null()).sort("known_at", maintain_order=True)
    latest = named.unique(TRANSFER_KEY, keep="last", maintain_order=True).select(*TRANSFER_KEY, "fraud_type")
    joined = table.join(latest, on=TRANSFER_KEY, how="left", maintain_order="left")
    return joined.with_columns(fraud_type=pl.when("fraud").then(pl.col("fraud_type").fill_null(UNKNOWN)))


def weighed(table: pl.DataFrame, served: pl.DataFrame | None) -> pl.DataFrame:
    """Add what was done then, and for how many transfers each row speaks.

    Blocked ones have no outcome of their own: nobody knows what would have become of them, unless somebody said so.
    Where a policy let some of its holds through, these speak for those that it held: a hold's outcome is the desk's
    opinion. One that had a chance of `share` to be let through speaks for 1 / `share`.
    """
    if served is None:
        return table.with_columns(served=None, let_through=None, weight=1.0)
    shares = served.group_by("policy_version").agg(share=pl.col("let_through").max().fill_null(0.0))
    told = served.join(shares, on="policy_version", how="left").select(
        *TRANSFER_KEY,
        served="action",
        let_through=pl.col("let_through").is_not_null(),
        weight=pl.when(pl.col("action") == Action.BLOCK)
        .then(0.0)
        .when(pl.col("let_through").is_not_null())
        .then(1 / pl.col("let_through"))
        .when((pl.col("action") == Action.HOLD) & pl.col("by_score_alone") & (pl.col("share") > 0))
        .then(0.0)
        .otherwise(1.0),
    )
    joined = table.join(told, on=TRANSFER_KEY, how="left", maintain_order="left")
    blind = (pl.col("served") == Action.BLOCK) & ~pl.col("fraud")
    return joined.with_columns(
        weight=pl.col("weight").fill_null(1.0), fraud=pl.when(blind.fill_null(False)).then(None).otherwise("fraud")
    )


def _with_truth(table: pl.DataFrame, truth: pl.DataFrame | None) -> pl.DataFrame:
    if truth is None:
        return table.with_columns(chain=None, true_fraud=None)
    told = truth.select(*TRANSFER_KEY, chain="chain_id", true_fraud="is_fraud")
    return table.join(told, on=TRANSFER_KEY, how="left", maintain_order="left")


def _with_people(table: pl.DataFrame, people: pl.DataFrame | None) -> pl.DataFrame:
    """Add age group and city of the payer; what is not known is called unknown."""
    known = pl.DataFrame(schema={"account": pl.String, "age": pl.Int64, "city": pl.String})
    if people is not None:
        lacking = [name for name in known.columns if name not in people.columns]
        known = people.with_columns(pl.lit(None).alias(name) for name in lacking).select(known.columns)
    group = pl.lit(None, pl.String)
    for oldest, name in reversed(_AGES):
        group = pl.when(pl.col("age") <= oldest).then(pl.lit(name)).otherwise(group)
    ages = known.select(payer="account", age_group=group, city="city").unique("payer", keep="first")
    joined = table.join(ages, on="payer", how="left", maintain_order="left")
    return joined.with_columns(pl.col(SEGMENTS).fill_null(UNKNOWN))
