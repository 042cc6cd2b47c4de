"""One text of a rule means the same online, over a table, in SQLite and in words; no other text is a rule."""

import sqlite3
from itertools import product
from math import nan

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from antifraud.domain.decision import Action, ReasonKind
from antifraud.domain.errors import InvalidValue
from antifraud.domain.rule import Rule
from features.catalogue import CATALOGUE
from features.rules import STARTER_RULES, CompiledRules, fired, parse, read_rules
from features.rules.syntax import MAX_CHARACTERS
from features.schema import names
from tests.features.conditions import CONDITIONS, NAMES, ROWS, meaning, text
from tests.waiting import ending_soon

TEXTS = {"kk": "ереже", "ru": "правило", "en": "a rule"}


def rule(condition, rule_id="r", version=1):
    return Rule(rule_id=rule_id, version=version, condition=condition, action=Action.HOLD, text=TEXTS)


def online(condition, rows):
    compiled = CompiledRules([rule(condition)], NAMES)
    answers = [compiled.hits(np.array(row, np.float64)) for row in rows]
    assert not any(unreadable for _, unreadable in answers)
    return [bool(reasons) for reasons, _ in answers]


def over_a_table(condition, rows):
    """Ask twice: what is absent may be null, as in feature tables, or NaN, as in logged vectors."""
    table = pl.DataFrame(rows, schema=dict.fromkeys(NAMES, pl.Float64), orient="row")
    of_nulls, of_nans = (
        fired(each, [rule(condition)], NAMES)["r@1"].to_list() for each in (table, table.fill_null(nan))
    )
    assert of_nulls == of_nans
    return of_nulls


def in_sqlite(condition, rows):
    """Ask a database that nobody here wrote; unknown does not fire."""
    columns = ", ".join(f"? AS {name}" for name in NAMES)
    with sqlite3.connect(":memory:") as database:
        query = f"SELECT coalesce({condition}, 0) FROM (SELECT {columns})"
        return [bool(database.execute(query, row).fetchone()[0]) for row in rows]


# Each kind of condition, asked and denied, over every row of these values.
CORNERS = list(product([None, 0.0, 1.0, 2.0], repeat=len(NAMES)))
KINDS = [
    *(f"alpha {sign} beta" for sign in ("=", "==", "<>", "!=", "<", "<=", ">", ">=")),
    *(f"alpha {sign} beta > gamma" for sign in "+-*/"),
    *("-alpha < 0 - gamma", "alpha - beta - gamma >= 0", "alpha / beta / gamma < 1", "alpha + beta * gamma = 2"),
    *("alpha BETWEEN beta AND gamma", "alpha NOT BETWEEN beta AND gamma", "alpha IN (0, 2)", "alpha NOT IN (-1, 2)"),
    *("alpha IS NULL", "alpha IS NOT NULL", "alpha / beta IS NULL", "COALESCE(alpha, beta, 1) = gamma"),
    *("alpha = 1 AND beta = 1 OR gamma = 1", "alpha = 1 OR beta = 1 AND gamma = 1", "alpha = 1 AND TRUE"),
    *(
        "NOT alpha = 1 AND beta = 1",
        "NOT (alpha = 1 AND beta = 1)",
        "NOT (alpha = 1 OR beta = 1)",
        "FALSE OR alpha < 2",
    ),
]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_condition_means_what_it_means_in_sqlite(kind):
    for condition in (kind, f"NOT ({kind})"):
        expected = in_sqlite(condition, CORNERS)
        assert online(condition, CORNERS) == expected
        assert over_a_table(condition, CORNERS) == expected


@given(st.lists(st.floats(-1e9, 1e9), min_size=1), st.sampled_from([3.0, 7.0, 49.0, 86400.0, 1e6]))
def test_division_is_rounded_once_everywhere(values, by):
    rows = [(value, value / by, None) for value in values]
    condition = f"alpha / {by!r} = beta"
    assert online(condition, rows) == over_a_table(condition, rows) == [True] * len(rows)


@given(CONDITIONS, ROWS)
def test_a_rule_means_the_same_everywhere(tree, rows):
    condition = text(tree)
    assume(any(name in condition for name in NAMES))
    expected = [meaning(tree, dict(zip(NAMES, row, strict=True))) is True for row in rows]
    with ending_soon():
        assert online(condition, rows) == expected
    assert over_a_table(condition, rows) == expected
    assert in_sqlite(condition, rows) == expected


