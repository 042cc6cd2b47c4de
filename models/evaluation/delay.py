"""How long a fraud goes on before it is first caught: transfers that pass, money that leaves, hours that go by."""

from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

Of = Literal["chain", "payer", "payee"]

_ALLOW: Final = "allow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """Of groups of frauds (of one chain, victim or payee): what passed before the first that was held or blocked."""

    of: Of
    groups: int
    at_once: int  # caught at their first transfer
    after_one: int
    after_more: int
    never: int
    passed_minor: int  # moved before the first catch; all of it where there was none
    moved_minor: int
    hours: float | None  # from the first transfer to the first catch, median over those that were caught late


def delay_of(rows: pl.DataFrame, of: Of) -> Delay | None:
    """Measure groups by one column; None where nothing names any. Only transfers that are judged are looked at.

    Chains are known only where the truth is, and so are their frauds; victims and payees go by reports.
    """
    fraud = "true_fraud" if of == "chain" else "fraud"
    frauds = rows.filter(pl.col(fraud).fill_null(False) & pl.col(of).is_not_null())
    if frauds.is_empty():
        return None
    caught = pl.col("action") != _ALLOW
    passed = caught.cum_sum() == 0  # within a group, in order of arrival
    first, catch = pl.col("received_at").first(), pl.col("received_at").filter(caught).first()
    groups = frauds.group_by(of, maintain_order=True).agg(
        caught=caught.any(),
        passed=passed.sum(),
        passed_minor=pl.col("amount_minor").filter(passed).sum(),
        moved_minor=pl.col("amount_minor").sum(),
        hours=(catch - first).dt.total_microseconds() / 3_600_000_000,
    )
    ever = groups.filter("caught")
    late = ever.filter(pl.col("passed") > 0)
    return Delay(
        of=of,
        groups=groups.height,
        at_once=ever.filter(pl.col("passed") == 0).height,
        after_one=ever.filter(pl.col("passed") == 1).height,
        after_more=ever.filter(pl.col("passed") > 1).height,
        never=groups.height - ever.height,
        passed_minor=int(groups["passed_minor"].sum()),
        moved_minor=int(groups["moved_minor"].sum()),
        hours=None if late.is_empty() else float(late.select(pl.col("hours").median()).item()),
    )
