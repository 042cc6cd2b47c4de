"""The registry: every training a run, every bundle a version, labels that follow the lineup, and nothing pickled."""

import json
import subprocess
import sys
import warnings
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from antifraud.domain.errors import NotFound, Unavailable
from api.cli import app
from features.catalogue import CATALOGUE
from models.bundle import read_bundle
from models.deciding import lineup_desk
from models.lineup import Choice, lineup_of, state_of
from models.plots import plots_of
from models.registry import Registry, code_revision
from models.scorer import LightGbmScorer

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANA, BEK = "Ana Fictional", "Bek Fictional"


@pytest.fixture(scope="session")
def uri(tmp_path_factory):
    return f"sqlite:///{tmp_path_factory.mktemp('registry')}/mlflow.db"


@pytest.fixture(scope="session")
def registry(uri):
    return Registry(uri)


@pytest.fixture(scope="session")
def second(bundle):
    """The same model with other thresholds, judged on other transfers."""
    policy = replace(bundle.policy, version="second", hold_at=bundle.policy.hold_at / 2)
    return replace(bundle, policy=policy, about={**bundle.about, "judged_on": "f" * 64})


@pytest.fixture(scope="session")
def registered(registry, trained, second):
    registry.record(trained.bundle, plots_of(trained.tested), NOON)
    registry.record(second, {}, NOON)
    return registry.find(trained.bundle.version)


def test_a_training_is_recorded_with_all_it_takes_to_do_it_again(registry, registered, trained):
    test = trained.judgement
    assert registered.metrics["average_precision"] == pytest.approx(test.average_precision)
    assert registered.metrics["stopped_minor"] == test.stopped_minor
    about = trained.bundle.about
    assert registered.tags["data"] == about["data"]
    assert registered.tags["judged_on"] == about["judged_on"]
    assert registered.tags["catalogue"] == trained.bundle.fingerprint
    assert registered.tags["code"] == code_revision() != "unknown"
    assert [each.bundle for each in registry.versions()][-1] == registered.bundle


def test_the_same_bundle_again_is_one_version(registry, registered, trained):
    assert registry.record(trained.bundle, {}, NOON).number == registered.number
    assert [each.bundle for each in registry.versions()].count(registered.bundle) == 1


def test_what_is_exported_is_what_was_trained_to_the_last_byte(registry, registered, trained, tmp_path):
    made, exported = trained.bundle.write(tmp_path / "made"), registry.export(registered.bundle, tmp_path / "shelf")
    for file in made.iterdir():
        assert (exported / file.name).read_bytes() == file.read_bytes()
    with pytest.raises(NotFound, match="is not registered"):
        registry.export("0" * 12, tmp_path / "shelf")


def test_nothing_is_pickled_and_any_mlflow_can_score_with_it(registered, trained, past, uri):
    folder = Path(uri.removeprefix("sqlite:///")).parent
    kept = {file.suffix for file in folder.rglob("*") if file.is_file() and file.name != "mlflow.db"}
    assert kept <= {"", ".json", ".txt", ".yaml", ".svg"}, kept
    assert {file.name for file in folder.rglob("*.svg")} == set(plots_of(trained.tested))
    import mlflow.pyfunc

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = mlflow.pyfunc.load_model(f"models:/antifraud/{registered.number}")
    table = past.features.head(50).drop("participant", "transfer_id").to_pandas()
    chances = model.predict(table)["chance_of_fraud"].to_numpy()
    assert np.array_equal(chances, LightGbmScorer(trained.bundle).score(past.vectors[:50]))
    assert list(model.metadata.signature.inputs.input_names()) == list(trained.bundle.features)
    assert model.input_example.shape == (1, len(CATALOGUE))