SIGNS = ["(", ")", "(", ")", ",", "+", "-", "*", "/", "=", "<>", "<", ">="]
WORDS = [*NAMES, *SIGNS, "1", "2.5", "0", "AND", "OR", "NOT", "IN", "BETWEEN", "IS", "NULL", "TRUE", "COALESCE"]
FOREIGN = ["'x'", '"alpha"', ";", "--", "/*", "::", ".", "[", "%", "{{", "SELECT", "CASE", "CAST", "lambda:", "exec"]


@given(st.text(max_size=200) | st.lists(st.sampled_from(WORDS + FOREIGN), max_size=40).map(" ".join))
@example("(" * 5_000)
@example("NOT " * 399 + "alpha > 1")
@example("- " * 300 + "alpha > 1")
@example("alpha" + " + 1" * 300 + " > 1")
@example("COALESCE(" * 200 + "alpha")
@example("alpha > 1 AND " * 100 + "beta > 1")
@example("alpha > 1e999")
@example("1_000 < alpha")
@example("alpha > \N{ARABIC-INDIC DIGIT ONE}")
def test_any_text_is_a_rule_or_an_invalid_value(condition):
    with ending_soon():
        try:
            compiled = CompiledRules([rule(condition)], NAMES)
        except InvalidValue:
            return
        assert compiled.hits(np.zeros(len(NAMES)))[1] == []


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("__import__('os').system('true') = 0", "no function but COALESCE"),
        ("alpha > 1; DROP TABLE rules", "no condition may have"),
        ("alpha > (SELECT 1)", "no condition may have"),
        ("abs(alpha) > 1", "no function but COALESCE"),
        ("alpha LIKE 'a%'", "no condition may have"),
        ("alpha > 1 -- and beta > 1", "no comments"),
        ("alpha > 1 AND alhpa > 2", "(is it alpha?)"),
        ("alpha = NULL", "IS NULL"),
        ("alpha AND beta > 1", "needs a condition"),
        ("(alpha > 1) > 2", "needs a number"),
        ("alpha < beta < gamma", "needs a number"),
        ("alpha IN (1, beta)", "only numbers after IN"),
        ("alpha IN ()", "needs numbers in brackets"),
        ("alpha IS TRUE", "needs a condition"),
        ("1 > 0", "at least one feature"),
        ("", "is not one condition"),
        ("alpha >", "cannot be understood"),
        ("alpha > 1" + " " * MAX_CHARACTERS, "characters"),
        ("(" * 30 + "alpha > 1" + ")" * 30, "deep"),
    ],
)
def test_a_refusal_says_what_was_wrong(condition, says):
    with pytest.raises(InvalidValue) as refusal:
        parse(condition, NAMES, "rule fan_in@3")
    assert says in str(refusal.value)
    assert "rule fan_in@3" in str(refusal.value)


def test_names_and_words_are_read_in_any_case_and_true_is_one():
    assert online("Alpha = TRUE and not BETA = false", [(1.0, 1.0, None), (1.0, 0.0, None)]) == [True, False]


def test_a_rule_that_cannot_be_read_says_so_and_the_others_still_speak():
    rules = CompiledRules([rule("alpha > 1", "first"), rule("beta > 1", "second", version=4)], NAMES)
    damaged = np.array([5.0, "five", 5.0], object)
    reasons, unreadable = rules.hits(damaged)
    assert [(reason.kind, reason.code, reason.action) for reason in reasons] == [
        (ReasonKind.RULE, "first@1", Action.HOLD)
    ]
    assert unreadable == ["second@4"]


def test_a_vector_of_another_catalogue_makes_every_rule_unreadable():
    rules = CompiledRules([rule("alpha > 1", "first"), rule("beta > 1", "second")], NAMES)
    for strange in (np.full(len(NAMES) + 1, 5.0), np.full(len(NAMES) - 1, 5.0), np.empty(0)):
        assert rules.hits(strange) == ((), ["first@1", "second@1"])


def test_a_rule_says_which_features_it_reads_each_once():
    condition = "not (gamma in (1, 2)) or beta is null or coalesce(beta, -alpha) + gamma between 1 and 5"
    rules = CompiledRules([rule(condition, "first"), rule("beta > 1", "second")], NAMES)
    assert rules.reads("first@1") == ("gamma", "beta", "alpha")
    assert rules.reads("second@1") == ("beta",)


def test_the_starter_rules_read_the_catalogue_online_and_over_a_table():
    catalogue = names(CATALOGUE)
    rules = read_rules(STARTER_RULES, catalogue).active
    assert len(rules) > 4
    nobody = dict.fromkeys(catalogue, None)
    table = pl.DataFrame([nobody], schema=dict.fromkeys(catalogue, pl.Float64))
    assert fired(table, rules, catalogue).row(0) == (False,) * len(rules)
    assert CompiledRules(rules, catalogue).hits(np.full(len(catalogue), np.nan)) == ([], [])
