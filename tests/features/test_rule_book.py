"""A book of rules: what a file may say, and what one book may change of the one before it."""

from dataclasses import replace
from itertools import product

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from antifraud.domain.decision import Action
from antifraud.domain.errors import Conflict, InvalidValue
from antifraud.domain.rule import Rule, RuleBook, RuleState, supersedes
from features.catalogue import CATALOGUE
from features.rules import STARTER_RULES, read_rules, write_rules
from features.schema import names
from tests.features.conditions import CONDITIONS, NAMES, text

TEXTS = {"kk": "ереже", "ru": "правило", "en": "a rule"}
LIFE = [RuleState.DRAFT, RuleState.SHADOW, RuleState.ACTIVE, RuleState.RETIRED]


def rule(rule_id="r", version=1, state=RuleState.ACTIVE, condition="alpha > 1", action=Action.HOLD, words=TEXTS):
    return Rule(rule_id=rule_id, version=version, state=state, condition=condition, action=action, text=words)


def follows(old, new):
    """Say whether one book may take the place of another."""
    try:
        supersedes(RuleBook(tuple(old)), RuleBook(tuple(new)))
    except Conflict:
        return False
    return True


def test_a_version_takes_one_step_of_its_life_and_never_goes_back():
    allowed = {(old, new) for old, new in product(LIFE, LIFE) if follows([rule(state=old)], [rule(state=new)])}
    steps = {("draft", "shadow"), ("shadow", "active"), ("shadow", "retired"), ("active", "retired")}
    assert allowed == steps | {(state, state) for state in LIFE}


def test_a_new_version_enters_as_draft_or_shadow_above_all_before_it():
    old = [rule(version=3, state=RuleState.RETIRED)]
    entering = [pair for pair in product((2, 4), LIFE) if follows(old, [*old, rule("r", *pair)])]
    assert entering == [(4, "draft"), (4, "shadow")]


def test_only_drafts_leave_a_book():
    assert [state for state in LIFE if follows([rule(state=state)], [])] == ["draft"]


@pytest.mark.parametrize("change", [{"condition": "alpha > 2"}, {"action": Action.BLOCK}])
@pytest.mark.parametrize("state", LIFE)
def test_a_version_says_the_same_for_ever(state, change):
    assert not follows([rule(state=state)], [replace(rule(state=state), **change)])


def test_what_changes_is_said_a_line_a_rule():
    old = RuleBook((rule("a", state=RuleState.SHADOW), rule("b"), rule("d", state=RuleState.DRAFT)))
    mended = {**TEXTS, "en": "the rule"}
    new = RuleBook((rule("a"), rule("b", state=RuleState.RETIRED, words=mended), rule("b", 2, RuleState.DRAFT)))
    assert supersedes(old, new) == (
        "a@1: shadow to active",
        "b@1: other words",
        "b@1: active to retired",
        "b@2: enters as draft",
        "d@1: a draft, dropped",
    )
    assert supersedes(new, new) == ()


RULES = st.builds(
    rule,
    st.sampled_from("ab"),
    st.integers(1, 3),
    st.sampled_from(LIFE),
    st.sampled_from(["alpha > 1", "alpha > 2"]),
    st.sampled_from([Action.HOLD, Action.BLOCK]),
)
BOOKS = st.lists(RULES, max_size=4, unique_by=lambda each: each.code).filter(
    lambda rules: (
        len({each.rule_id for each in rules if each.state == "active"}) == sum(each.state == "active" for each in rules)
    )
)


@given(st.lists(BOOKS, min_size=5, max_size=40))
def test_over_any_chain_of_books_no_version_that_ever_spoke_speaks_otherwise_later(books):
    current, lives, said = [], {}, {}
    for new in books:
        if not follows(current, new):
            continue
        current = new
        for each in new:
            lives.setdefault(each.code, []).append(LIFE.index(each.state))
            if each.state != "draft":
                meant = said.setdefault(each.code, (each.condition, each.action))
                assert meant == (each.condition, each.action)
        assert set(said) <= {each.code for each in new}, "what has spoken is remembered"
    for life in lives.values():
        assert life == sorted(life)


