"""The law of the backtest: today's policy over its own period decides what was decided, whatever was broken then."""

import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from api.commands.backtest import backtest
from api.commands.policy import compare
from models.policies import PolicyFile, write_policy
from tests.api import making
from tests.backtest.conftest import BANKS, KEY

ROOT = Path(__file__).parents[2]


def outcome(folder, monkeypatch, key=KEY, **options):
    """Return the report and the decisions of a backtest of the log."""
    monkeypatch.setenv("ANTIFRAUD_LET_THROUGH_KEY", key) if key else None
    given = {"log": f"sqlite:///{folder}/engine.db", "shelf": folder / "shelf", "params": ROOT / "params.yaml"}
    backtest(folder / "out", **given | options)
    report = json.loads((folder / "out" / "report.json").read_text())
    return report, pl.read_parquet(folder / "out" / "decisions.parquet")


@pytest.mark.parametrize("recompute", [False, True], ids=["served vectors", "recomputed features"])
def test_todays_policy_over_its_own_period_decides_what_was_decided(troubled, monkeypatch, recompute):
    report, decisions = outcome(troubled, monkeypatch, recompute=recompute)
    assert report["reproduced"] == {"transfers": 1200, "same": 1200, "different": []}
    assert decisions["action"].to_list() == decisions["was_action"].to_list()
    missing = decisions["degraded"].list.explode().drop_nulls().value_counts()
    counted = dict(missing.rows())
    assert counted["features"] == 120
    assert counted["rules"] == 240
    assert counted["crowd@1"] == 120
    assert counted["score"] == 480
    kinds = decisions["reasons"].list.explode().drop_nulls().struct.field("kind").unique().sort().to_list()
    assert kinds == ["blind", "let_through", "rule", "score"]
    blind = decisions.filter(pl.col("degraded").list.contains("features"))
    assert dict(blind.group_by("participant").agg(pl.col("action").unique().first()).rows()) == {
        "fictional-a": "hold",
        "fictional-b": "block",  # by the policy
        "fictional-c": "block",  # by its own choice
    }
    assert set(decisions["action"]) == {"allow", "hold", "block"}
    assert decisions["young@1"].any(), "a rule in shadow is compared"
    assert {each["code"] for each in report["rules"]} == {"large@3", "crowd@1", "young@1"}


def test_without_the_key_the_logs_word_on_what_was_let_through_is_taken(troubled, monkeypatch):
    report, _ = outcome(troubled, monkeypatch, key=None)
    assert report["reproduced"]["same"] == 1200


def test_another_policy_or_book_decides_otherwise_and_is_told_apart(troubled, monkeypatch):
    other = making.bundle(hold_at=0.3, block_at=0.8).policy
    write_policy(PolicyFile(policy=other), troubled / "other.yaml")
    report, decisions = outcome(troubled, monkeypatch, policy=troubled / "other.yaml")
    assert report["reproduced"]["same"] < 1200
    changed = decisions.filter(pl.col("action") != pl.col("was_action"))
    assert set(changed["participant"]) == set(BANKS), "let through no more, and blind means hold at one of them"
    assert len(report["reproduced"]["different"]) == 10


def test_a_policy_is_compared_with_what_was_decided_without_computing_anything(troubled, monkeypatch):
    monkeypatch.setenv("ANTIFRAUD_LET_THROUGH_KEY", KEY)
    log, params = f"sqlite:///{troubled}/engine.db", ROOT / "params.yaml"
    for file, changed in (("policy.yaml", False), ("never.yaml", True)):
        never = replace(making.bundle(hold_at=1.0, block_at=1.01).policy, version="never")
        write_policy(PolicyFile(policy=never), troubled / "never.yaml")
        compare(
            troubled / file, log=log, params=params, out=troubled / "compared.json", shelf=troubled / "nothing here"
        )
        found = json.loads((troubled / "compared.json").read_text())
        assert found["before"]["transfers"] == 1200
        assert (found["changed"] > 0) is changed


def test_a_period_holds_its_first_moment_and_not_its_last(troubled, monkeypatch):
    _, everything = outcome(troubled, monkeypatch)
    moments = everything["received_at"].unique().sort()
    since, until = moments[100], moments[700]
    _, period = outcome(troubled, monkeypatch, since=since, until=until)
    assert period.equals(everything.filter(pl.col("received_at").is_between(since, until, closed="left")))
