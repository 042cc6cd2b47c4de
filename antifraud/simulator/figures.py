"""Charts of a simulated world as SVG, beside the published figures that they follow.

Needs altair and vl-convert-python, which only developers install.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import altair as alt
import polars as pl

from antifraud.tables import TRANSFER_KEY

# Incidents by type, February 2026 (Astana Times): all fraud 90,346, of which these were named.
PUBLISHED_TYPES: Final[Mapping[str, int]] = {
    "fake_shop": 24_042,
    "scam_call": 21_027,
    "investment": 16_220,
    "hacked_friend": 9_140,
    "stolen_identity": 7_441,
}
PUBLISHED_ALL: Final = 90_346
_LOCAL: Final = "Asia/Almaty"
_SIZE: Final = {"width": 420, "height": 220}
_WHOSE: Final = pl.when("is_fraud").then(pl.lit("stolen money")).otherwise(pl.lit("honest")).alias("whose")


def draw(world: Path, out: Path) -> list[Path]:
    """Draw every chart of the world in a folder; return the files written."""
    truth = pl.scan_parquet(world / "truth.parquet").drop(TRANSFER_KEY)
    rows = pl.concat([pl.scan_parquet(world / "transfers.parquet"), truth], how="horizontal")
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for chart_of in CHARTS:
        path = out / f"{chart_of.__name__}.svg"
        chart_of(rows, world).properties(**_SIZE).save(path)
        written.append(path)
    return written


def _share_within(frame: pl.LazyFrame, column: str) -> pl.DataFrame:
    """Count rows by `column` and whose they are, as shares within each."""
    counted = frame.group_by("whose", column).len()
    return counted.with_columns(share=pl.col("len") / pl.col("len").sum().over("whose")).sort("whose", column).collect()


def _lines(table: pl.DataFrame, x: alt.X, title: str) -> alt.Chart:
    share = alt.Y("share:Q", title="share", axis=alt.Axis(format="%"))
    lines = alt.Chart(table, title=title).mark_line(interpolate="step-after")
    chart: alt.Chart = lines.encode(x=x, y=share, color=alt.Color("whose:N", title=None))
    return chart


def amounts(rows: pl.LazyFrame, world: Path) -> alt.Chart:
    """Draw the sums on a logarithmic axis."""
    decade = (pl.col("amount_minor") / 100).log10()
    table = _share_within(rows.select(_WHOSE, tenge=10 ** ((decade * 6).floor() / 6)), "tenge")
    axis = alt.X("tenge:Q", scale=alt.Scale(type="log"), title="amount, tenge")
    return _lines(table, axis, "Amounts (simulated)")


def hours(rows: pl.LazyFrame, world: Path) -> alt.Chart:
    """Draw the local hours."""
    hour = pl.col("occurred_at").dt.convert_time_zone(_LOCAL).dt.hour().alias("hour")
    table = _share_within(rows.select(_WHOSE, hour), "hour")
    return _lines(table, alt.X("hour:Q", title="local hour"), "Hours (simulated)")


def degrees(rows: pl.LazyFrame, world: Path) -> alt.Chart:
    """Draw how many different payers an account has in a day."""
    day = pl.col("received_at").dt.convert_time_zone(_LOCAL).dt.date().alias("day")
    payees = (
        rows.filter(pl.col("payee").str.starts_with("KZ"))
        .group_by("payee", day)
        .agg(pl.col("payer").n_unique().alias("payers"), pl.col("is_fraud").any().alias("is_fraud"))
    )
    power = (pl.col("payers").log(2) * 2).round() / 2
    table = _share_within(payees.select(_WHOSE, payers=(2**power).round(1)), "payers")
    axis = alt.X("payers:Q", scale=alt.Scale(type="log"), title="different payers of a bank account in a day")
    lines = _lines(table, axis, "Fan-in (simulated)")
    chart: alt.Chart = lines.encode(y=alt.Y("share:Q", scale=alt.Scale(type="log"), title="share of account-days"))
    return chart


def pauses(rows: pl.LazyFrame, world: Path) -> alt.Chart:
    """Draw how long after its last receipt an account pays."""
    came = rows.select(account="payee", at="received_at", came=pl.lit(True), is_fraud=pl.lit(False))
    went = rows.select(account="payer", at="received_at", came=pl.lit(False), is_fraud="is_fraud")
    both = pl.concat([came, went]).sort("at")
    last = pl.when("came").then("at").forward_fill().over("account")
    waited = both.with_columns(minutes=(pl.col("at") - last).dt.total_seconds() / 60).filter(~pl.col("came"))
    waited = waited.filter(pl.col("minutes").is_between(0.2, 60 * 24 * 30))
    table = _share_within(waited.select(_WHOSE, minutes=10 ** ((pl.col("minutes").log10() * 5).floor() / 5)), "minutes")
    axis = alt.X("minutes:Q", scale=alt.Scale(type="log"), title="minutes since the payer last received money")
    return _lines(table, axis, "Pauses before money moves on (simulated)")


def types(rows: pl.LazyFrame, world: Path) -> alt.Chart:
    """Draw incidents by type beside the published shares."""
    robbed = rows.filter(pl.col("hop") == 1).select("scheme", "payer", "chain_id").unique().group_by("scheme").len()
    simulated = robbed.with_columns(share=pl.col("len") / pl.col("len").sum(), source=pl.lit("simulated")).collect()
    published = pl.DataFrame(
        {
            "scheme": list(PUBLISHED_TYPES),
            "share": [count / PUBLISHED_ALL for count in PUBLISHED_TYPES.values()],
            "source": "published, February 2026",
        }
    )
    columns = ("scheme", "share", "source")
    both = pl.concat([simulated.select(columns), published.select(columns)]).sort("scheme", "source")
    chart: alt.Chart = (
        alt.Chart(both, title="Incidents by type")
        .mark_bar()
        .encode(
            x=alt.X("share:Q", axis=alt.Axis(format="%")),
            y=alt.Y("scheme:N", title=None),
            yOffset="source:N",
            color=alt.Color("source:N", title=None),
        )
    )
    return chart


def hops(rows: pl.LazyFrame, world: Path) -> alt.Chart:
    """Draw how many transfers stolen money makes until it is cashed out."""
    stolen = rows.filter("is_fraud").group_by("chain_id").agg(pl.col("hop").max().alias("transfers")).collect()
    counted = stolen.group_by("transfers").len().sort("transfers")
    length = alt.X("transfers:O", title="transfers in a row, the victim's own first")
    bars = alt.Chart(counted, title="Length of chains (simulated)").mark_bar()
    chart: alt.Chart = bars.encode(x=length, y=alt.Y("len:Q", title="chains"))
    return chart


def delays(rows: pl.LazyFrame, world: Path) -> alt.Chart:
    """Draw how late victims' reports are, by type."""
    reports = pl.scan_parquet(world / "reports.parquet").filter("fraud").select("transfer_id", "known_at")
    told = (
        rows.filter(pl.col("hop") == 1)
        .join(reports, on="transfer_id")
        .select("scheme", hours=(pl.col("known_at") - pl.col("received_at")).dt.total_minutes() / 60)
    )
    ranked = told.with_columns(share=pl.col("hours").rank("ordinal").over("scheme") / pl.len().over("scheme"))
    sixth = 10 ** ((pl.col("hours").log10() * 6).ceil() / 6)
    table = ranked.group_by("scheme", hours=sixth).agg(pl.col("share").max()).sort("scheme", "hours").collect()
    chart: alt.Chart = (
        alt.Chart(table, title="Delay of victims' reports (simulated)")
        .mark_line()
        .encode(
            x=alt.X("hours:Q", scale=alt.Scale(type="log"), title="hours after the transfer"),
            y=alt.Y("share:Q", title="reported by then", axis=alt.Axis(format="%")),
            color=alt.Color("scheme:N", title=None),
        )
    )
    return chart


CHARTS: Final[tuple[Callable[[pl.LazyFrame, Path], alt.Chart], ...]] = (
    amounts, hours, degrees, pauses, types, hops, delays,
)  # fmt: skip
