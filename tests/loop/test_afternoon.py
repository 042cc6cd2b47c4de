"""From a fresh clone to a promoted model: the pipeline, two people, and a server that never stops answering."""

import itertools
import json
import os
import shutil
import subprocess
import threading
from datetime import UTC, datetime

import httpx
import pytest
import yaml
from typer.testing import CliRunner

from api.cli import app
from models.lineup import lineup_of
from tests.api import making
from tests.api.conftest import SERVE, environment, wait_until_ready
from tests.api.making import body
from tests.house.test_rules import ROOT, TRACKED
from tests.servers import free_port

SMALL = {
    "history": {"make": "simulate --accounts 800 --days 45 --seed 7 --config small.yaml"},
    "split": {"warm_up_days": 5, "delay_days": 5, "test_share": 0.25, "validation_share": 0.3},
    "train": {"search": "quick", "max_rows": 3_000},
}
BUSY = 4  # clients that ask all the time


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """The tree as it would be checked out, with a small country in its parameters."""
    folder = tmp_path_factory.mktemp("clone")
    for path in TRACKED:
        (folder / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / path.relative_to(ROOT))
    (folder / ".venv").symlink_to(ROOT / ".venv")
    params = yaml.safe_load((folder / "params.yaml").read_text())
    params["money"]["alerts_per_100k"] = 2_000
    (folder / "params.yaml").write_text(yaml.safe_dump(params | SMALL))
    (folder / "small.yaml").write_text("fraud: {base_rate: 0.02}\n")
    return folder


def dvc(clone, *words):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    ran = subprocess.run(
        [clone / ".venv/bin/dvc", *words],
        cwd=clone,
        env=clean | {"PYTHONPATH": str(clone), "DVC_SITE_CACHE_DIR": str(clone / ".site"), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=1_200,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def trained(clone):
    """The version of the bundle that the pipeline made."""
    said = dvc(clone, "repro")
    assert "Running stage 'history'" in said
    assert "<html" in (clone / "var/report/report.html").read_text()[:200]
    (folder,) = (clone / "var/trained").iterdir()
    return folder.name


def test_the_pipeline_runs_again_only_what_changed(clone, trained):
    again = dvc(clone, "repro")
    assert "Running stage" not in again
    assert "up to date" in again
    params = (clone / "params.yaml").read_text()
    (clone / "params.yaml").write_text(params.replace("max_rows: 3000", "max_rows: 2000"))
    changed = json.loads(dvc(clone, "status", "--json"))
    assert set(changed) == {"train"}, "features do not depend on how a model is trained"
    (clone / "params.yaml").write_text(params)
    assert json.loads(dvc(clone, "status", "--json")) == {}


def run(*words):
    ran = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    return ran.output


def test_what_two_people_promoted_answers_and_no_request_fails_meanwhile(clone, trained, monkeypatch):
    monkeypatch.chdir(clone)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    shelf = clone / "var/bundles"
    before = making.put_on(shelf, making.bundle())
    key, port = making.register(f"sqlite:///{clone}/engine.db"), free_port()
    settings = environment(clone, port, ANTIFRAUD_SHELF=str(shelf), ANTIFRAUD_SHELF_POLL_S="0.05")
    answers, numbers, enough = [], itertools.count(), threading.Event()
    with (
        subprocess.Popen(SERVE, env=settings, cwd=ROOT, stderr=subprocess.DEVNULL) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"X-Api-Key": key}, timeout=30) as client,
    ):
        wait_until_ready(process, client)

        def keep_asking():
            while not enough.is_set():
                now = datetime.now(UTC).isoformat()
                answer = client.post("/v1/decisions", json=body(f"l{next(numbers)}", occurred_at=now))
                answers.append((answer.status_code, answer.json()["model_version"]))

        def until_it_answers(version):
            while answers[-1:] != [(201, version)]:
                assert all(status == 201 for status, _ in answers)
                threads[0].join(0.01)

        threads = [threading.Thread(target=keep_asking) for _ in range(BUSY)]
        try:
            for thread in threads:
                thread.start()
            until_it_answers(before)
            run(
                "models",
                "promote",
                trained[:6],
                "--by",
                "Ana Fictional",
                "--why",
                "the new one",
                "--shelf",
                "var/bundles",
            )
            assert lineup_of(shelf).choice.champion == before
            run("models", "approve", "--by", "Bek Fictional")
            until_it_answers(trained)
            run("models", "rollback", "--by", "Ana Fictional", "--why", "to see it done")
            until_it_answers(before)
        finally:
            enough.set()
            for thread in threads:
                thread.join()
        process.terminate()
        assert process.wait(30) == 0
    assert {status for status, _ in answers} == {201}
    assert {version for _, version in answers} == {before, trained}