def test_labels_follow_the_lineup_and_say_who_chose_it_when_and_why(registry, registered, second, tmp_path):
    registry.export(registered.bundle, tmp_path)
    registry.export(second.version, tmp_path)
    desk = lineup_desk(tmp_path, CATALOGUE)

    def promote(version):
        number = desk.propose(Choice(champion=version), by=ANA, why="it caught more", at=NOON).number
        desk.approve(number, by=BEK, at=NOON)
        registry.follow(lineup_of(tmp_path), state_of(tmp_path).entries)

    promote(registered.bundle)
    assert registry.find(registered.bundle).aliases == ("champion",)
    promote(second.version)
    found = registry.find(second.version)
    assert found.aliases == ("champion",)
    assert registry.find(registered.bundle).aliases == ("challenger",)
    said = {name: found.tags[name] for name in ("proposed_by", "approved_by", "approved_at", "why", "lineup")}
    assert said == {
        "proposed_by": ANA,
        "approved_by": BEK,
        "approved_at": NOON.isoformat(),
        "why": "it caught more",
        "lineup": "4",
    }
    desk.roll_back(2, by=ANA, why="worse", at=NOON)
    registry.follow(lineup_of(tmp_path), state_of(tmp_path).entries)
    assert registry.find(registered.bundle).aliases == ("champion",)
    assert registry.find(second.version).aliases == ()


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_comparing_says_what_differs_and_warns_where_figures_cannot_be_compared(
    registry, registered, second, uri, tmp_path, monkeypatch
):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.setenv("COLUMNS", "200")
    ran = run("models", "compare", registered.bundle[:8], second.version[:8], "--shelf", tmp_path)
    assert ran.exit_code == 0, ran.output
    assert "judged on different transfers" in ran.output
    assert "hold from" in ran.output
    assert {each.name for each in tmp_path.iterdir()} == {registered.bundle, second.version}
    same = run("models", "compare", registered.bundle, registered.bundle, "--shelf", tmp_path)
    assert "careful" not in same.output
    listed = run("models", "list", "--shelf", tmp_path)
    assert registered.bundle in listed.output
    assert "nothing decides on this shelf yet" in listed.output


def test_without_a_registry_training_still_makes_its_bundle_and_says_so(past, tmp_path, monkeypatch):
    past.transfers.write_parquet(tmp_path / "transfers.parquet")
    past.reports.write_parquet(tmp_path / "reports.parquet")
    from features.stored import write_features
    from tests.models.conftest import params

    write_features(past.features.lazy(), CATALOGUE, tmp_path / "features.parquet")
    (tmp_path / "params.yaml").write_text(json.dumps(params().model_dump()))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    given = ("--history", tmp_path, "--features", tmp_path / "features.parquet", "--params", tmp_path / "params.yaml")
    ran = run("train", *given, "--shelf", tmp_path / "shelf", "--serve")
    assert ran.exit_code == 0, ran.output
    assert "not recorded: the registry at http://127.0.0.1:1 does not answer" in ran.output
    (folder,) = (path.parent for path in (tmp_path / "shelf").glob("*/manifest.json"))
    assert lineup_of(tmp_path / "shelf").choice.champion == read_bundle(folder, CATALOGUE).version
    (began,) = state_of(tmp_path / "shelf").entries
    assert (began.what, began.by, began.why) == (
        "began",
        "antifraud train",
        "the first lineup of this shelf, approved by nobody",
    )
    listed = run("models", "list", "--shelf", tmp_path / "shelf")
    assert "only what is on the shelf" in listed.output


def test_a_registry_that_is_no_database_says_so_in_one_line(tmp_path):
    (tmp_path / "mlflow.db").write_text(
        "this is no database, and longer than a page header of one would have to be" * 9
    )
    with pytest.raises(Unavailable, match="does not answer"):
        Registry(f"sqlite:///{tmp_path}/mlflow.db").versions()


def test_what_serves_and_every_command_start_without_the_tracker():
    asked = (
        "import sys, importlib, api.wiring; from api.cli import Commands; "
        "[importlib.import_module('api.commands.' + place.split('.')[0]) for place in Commands.places.values()]; "
        "print([name for name in ('mlflow', 'dvc', 'altair') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout == "[]\n"