def test_the_version_of_a_book_is_that_of_its_content():
    book = RuleBook((rule("a"), rule("b")))
    assert book.version == RuleBook((rule("a"), rule("b"))).version
    others = [
        RuleBook((rule("b"), rule("a"))),  # the order is that of the reasons
        *(RuleBook((replace(rule("a"), **change), rule("b"))) for change in (
            {"state": RuleState.SHADOW}, {"action": Action.BLOCK}, {"condition": "alpha > 3"}, {"version": 2},
            {"text": {**TEXTS, "kk": "басқа"}},
        )),
    ]  # fmt: skip
    assert len({book.version, *(other.version for other in others)}) == 1 + len(others)


def test_a_rule_is_active_in_one_version_and_a_version_stands_once():
    with pytest.raises(InvalidValue, match="active in one version only"):
        RuleBook((rule(version=1), rule(version=2)))
    with pytest.raises(InvalidValue, match="stands twice"):
        RuleBook((rule(state=RuleState.SHADOW), rule()))
    assert len(RuleBook((rule(version=1), rule(version=2, state=RuleState.SHADOW))).active) == 1


@given(st.lists(st.builds(lambda tree: text(tree), CONDITIONS), min_size=1, max_size=4), st.data())
def test_a_book_comes_back_from_its_file_as_it_was(tmp_path_factory, conditions, data):
    assume(all(any(name in condition for name in NAMES) for condition in conditions))
    book = RuleBook(
        tuple(
            rule(f"r{number}", data.draw(st.integers(1, 9)), data.draw(st.sampled_from(LIFE)), condition)
            for number, condition in enumerate(conditions)
        )
    )
    path = tmp_path_factory.getbasetemp() / "book.yaml"
    write_rules(book, path)
    assert read_rules(path, NAMES) == book
    assert read_rules(path, NAMES).version == book.version


def test_drafts_are_checked_and_retired_rules_may_speak_of_what_is_gone(tmp_path):
    path = tmp_path / "rules.yaml"
    write_rules(RuleBook((rule(condition="gone > 1", state=RuleState.RETIRED),)), path)
    assert read_rules(path, NAMES).active == ()
    write_rules(RuleBook((rule(condition="gone > 1", state=RuleState.DRAFT),)), path)
    with pytest.raises(InvalidValue, match="names no feature"):
        read_rules(path, NAMES)


def test_the_starter_book_is_active():
    book = read_rules(STARTER_RULES, names(CATALOGUE))
    assert book.active == book.rules


@pytest.mark.parametrize(
    ("change", "names_it"),
    [
        ({"version": 0}, "version"),
        ({"version": True}, "version"),
        ({"state": "asleep"}, "state"),
        ({"action": "allow"}, "action"),
        ({"action": "shout"}, "action"),
        ({"condition": 5}, "condition"),
        ({"text": {"en": "only English"}}, "text"),
        ({"text": {**TEXTS, "kk": " "}}, "kk"),
        ({"txet": TEXTS}, "rules"),
    ],
)
def test_a_bad_file_of_rules_is_refused_by_key(tmp_path, change, names_it):
    good = {
        "rule_id": "r", "version": 1, "state": "active", "action": "hold", "condition": "alpha > 1", "text": TEXTS,
    }  # fmt: skip
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump({"rules": [good]}), encoding="utf-8")
    assert read_rules(path, NAMES).rules == (rule(),)
    path.write_text(yaml.safe_dump({"rules": [{**good, **change}]}), encoding="utf-8")
    with pytest.raises(InvalidValue) as refusal:
        read_rules(path, NAMES)
    assert refusal.value.field == names_it


@pytest.mark.parametrize("content", ["", "- 1", "rules: 3", "rules: [1]", "rules: [", "!!python/object:os.system {}"])
def test_what_is_no_file_of_rules_is_refused(tmp_path, content):
    path = tmp_path / "rules.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InvalidValue):
        read_rules(path, NAMES)
