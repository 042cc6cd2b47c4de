"""Rules over a table of features, column by column: the same conditions over months of history."""

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import and_, or_
from typing import Final

import numpy as np
import polars as pl

from antifraud.domain.rule import Rule
from features.rules.syntax import (
    COMBINE,
    COMPARE,
    Among,
    Arithmetic,
    Coalesce,
    Column,
    Comparison,
    Condition,
    Constant,
    IsAbsent,
    Junction,
    Not,
    Number,
    Truth,
    parse,
)


def fired(table: pl.DataFrame, rules: Sequence[Rule], names: Sequence[str]) -> pl.DataFrame:
    """Return a Boolean column for each rule, named by its code, over the feature columns `names` of a table."""
    conditions = (parse(rule.condition, names, f"rule {rule.code}") for rule in rules)
    return table.select(fires(condition).alias(rule.code) for rule, condition in zip(rules, conditions, strict=True))


def fires(condition: Condition) -> pl.Expr:
    """Return the expression that is true where a condition fires, false where it does not or is unknown.

    Columns are Float64; null and NaN are both absent.
    """
    # Polars shortens an expression to one row when it sees that all rows are alike; this keeps the table's height.
    every_row = pl.repeat(True, pl.len())
    return _holds(condition).fill_null(False) & every_row


def _holds(node: Condition) -> pl.Expr:
    match node:
        case Truth(value):
            return pl.lit(value)
        case Not(part):
            return ~_holds(part)
        case Junction(every, parts):
            return reduce(and_ if every else or_, map(_holds, parts))
        case Comparison(sign, left, right):
            return _COMPARE[sign](_value(left), _value(right))
        case IsAbsent(number):
            return _value(number).is_null()
        case Among(number, values):
            return _value(number).is_in(values)


def _value(node: Number) -> pl.Expr:
    match node:
        case Column(name):
            return pl.col(name).fill_nan(None)
        case Constant(value):
            return pl.lit(value, pl.Float64)
        case Coalesce(options):
            return pl.coalesce(map(_value, options))
        case Arithmetic(sign, left, right):
            return _COMBINE[sign](_value(left), _value(right)).fill_nan(None)


_ABSENT: Final = float("nan")


def _quotient(columns: Sequence[pl.Series]) -> pl.Series:
    """Divide exactly. Polars divides by a single number as a product with its inverse, which rounds twice."""
    upper, lower = (column.to_numpy() for column in columns)
    with np.errstate(all="ignore"):
        return pl.Series(np.where(lower == 0, _ABSENT, upper / lower))


_COMPARE: Final[Mapping[str, Callable[[pl.Expr, pl.Expr], pl.Expr]]] = {**COMPARE, "<>": operator.ne}
_COMBINE: Final[Mapping[str, Callable[[pl.Expr, pl.Expr], pl.Expr]]] = {
    **COMBINE,
    "/": lambda left, right: pl.map_batches([left, right], _quotient, return_dtype=pl.Float64),
}
