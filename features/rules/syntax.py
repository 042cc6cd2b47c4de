"""Read the text of a condition into a small tree, or refuse it with the reason.

sqlglot splits and parses; what it may see and what may come out are whitelists. Length, number of words and
nesting are bounded before it parses, so that no text can hang or exhaust it.
"""

import operator
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from math import isfinite
from typing import Any, Final

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.parser import Parser
from sqlglot.tokenizer_core import Token, TokenType
from sqlglot.tokens import Tokenizer

from antifraud.domain.errors import InvalidValue

MAX_CHARACTERS: Final = 2_000
MAX_WORDS: Final = 400
MAX_DEPTH: Final = 24


@dataclass(frozen=True, slots=True)
class Column:
    """A feature, by its name in the catalogue."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A number of the text; true is 1, false is 0."""

    value: float


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two numbers joined by + - * or /; absent when either is, when dividing by zero, or when not a number."""

    operator: str
    left: "Number"
    right: "Number"


@dataclass(frozen=True, slots=True)
class Coalesce:
    """The first of several numbers that is not absent."""

    options: tuple["Number", ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two numbers compared by = <> < <= > or >=; unknown when either is absent."""

    operator: str
    left: "Number"
    right: "Number"


@dataclass(frozen=True, slots=True)
class Among:
    """A number that is one of a list; unknown when it is absent."""

    number: "Number"
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class IsAbsent:
    """A number that is absent; never unknown."""

    number: "Number"


