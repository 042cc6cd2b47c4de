"""Rules over one vector: closures that ask whether a condition is certainly true.

NOT is pushed down to the comparisons, where it is another comparison. Then unknown needs no value of its
own: a comparison with NaN is False whichever way it is asked, which is all that firing wants to know.
"""

import logging
import operator
from collections.abc import Callable, Mapping, Sequence
from math import nan
from typing import Final

from antifraud.domain.decision import Reason, ReasonKind
from antifraud.domain.rule import Rule
from antifraud.workflow.ports import Vectors
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
    columns,
    parse,
)

_log: Final = logging.getLogger(__name__)

Row = Sequence[float]  # one vector; absent is NaN
_Reads = Callable[[Row], float]
_Holds = Callable[[Row], bool]


class CompiledRules:
    """The active rules, ready to look at vectors of one catalogue."""

    def __init__(self, rules: Sequence[Rule], names: Sequence[str], version: str | None = None) -> None:
        """Compile rules over the features `names`, in the vector's order; raise InvalidValue for a bad one.

        `version` is that of their book.
        """
        self.version = version
        self.rules = tuple(rules)
        self._width = len(names)
        index = {name: position for position, name in enumerate(names)}
        trees = [(rule, parse(rule.condition, index, f"rule {rule.code}")) for rule in rules]
        self._compiled = [(rule.code, _holds(tree, index, wanted=True), _reason(rule)) for rule, tree in trees]
        self._reads = {rule.code: tuple(dict.fromkeys(columns(tree))) for rule, tree in trees}

    @property
    def texts(self) -> Mapping[str, Mapping[str, str]]:
        """Return what each rule tells a person, by the code that reasons carry."""
        return {rule.code: rule.text for rule in self.rules}

    def hits(self, vector: Vectors) -> tuple[Sequence[Reason], Sequence[str]]:
        """Return the reasons of the rules that fired, and the codes of those that could not be read."""
        if vector.shape != (self._width,):
            _log.error("rules read vectors of %d features, not of shape %s", self._width, vector.shape)
            return (), [rule.code for rule in self.rules]
        row = vector.tolist()
        fired: list[Reason] = []
        unreadable: list[str] = []
        for code, holds, reason in self._compiled:
            try:
                if holds(row):
                    fired.append(reason)
            except Exception:
                _log.exception("rule %s cannot be read", code)
                unreadable.append(code)
        return fired, unreadable

    def reads(self, code: str) -> Sequence[str]:
        """Return the features that a rule reads, each once, as they stand in it; raise KeyError for no rule of ours."""
        return self._reads[code]


def _reason(rule: Rule) -> Reason:
    return Reason(ReasonKind.RULE, rule.code, rule.action)


_OPPOSITE: Final = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_COMPARE: Final[Mapping[str, Callable[[float, float], bool]]] = {
    **COMPARE,
    "<>": lambda left, right: left < right or left > right,  # != would hold for NaN
}
_COMBINE: Final[Mapping[str, Callable[[float, float], float]]] = {
    **COMBINE,
    "/": lambda left, right: left / right if right != 0 else nan,
}


def _holds(node: Condition, index: Mapping[str, int], *, wanted: bool) -> _Holds:
    """Return whether a condition is certainly true, or with `wanted` False certainly false."""
    match node:
        case Truth(value):
            return lambda row: value is wanted
        case Not(part):
            return _holds(part, index, wanted=not wanted)
        case Junction(every, parts):
            held = tuple(_holds(part, index, wanted=wanted) for part in parts)
            return _every(held) if every is wanted else _any(held)
        case Comparison(sign, left, right):
            compare = _COMPARE[sign if wanted else _OPPOSITE[sign]]
            lower, upper = _reads(left, index), _reads(right, index)
            return lambda row: compare(lower(row), upper(row))
        case IsAbsent(number):
            reads = _reads(number, index)
            return (
                (lambda row: (value := reads(row)) != value) if wanted else lambda row: (value := reads(row)) == value
            )
        case Among(number, values):
            return _among(_reads(number, index), frozenset(values), wanted)


def _every(parts: tuple[_Holds, ...]) -> _Holds:
    def every(row: Row) -> bool:
        for part in parts:  # noqa: SIM110 - all() with a generator takes three times as long
            if not part(row):
                return False
        return True

    return every


def _any(parts: tuple[_Holds, ...]) -> _Holds:
    def any_of(row: Row) -> bool:
        for part in parts:  # noqa: SIM110
            if part(row):
                return True
        return False

    return any_of


def _among(reads: _Reads, values: frozenset[float], wanted: bool) -> _Holds:
    if wanted:
        return lambda row: reads(row) in values

    def other(row: Row) -> bool:
        value = reads(row)
        return value == value and value not in values

    return other


def _reads(node: Number, index: Mapping[str, int]) -> _Reads:
    """Return the value of a number; absent is NaN."""
    match node:
        case Column(name):
            return operator.itemgetter(index[name])
        case Constant(value):
            return lambda row: value
        case Arithmetic(sign, left, right):
            combine, first, second = _COMBINE[sign], _reads(left, index), _reads(right, index)
            return lambda row: combine(first(row), second(row))
        case Coalesce(options):
            return _first_present(tuple(_reads(option, index) for option in options))


def _first_present(options: tuple[_Reads, ...]) -> _Reads:
    def first(row: Row) -> float:
        for reads in options:
            value = reads(row)
            if value == value:
                return value
        return nan

    return first
