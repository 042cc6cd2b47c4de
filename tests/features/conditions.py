"""Random conditions: as trees, as text with as few brackets as possible, and what they mean, said slowly."""

from dataclasses import dataclass
from math import isnan
from operator import add, mul, sub, truediv

from hypothesis import strategies as st

from features.rules.syntax import (
    Among,
    Arithmetic,
    Coalesce,
    Column,
    Comparison,
    Constant,
    IsAbsent,
    Junction,
    Not,
    Truth,
)

NAMES = ("alpha", "beta", "gamma")


@dataclass(frozen=True)
class Between:
    """What the parser turns into two comparisons."""

    number: object
    low: object
    high: object


CONSTANTS = st.sampled_from([0.0, 1.0, -1.0, 2.0, 2.5, 3.0, 7.0, 49.0, 0.1, 1e6, 5_000_000.0])
NUMBERS = st.recursive(
    st.sampled_from([Column(name) for name in NAMES]) | CONSTANTS.map(Constant),
    lambda inner: (
        st.builds(Arithmetic, st.sampled_from("+-*/"), inner, inner)
        | st.lists(inner, min_size=2, max_size=3).map(lambda options: Coalesce(tuple(options)))
    ),
    max_leaves=5,
)
CONDITIONS = st.recursive(
    st.builds(Comparison, st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), NUMBERS, NUMBERS)
    | st.builds(Between, NUMBERS, NUMBERS, NUMBERS)
    | st.builds(Among, NUMBERS, st.lists(CONSTANTS, min_size=1, max_size=4).map(tuple))
    | st.builds(IsAbsent, NUMBERS)
    | st.booleans().map(Truth),
    lambda inner: (
        st.builds(Not, inner) | st.builds(Junction, st.booleans(), st.lists(inner, min_size=2, max_size=3).map(tuple))
    ),
    max_leaves=8,
)
# Small whole numbers make equality, ties with constants and divisions by zero happen on every run.
VALUES = st.none() | st.sampled_from([0.0, 1.0, 2.0, 3.0, -1.0, 49.0, 1e6]) | st.floats(allow_nan=False, width=64)
ROWS = st.lists(st.tuples(*[VALUES] * len(NAMES)), min_size=1, max_size=6)


def text(node, around=0):
    """Write a condition as SQL; `around` is how tightly what stands around it binds."""
    written, binds = _written(node)
    return f"({written})" if binds < around else written


def _written(node):
    match node:
        case Column(name):
            return name, 9
        case Constant(value):
            return repr(value), 9
        case Truth(value):
            return str(value).upper(), 9
        case Coalesce(options):
            return f"COALESCE({', '.join(map(text, options))})", 9
        case Arithmetic(sign, left, right):
            level = 6 if sign in "*/" else 5
            return f"{text(left, level)} {sign} {text(right, level + 1)}", level
        case Comparison(sign, left, right):
            return f"{text(left, 5)} {sign} {text(right, 5)}", 4
        case Between(number, low, high):
            return f"{text(number, 5)} BETWEEN {text(low, 5)} AND {text(high, 5)}", 4
        case Among(number, values):
            return f"{text(number, 5)} IN ({', '.join(map(repr, values))})", 4
        case IsAbsent(number):
            return f"{text(number, 5)} IS NULL", 4
        case Not(Among(number, values)):
            return f"{text(number, 5)} NOT IN ({', '.join(map(repr, values))})", 4
        case Not(Between(number, low, high)):
            return f"{text(number, 5)} NOT BETWEEN {text(low, 5)} AND {text(high, 5)}", 4
        case Not(IsAbsent(number)):
            return f"{text(number, 5)} IS NOT NULL", 4
        case Not(part):
            return f"NOT {text(part, 3)}", 3
        case Junction(every, parts):
            level = 2 if every else 1
            return (" AND " if every else " OR ").join(text(part, level + 1) for part in parts), level


def meaning(node, row):
    """Return True, False or None (unknown) of a condition, and the value or None (absent) of a number."""
    match node:
        case Column(name):
            return row[name]
        case Constant(value) | Truth(value):
            return value
        case Coalesce(options):
            return next((value for option in options if (value := meaning(option, row)) is not None), None)
        case Arithmetic(sign, left, right):
            return _combined(sign, meaning(left, row), meaning(right, row))
        case Comparison(sign, left, right):
            return _compared(sign, meaning(left, row), meaning(right, row))
        case Between(number, low, high):
            return meaning(Junction(True, (Comparison("<=", low, number), Comparison("<=", number, high))), row)
        case Among(number, values):
            value = meaning(number, row)
            return None if value is None else any(value == other for other in values)
        case IsAbsent(number):
            return meaning(number, row) is None
        case Not(part):
            return {True: False, False: True, None: None}[meaning(part, row)]
        case Junction(every, parts):
            answers = [meaning(part, row) for part in parts]
            if (not every) in answers:
                return not every
            return None if None in answers else every


def _compared(sign, left, right):
    if left is None or right is None:
        return None
    return {
        "=": left == right,
        "<>": left != right,
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }[sign]


def _combined(sign, left, right):
    if left is None or right is None or (sign == "/" and right == 0):
        return None
    combine = {"+": add, "-": sub, "*": mul, "/": truediv}[sign]
    result = combine(left, right)
    return None if isnan(result) else result  # infinity minus infinity
