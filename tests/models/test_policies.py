"""Policies as files: what is written is read again, what is wrong is named, what is chosen fits the desk."""

import math
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import orjson
import polars as pl
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from antifraud.domain.decision import Action
from antifraud.domain.errors import InvalidValue, NotFound
from antifraud.domain.policy import Policy
from antifraud.domain.rule import Rule, RuleBook
from models.backtest.choosing import choose_policy
from models.backtest.ruling import Voice, rule_on
from models.bundle import read_bundle
from models.policies import (
    ChosenBy,
    MoneyParams,
    PolicyFile,
    document_of,
    money_policy,
    policy_of,
    read_policy,
    write_policy,
)
from models.thresholds import Thresholds
from tests.models.conftest import MONEY

HARSH = st.sampled_from([Action.HOLD, Action.BLOCK])
THRESHOLDS = st.floats(0, 2)
POLICIES = st.builds(
    lambda edges, **more: Policy(version="2026-03.a_b", hold_at=min(edges), block_at=max(edges), **more),
    st.tuples(THRESHOLDS, THRESHOLDS),
    blind=HARSH,
    blind_of=st.dictionaries(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9:_.\-]{0,63}", fullmatch=True), HARSH, max_size=3),
    let_through_share=st.floats(0, 0.1),
)
MOMENT = datetime(2026, 3, 1, tzinfo=UTC)
CHOSEN = ChosenBy(
    costs=MoneyParams(**MONEY),
    model="abc",
    rules=None,
    first=MOMENT,
    last=MOMENT,
    transfers=5,
    loss_minor=-3,
    loss_of_allowing_all_minor=7,
)


@given(POLICIES, st.sampled_from([None, CHOSEN]))
@example(Policy(version="1e3", hold_at=0.1, block_at=0.2), None)  # names that YAML takes for something else
@example(Policy(version="null", hold_at=0.1, block_at=0.2, blind_of={"yes": Action.BLOCK, "12": Action.HOLD}), None)
def test_a_policy_comes_back_from_its_file_as_it_was(tmp_path_factory, policy, chosen_by):
    path = tmp_path_factory.getbasetemp() / "policy.yaml"
    file = PolicyFile(policy=policy, chosen_by=chosen_by)
    write_policy(file, path)
    assert read_policy(path) == file
    assert policy_of(orjson.loads(orjson.dumps(document_of(policy)))) == policy


GOOD = {"version": "p1", "hold_at": 0.4, "block_at": 0.9}


@pytest.mark.parametrize(
    ("change", "names_it"),
    [
        ({"version": ""}, "version"),
        ({"version": "../p1"}, "version"),
        ({"version": 7}, "version"),
        ({"hold_at": -0.1}, "hold_at"),
        ({"hold_at": 0.95}, "hold_at"),
        ({"hold_at": float("nan")}, "hold_at"),
        ({"block_at": float("inf")}, "block_at"),
        ({"block_at": "high"}, "block_at"),
        ({"blind": "allow"}, "blind"),
        ({"blind_of": {"bank-1": "allow"}}, "blind_of.bank-1"),
        ({"let_through_share": 0.2}, "let_through_share"),
        ({"hold_from": 0.3}, "hold_from"),
        ({"chosen_by": {"model": "m"}}, "chosen_by.costs"),
    ],
)
def test_a_bad_policy_file_is_refused_by_key(tmp_path, change, names_it):
    path = tmp_path / "policy.yaml"
    path.write_text(yaml.safe_dump(GOOD))
    assert read_policy(path).policy == Policy(version="p1", hold_at=0.4, block_at=0.9)
    path.write_text(yaml.safe_dump(GOOD | change))
    with pytest.raises(InvalidValue) as refusal:
        read_policy(path)
    assert refusal.value.field == names_it


@pytest.mark.parametrize("content", ["", "- 1", "version: [", "!!python/object:os.system {}", "\x00"])
def test_what_is_no_policy_file_is_refused(tmp_path, content):
    path = tmp_path / "policy.yaml"
    path.write_text(content)
    with pytest.raises(InvalidValue):
        read_policy(path)
    with pytest.raises(NotFound):
        read_policy(tmp_path / "none.yaml")


