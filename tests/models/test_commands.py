"""What the command line says about a history is what the bundle and its policy say about each transfer."""

import json
import re
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import yaml
from typer.testing import CliRunner

from antifraud.tables import TRANSFER_KEY
from api.cli import app
from features.catalogue import CATALOGUE
from features.stored import write_features
from models.scorer import LightGbmScorer
from tests.models.conftest import params


@pytest.fixture(scope="module")
def history(past, tmp_path_factory):
    folder = tmp_path_factory.mktemp("history")
    past.transfers.head(8_000).write_parquet(folder / "transfers.parquet")
    past.reports.write_parquet(folder / "reports.parquet")
    past.transfers[8_000:8_600].write_parquet(folder / "new.parquet")
    return folder


def shelved(bundle, folder):
    bundle.write(folder)
    return folder


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def scored(history, shelf, out):
    ran = run("score", history / "new.parquet", "--history", history, "--shelf", shelf, "--out", out)
    assert ran.exit_code == 0, ran.output
    return pl.read_csv(out) if out.suffix == ".csv" else pl.read_parquet(out)


def test_scores_and_actions_of_a_file_are_those_of_scorer_and_policy(past, bundle, history, tmp_path):
    middle = float(np.median(LightGbmScorer(bundle).score(past.vectors[8_000:8_600])))
    bundle = replace(bundle, policy=replace(bundle.policy, hold_at=middle, block_at=4 * middle))
    shelf = shelved(bundle, tmp_path / "shelf")
    table = scored(history, shelf, tmp_path / "scores.parquet")
    expected = LightGbmScorer(bundle).score(past.vectors[8_000:8_600])
    assert table.select(TRANSFER_KEY).equals(past.transfers[8_000:8_600].select(TRANSFER_KEY))
    assert table["score"].to_list() == expected.tolist()
    assert table["action"].to_list() == [bundle.policy.decide(each)[0].value for each in expected]
    assert set(table["action"]) == {"allow", "hold", "block"}
    assert scored(history, shelf, tmp_path / "scores.csv").height == 600
    assert {each.name for each in tmp_path.iterdir()} == {"shelf", "scores.parquet", "scores.csv"}


def test_no_score_is_held_and_neither_blocked_nor_called_a_number(bundle, history, tmp_path):
    broken = re.sub(r"(leaf_value=)\S+", r"\1nan", re.sub(r"tree_sizes=.*\n", "", bundle.trees))
    shelf = shelved(replace(bundle, trees=broken), tmp_path / "shelf")
    table = scored(history, shelf, tmp_path / "scores.parquet")
    blind = table.filter(pl.col("score").is_null())
    assert not blind.is_empty()
    assert set(blind["action"]) == {"hold"}
    assert not table["score"].is_nan().any()


def test_a_file_to_score_that_lacks_a_column_is_refused_by_its_name(bundle, history, tmp_path):
    shelf = shelved(bundle, tmp_path / "shelf")
    lacking = tmp_path / "lacking.parquet"
    pl.read_parquet(history / "new.parquet").drop("base_minor", "payee").write_parquet(lacking)
    text = tmp_path / "text.parquet"
    text.write_text("transfer_id,payer\n1,2\n")
    for file, problem in ((lacking, "lacks the columns payee, base_minor"), (text, "is no parquet file")):
        ran = run("score", file, "--shelf", shelf, "--out", tmp_path / "out.csv")
        assert ran.exit_code != 0
        assert problem in str(ran.exception)


@pytest.fixture(scope="module")
def whole(past, bundle, tmp_path_factory):
    """A folder as the simulator leaves it, its features, and a shelf."""
    folder = tmp_path_factory.mktemp("whole")
    write_features(past.features.lazy(), CATALOGUE, folder / "features.parquet")
    for name in ("transfers", "reports", "truth", "people"):
        getattr(past, name).write_parquet(folder / f"{name}.parquet")
    (folder / "world.json").write_text('{"simulated": true}')
    (folder / "params.yaml").write_text(yaml.safe_dump(params().model_dump()))
    shelved(bundle, folder / "shelf")
    return folder


def evaluated(whole, *more):
    words = ("--history", whole, "--features", whole / "features.parquet", "--shelf", whole / "shelf")
    return run("evaluate", *words, "--params", whole / "params.yaml", "--no-recompute", *more)


def test_an_evaluation_is_printed_or_written_as_one_page_and_the_same_numbers(past, bundle, whole, tmp_path):
    ran = evaluated(whole, "--out", tmp_path / "report", "--capacity", 20)
    assert ran.exit_code == 0, ran.output
    assert {each.name for each in (tmp_path / "report").iterdir()} == {"report.html", "evaluation.json"}
    told = json.loads((tmp_path / "report" / "evaluation.json").read_bytes())
    assert told["about"]["since"].startswith(past.at(past.parts.test[0]).isoformat()[:19]), "from where training ended"
    assert told["about"]["model"] == bundle.version
    assert told["about"]["capacity"] == 20
    assert told["about"]["simulated"]
    assert told["truth"]["frauds"] > told["about"]["frauds"]
    assert {each["name"] for each in told["by_segment"]["city"]} > {"Almaty", "Astana"}
    assert "Simulated data" in (tmp_path / "report" / "report.html").read_text()
    assert "proves nothing about real transfers" in ran.output.replace("\n", " ")
    printed = evaluated(whole, "--capacity", 20)
    assert printed.exit_code == 0, printed.output
    assert json.loads(printed.stdout) == told


def test_features_of_another_history_are_refused(past, whole, tmp_path):
    write_features(past.features.head(9).lazy(), CATALOGUE, tmp_path / "few.parquet")
    ran = evaluated(whole, "--features", tmp_path / "few.parquet")
    assert ran.exit_code != 0
    assert "features: are not of the transfers of this history" in str(ran.exception)
