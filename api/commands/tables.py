"""Figures as tables on the terminal, money in whole units of its currency."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import polars as pl
from rich import box
from rich.table import Table

from antifraud.domain.money import MINOR_DIGITS
from models.backtest.changes import Changes
from models.backtest.figures import OfRule, Whole

_WORDS = {
    "frauds_caught": "caught",
    "honest_transfers_disturbed": "honest disturbed",
    "base_minor": "amount",
    "fraud_type": "type of fraud",
}


def money(minor: int, currency: str) -> str:
    """Return an amount in whole units, thousands apart."""
    return f"{minor / 10 ** MINOR_DIGITS[currency]:,.0f}"


def share(part: float | None) -> str:
    """Return a share in percent; nothing where there is none."""
    return "" if part is None else f"{part:.1%}"


def whole_table(columns: Mapping[str, Whole], currency: str) -> Table:
    """Return the figures of one or several ways to decide, one a column."""
    table = _table(f"Decisions (money in {currency})")
    table.add_column("")
    for name in columns:
        table.add_column(name, justify="right")
    found = [asdict(each) for each in columns.values()]
    for name in found[0]:
        table.add_row(_title(name), *(_cell(name, each[name], currency) for each in found))
    return table


def frame_table(title: str, frame: pl.DataFrame, currency: str) -> Table:
    """Return any table of figures."""
    table = _table(title)
    for name, dtype in frame.schema.items():
        first = name == frame.columns[0]
        table.add_column(
            _title(name), justify="right" if dtype.is_numeric() else "left", no_wrap=not first, overflow="fold"
        )
    for row in frame.iter_rows():
        table.add_row(*(_cell(name, value, currency) for name, value in zip(frame.columns, row, strict=True)))
    return table


def weeks_table(weeks: pl.DataFrame, currency: str) -> Table:
    """Return a line for each week."""
    shown = weeks.select(
        "week", "transfers", "alerts", "frauds", "frauds_caught", "stopped_minor", "honest_transfers_disturbed"
    )
    return frame_table("By week", shown, currency)


def rules_table(rules: Sequence[OfRule], currency: str) -> Table:
    """Return a line for each rule; `alone` is what neither the score nor another active rule stopped."""
    table = _table("Rules")
    table.add_column("rule", overflow="fold", min_width=20)
    for name in ("fires", "frauds", "precision", "recall", "stopped", "alone (frauds)"):
        table.add_column(name, justify="right", no_wrap=True)
    for rule in rules:
        table.add_row(
            *(f"{rule.code} {rule.state.value}", f"{rule.fires:,}", f"{rule.frauds:,}"),
            *(share(rule.precision), share(rule.recall), money(rule.stopped_minor, currency)),
            f"{rule.only_this_fires:,} ({rule.only_this_frauds:,})",
        )
    return table


def changes_tables(changes: Changes, currency: str) -> list[Table]:
    """Return what would change, and the changes that move most money."""
    dearest = changes.dearest.select(
        pl.concat_str("participant", "transfer_id", separator="/").alias("transfer"),
        pl.col("received_at").dt.strftime("%m-%d %H:%M").alias("received"),
        "base_minor",
        pl.when("fraud").then(pl.col("fraud_type").fill_null("fraud")).otherwise(pl.lit("honest")).alias("truth"),
        pl.concat_str("from", "to", separator=" > ").alias("change"),
        "costs_minor",
    )
    return [
        whole_table({"before": changes.before, "after": changes.after}, currency),
        frame_table("Moves", changes.moves, currency),
        frame_table("By type of fraud", changes.types, currency),
        frame_table("What changes most money", dearest, currency),
    ]


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1), collapse_padding=True)


def _title(name: str) -> str:
    return _WORDS.get(name) or name.removesuffix("_minor").replace("_", " ")


def _cell(name: str, value: object, currency: str) -> str:
    if value is None:
        return ""
    if name.endswith("_minor") and isinstance(value, int):
        return money(value, currency)
    if isinstance(value, float):
        return share(value) if name in ("share_of_frauds_caught", "precision") else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