def test_a_chosen_policy_is_named_by_all_that_it_says():
    base = Thresholds(hold_at=0.1, block_at=0.9, loss_minor=1, loss_of_allowing_all_minor=2)
    made = [
        money_policy(base),
        money_policy(replace(base, hold_at=math.nextafter(0.1, 1))),
        money_policy(replace(base, block_at=0.91)),
        money_policy(base, 0.05),
        money_policy(base, 0.0, Action.BLOCK),
        money_policy(base, 0.0, Action.HOLD, {"bank-1": Action.BLOCK}),
    ]
    assert len({policy.version for policy in made}) == len(made)
    assert money_policy(replace(base, loss_minor=5)).version == made[0].version


def test_a_bundle_keeps_what_its_policy_says_of_single_participants(tmp_path, bundle):
    from features.catalogue import CATALOGUE

    policy = replace(bundle.policy, blind_of={"bank-1": Action.BLOCK})
    kept = replace(bundle, policy=policy)
    assert kept.version != bundle.version
    assert read_bundle(kept.write(tmp_path), CATALOGUE).policy == policy


@pytest.mark.parametrize(
    ("policy", "chosen", "blind"),
    [
        ({}, None, "hold"),
        ({"blind": Action.BLOCK}, None, "block"),
        ({"blind_of": {"bank": Action.BLOCK}}, None, "block"),
        ({"blind_of": {"other": Action.BLOCK}}, None, "hold"),
        ({"blind_of": {"bank": Action.HOLD}, "blind": Action.BLOCK}, None, "hold"),
        ({"blind_of": {"bank": Action.BLOCK}}, Action.HOLD, "hold"),  # the participant's own word is the last one
        ({}, Action.BLOCK, "block"),
    ],
)
def test_what_blind_means_for_a_participant(policy, chosen, blind):
    of_it = Policy(version="p", hold_at=0.4, block_at=0.9, **policy).of("bank", chosen)
    assert of_it.decide(None)[0] == blind


RULE = Rule(
    rule_id="r", version=1, condition="a > 1", action=Action.HOLD, text={"kk": "ереже", "ru": "правило", "en": "a rule"}
)


def heard(rows, seed=0, fires=0.0):
    """Return transfers whose frauds score higher, some of which a rule stops anyway."""
    draw = np.random.default_rng(seed)
    fraud = draw.random(rows) < 0.05
    return pl.DataFrame(
        {
            "participant": ["bank"] * rows,
            "transfer_id": [f"t{number}" for number in range(rows)],
            "received_at": pl.Series([MOMENT] * rows, dtype=pl.Datetime("us", "UTC")),
            "base_minor": draw.integers(100_000, 9_000_000, rows),
            "fraud": fraud,
            "known": draw.random(rows) < 0.9,
            "score": np.clip(draw.normal(np.where(fraud, 0.6, 0.3), 0.15), 0, 1),
            "unread": pl.Series([[]] * rows, dtype=pl.List(pl.String)),
            "r@1": draw.random(rows) < fires,
        }
    )


@pytest.mark.parametrize("capacity", [200, 2_000, 20_000])
def test_the_desk_can_take_the_alerts_of_score_and_rules_together(capacity):
    rows = heard(5_000, fires=0.001)
    money = MoneyParams(**MONEY | {"alerts_per_100k": capacity})
    found = choose_policy(rows, RuleBook((RULE,)), "m", money)
    known = rows.filter(pl.col("known"))
    alerts = (rule_on(known, found.policy, Voice.of([RULE]))["action"] != "allow").sum()
    assert known["r@1"].sum() < alerts <= capacity * known.height / 100_000
    assert found.chosen_by.transfers == known.height
    assert found.chosen_by.loss_minor < found.chosen_by.loss_of_allowing_all_minor


def test_rules_that_take_the_whole_desk_leave_nothing_to_choose():
    with pytest.raises(InvalidValue, match="alerts that the desk can take"):
        choose_policy(heard(5_000, fires=0.1), RuleBook((RULE,)), "m", MoneyParams(**MONEY))


def test_a_past_without_known_frauds_chooses_nothing():
    with pytest.raises(InvalidValue, match="no known fraud"):
        choose_policy(heard(500).with_columns(fraud=pl.lit(False)), RuleBook(()), "m", MoneyParams(**MONEY))
