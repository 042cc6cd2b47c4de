"""Figures as tables on the terminal, money in whole units of its currency."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import polars as pl
from rich.table import Table

from antifraud.domain.money import MINOR_DIGITS
from models.backtest.changes import Changes
from models.backtest.figures import OfRule, Whole

_WORDS = {
    "frauds_caught": "caught",
    "honest_transfers_disturbed": "honest disturbed",
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
    table = Table("", *columns, title=f"Decisions (money in {currency})", title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    found = [asdict(each) for each in columns.values()]
    for name in found[0]:
        table.add_row(_title(name), *(_cell(name, each[name], currency) for each in found))
    return table


def frame_table(title: str, frame: pl.DataFrame, currency: str) -> Table:
    """Return any table of figures."""
    table = Table(title=title, title_justify="left")
    for name, dtype in frame.schema.items():
        table.add_column(_title(name), justify="right" if dtype.is_numeric() else "left")
    for row in frame.iter_rows():
        table.add_row(*(_cell(name, value, currency) for name, value in zip(frame.columns, row, strict=True)))
    return table


def rules_table(rules: Sequence[OfRule], currency: str) -> Table:
    """Return a line for each rule."""
    table = Table(title="Rules", title_justify="left")
    for name in ("rule", "state", "action"):
        table.add_column(name, no_wrap=name == "rule")
    for name in ("fires", "frauds", "precision", "recall", "stopped", "missed by model", "only this", "of it frauds"):
        table.add_column(name, justify="right")
    for rule in rules:
        figures = (rule.missed_by_model_frauds, rule.only_this_fires, rule.only_this_frauds)
        table.add_row(
            *(rule.code, rule.state.value, rule.action, f"{rule.fires:,}", f"{rule.frauds:,}"),
            *(share(rule.precision), share(rule.recall), money(rule.stopped_minor, currency)),
            *(f"{figure:,}" for figure in figures),
        )
    return table


def changes_tables(changes: Changes, currency: str) -> list[Table]:
    """Return what would change, and the changes that move most money."""
    return [
        whole_table({"before": changes.before, "after": changes.after}, currency),
        frame_table("Moves", changes.moves, currency),
        frame_table("By type of fraud", changes.types, currency),
        frame_table("What changes most money", changes.dearest.drop("score"), currency),
    ]


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