@dataclass(frozen=True, slots=True)
class Truth:
    """True or false, written out."""

    value: bool


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite; of unknown, unknown."""

    part: "Condition"


@dataclass(frozen=True, slots=True)
class Junction:
    """Conditions of which every one must hold, or with `every` False any one."""

    every: bool
    parts: tuple["Condition", ...]


Number = Column | Constant | Arithmetic | Coalesce
Condition = Comparison | Among | IsAbsent | Truth | Not | Junction

# What the signs mean to numbers and to columns alike. `<>` of the absent and division are not here: there the two
# ways of running a rule differ.
COMPARE: Final[Mapping[str, Callable[[Any, Any], Any]]] = {  # as `operator` types them
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
COMBINE: Final[Mapping[str, Callable[[Any, Any], Any]]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}

_WORDS: Final = frozenset(
    getattr(TokenType, name)
    for name in (
        *("VAR", "NUMBER", "NULL", "TRUE", "FALSE", "AND", "OR", "NOT", "IS", "IN", "BETWEEN"),
        *("EQ", "NEQ", "LT", "LTE", "GT", "GTE", "PLUS", "DASH", "STAR", "SLASH", "L_PAREN", "R_PAREN", "COMMA"),
    )
)
_PREFIXES: Final = frozenset({TokenType.NOT, TokenType.DASH, TokenType.PLUS})
_COMPARISONS: Final[dict[type[exp.Expr], str]] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_ARITHMETIC: Final[dict[type[exp.Expr], str]] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/"}
_GRAMMAR: Final = (
    "a condition is made of feature names, numbers, AND OR NOT, = <> < <= > >=, BETWEEN, IN, IS NULL, + - * /, COALESCE"
)


def parse(condition: str, names: Collection[str], rule: str = "rule") -> Condition:
    """Return the tree of a condition over the features `names`; raise InvalidValue that names the `rule`.

    >>> parse("payer_sent_count_1h >= 5", ["payer_sent_count_1h"])
    Comparison(operator='>=', left=Column(name='payer_sent_count_1h'), right=Constant(value=5.0))
    """
    reader = _Reader(rule, names)
    words = reader.words(condition)
    try:
        trees = Parser().parse_into(exp.Condition, words, condition)
    except (SqlglotError, RecursionError):
        raise reader.refused(f"cannot be understood ({_GRAMMAR})", condition) from None
    if len(trees) != 1 or trees[0] is None:
        raise reader.refused(f"is not one condition ({_GRAMMAR})", condition)
    tree = reader.condition(trees[0], MAX_DEPTH)
    if not reader.read:
        raise reader.refused("must read at least one feature", condition)
    return tree


def columns(node: Condition | Number) -> Iterator[str]:
    """Yield the features that a tree reads, as they stand in it.

    >>> list(columns(parse("a = 1 or b + a > 2", ["a", "b"])))
    ['a', 'b', 'a']
    """
    match node:
        case Column(name):
            yield name
        case Not(part) | IsAbsent(part) | Among(part, _):
            yield from columns(part)
        case Comparison(_, left, right) | Arithmetic(_, left, right):
            yield from columns(left)
            yield from columns(right)
        case Junction(_, parts):
            for part in parts:
                yield from columns(part)
        case Coalesce(options):
            for option in options:
                yield from columns(option)


class _Reader:
    """Turns sqlglot's tree into ours, node by whitelisted node."""

    def __init__(self, rule: str, names: Collection[str]) -> None:
        self.rule = rule
        self.names = names
        self.read: set[str] = set()

    def refused(self, problem: str, was: object) -> InvalidValue:
        """Say what is wrong with which rule."""
        return InvalidValue("condition", f"{self.rule} {problem}", was)

    def words(self, condition: str) -> list[Token]:
        """Split the text, and refuse words that no condition has, comments, and too much of anything."""
        if len(condition) > MAX_CHARACTERS:
            raise self.refused(f"may have {MAX_CHARACTERS} characters", len(condition))
        try:
            words = Tokenizer().tokenize(condition)
        except SqlglotError:
            raise self.refused(f"cannot be understood ({_GRAMMAR})", condition) from None
        if len(words) > MAX_WORDS:
            raise self.refused(f"may have {MAX_WORDS} words", len(words))
        depth = run = 0
        before: Token | None = None
        for word in words:
            if word.token_type not in _WORDS:
                raise self.refused(f"has what no condition may have ({_GRAMMAR})", word.text)
            if word.comments:  # in YAML a folded text is one line: "--" would swallow the rest of the rule
                raise self.refused("may have no comments", word.comments[0])
            if before is not None and word.token_type is TokenType.L_PAREN:
                self._callable(before)
            before = word
            run = run + 1 if word.token_type in _PREFIXES else 0
            depth += (word.token_type is TokenType.L_PAREN) - (word.token_type is TokenType.R_PAREN)
            if depth + run > MAX_DEPTH:
                raise self.refused(f"may be nested {MAX_DEPTH} deep", condition)
        return words

    def _callable(self, word: Token) -> None:
        if word.token_type is TokenType.VAR and word.text.lower() != "coalesce":
            raise self.refused("may call no function but COALESCE", word.text)

    def condition(self, node: exp.Expr, depth: int) -> Condition:
        """Return a node where a condition must stand."""
        node = node.unnest()
        depth = self._deeper(node, depth)
        if isinstance(node, (exp.And, exp.Or)):
            parts = tuple(self.condition(part, depth) for part in _chain(node))
            return Junction(isinstance(node, exp.And), parts)
        if isinstance(node, exp.Not):
            return Not(self.condition(node.this, depth))
        if (sign := _COMPARISONS.get(type(node))) is not None:
            return Comparison(sign, self.number(node.this, depth), self.number(node.expression, depth))
        if isinstance(node, exp.Between):
            return self._between(node, depth)
        if isinstance(node, exp.In):
            return self._among(node, depth)
        if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
            return IsAbsent(self.number(node.this, depth))
        if isinstance(node, exp.Boolean):
            return Truth(bool(node.this))
        raise self.refused("needs a condition, such as a comparison (call_active = 1), where it has", node.sql())

    def _between(self, node: exp.Between, depth: int) -> Condition:
        if set(node.args) - {"this", "low", "high"} and node.args.get("symmetric"):
            raise self.refused("may not use SYMMETRIC", node.sql())
        number = self.number(node.this, depth)
        low, high = (self.number(node.args[edge], depth) for edge in ("low", "high"))
        return Junction(True, (Comparison(">=", number, low), Comparison("<=", number, high)))

    def _among(self, node: exp.In, depth: int) -> Condition:
        listed = node.expressions
        if not listed:
            raise self.refused("needs numbers in brackets after IN, where it has", node.sql())
        values = [self.number(value, depth) for value in listed]
        constants = tuple(value.value for value in values if isinstance(value, Constant))
        if len(constants) != len(values):
            raise self.refused("may list only numbers after IN", node.sql())
        return Among(self.number(node.this, depth), constants)

    def number(self, node: exp.Expr, depth: int) -> Number:
        """Return a node where a number must stand."""
        node = node.unnest()
        depth = self._deeper(node, depth)
        if isinstance(node, exp.Column) and isinstance(node.this, exp.Identifier):
            return self._column(node.name.lower())
        if isinstance(node, exp.Literal):
            return self._constant(node)
        if isinstance(node, exp.Boolean):
            return Constant(float(node.this))
        if isinstance(node, exp.Neg):
            below = self.number(node.this, depth)
            return Constant(-below.value) if isinstance(below, Constant) else Arithmetic("-", Constant(0.0), below)
        if (sign := _ARITHMETIC.get(type(node))) is not None:
            return Arithmetic(sign, self.number(node.this, depth), self.number(node.expression, depth))
        if isinstance(node, exp.Coalesce):
            return Coalesce(tuple(self.number(option, depth) for option in (node.this, *node.expressions)))
        if isinstance(node, exp.Null):
            raise self.refused("compares nothing with NULL: write IS NULL or IS NOT NULL", "NULL")
        raise self.refused("needs a number where it has", node.sql())

    def _deeper(self, node: exp.Expr, depth: int) -> int:
        if depth == 0:
            raise self.refused(f"may be nested {MAX_DEPTH} deep", node.sql())
        return depth - 1

    def _column(self, name: str) -> Column:
        if name not in self.names:
            near = get_close_matches(name, self.names, n=3)
            hint = f" (is it {' or '.join(near)}?)" if near else ""
            raise self.refused(f"names no feature of the catalogue{hint}", name)
        self.read.add(name)
        return Column(name)

    def _constant(self, node: exp.Literal) -> Constant:
        try:
            value = float(node.this)
        except ValueError:
            raise self.refused("needs a number where it has", node.this) from None
        if node.is_string or not isfinite(value):
            raise self.refused("needs a finite number where it has", node.this)
        return Constant(value)


def _chain(node: exp.Expr) -> Sequence[exp.Expr]:
    """Return the parts of `a AND b AND c`, which sqlglot hangs one under the other, in order."""
    kind, parts = type(node), []
    while type(node) is kind:
        parts.append(node.expression)
        node = node.this
    return [node, *reversed(parts)]
