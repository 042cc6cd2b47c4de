"""Backtests and policies on the command line, over a simulated history."""

import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
import yaml
from typer.testing import CliRunner

from antifraud.domain.decision import Action
from api.cli import app
from features.catalogue import CATALOGUE
from features.rules import STARTER_RULES, fired, read_rules
from features.schema import names
from models.policies import PolicyFile, read_policy, write_policy
from models.scorer import LightGbmScorer
from tests.models.conftest import params

PERIOD = ("--from", "2026-01-25", "--to", "2026-02-16")


@pytest.fixture(scope="module")
def ground(past, bundle, tmp_path_factory):
    """A folder with a history, a shelf and parameters."""
    folder = tmp_path_factory.mktemp("ground")
    (folder / "history").mkdir()
    past.transfers.write_parquet(folder / "history" / "transfers.parquet")
    past.reports.write_parquet(folder / "history" / "reports.parquet")
    bundle.write(folder / "shelf")
    (folder / "params.yaml").write_text(yaml.safe_dump(params().model_dump(mode="json")))
    return folder


def run(ground, *words, refused=False):
    common = ("--shelf", ground / "shelf", "--params", ground / "params.yaml")
    ran = CliRunner().invoke(app, [str(word) for word in (*words, *common)])
    assert (ran.exit_code != 0) is refused, ran.output
    return str(ran.exception) if refused else ran.output


def test_a_history_is_decided_as_of_each_moment(ground, past, bundle, tmp_path):
    shown = run(ground, "backtest", "--history", ground / "history", *PERIOD, "--out", tmp_path / "out")
    decisions = pl.read_parquet(tmp_path / "out" / "decisions.parquet")
    within = past.transfers.with_row_index("at").filter(
        pl.col("received_at").dt.strftime("%Y-%m-%d").is_between(pl.lit("2026-01-25"), pl.lit("2026-02-15"))
    )
    at = within["at"].to_numpy()
    assert decisions["transfer_id"].equals(within["transfer_id"])
    assert decisions["score"].to_list() == LightGbmScorer(bundle).score(past.vectors[at]).tolist()
    book = read_rules(STARTER_RULES, names(CATALOGUE))
    hits = fired(past.features, book.active, names(CATALOGUE))[at]
    assert decisions.select(hits.columns).equals(hits)
    assert decisions["fraud"].to_list() == past.fraud[at].tolist()
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["whole"]["transfers"] == at.size
    assert 0 < report["whole"]["known_transfers"] < at.size, "the last days are too young to be judged"
    assert report["reproduced"] is None
    assert all(rule.code.split("_")[0] in shown for rule in book.active)


def test_a_chosen_policy_is_written_tested_and_backtested(ground, bundle, tmp_path):
    file = tmp_path / "policy.yaml"
    history = ("--history", ground / "history")
    run(ground, "policy", "choose", *history, "--per-100k", "3000", "--blind-of", "bank951=block", "--out", file)
    chosen = read_policy(file)
    assert chosen.policy.blind_of == {"bank951": Action.BLOCK}
    assert chosen.chosen_by.model == bundle.version
    assert chosen.chosen_by.costs.alerts_per_100k == 3000
    shown = run(ground, "policy", "test", file, *history, *PERIOD, "--out", tmp_path / "changes.json")
    found = json.loads((tmp_path / "changes.json").read_text())
    assert f"{found['changed']:,} of {found['before']['transfers']:,} decisions would change" in shown
    run(ground, "backtest", *history, *PERIOD, "--policy", file, "--out", tmp_path / "out")
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["whole"] == found["after"]
    assert report["tried"]["policy"] == chosen.policy.version


def test_a_policy_compared_with_itself_changes_nothing(ground, bundle, tmp_path):
    write_policy(PolicyFile(policy=replace(bundle.policy, version="same")), tmp_path / "same.yaml")
    out = tmp_path / "changes.json"
    run(ground, "policy", "test", tmp_path / "same.yaml", "--history", ground / "history", "--out", out)
    found = json.loads(out.read_text())
    assert found["changed"] == found["saved_more_minor"] == 0
    assert found["before"] == found["after"]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ([], "give either --history or --log"),
        (["--history", "x", "--log", "sqlite:///y"], "give either --history or --log"),
        (["--history", "HISTORY", "--recompute"], "goes with --log"),
        (["--history", "HISTORY", "--from", "2031-01-01"], "no transfer was received"),
        (["--history", "HISTORY", "--policy", "nowhere.yaml"], "antifraud policy choose"),
        (["--history", "HISTORY", "--out", "FULL"], "name another folder"),
        (["--log", "sqlite:///EMPTY"], "the log is empty"),
    ],
)
def test_what_cannot_be_backtested_is_refused_in_one_line(ground, tmp_path, words, problem):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("not yours")
    places = {"HISTORY": ground / "history", "FULL": tmp_path / "full", "sqlite:///EMPTY": f"sqlite:///{tmp_path}/e.db"}
    given = [str(places.get(word, word)) for word in words]
    out = [] if "--out" in given else ["--out", tmp_path / "out"]
    assert problem in run(ground, "backtest", *given, *out, refused=True)
    assert not Path(tmp_path / "out").exists()
    assert [each.name for each in (tmp_path / "full").iterdir()] == ["letter.txt"]
