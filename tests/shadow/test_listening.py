"""Challengers and shadow rules say about the past what they would have said then, and decide nothing."""

import asyncio
import shutil
from datetime import timedelta

import pytest
import yaml
from typer.testing import CliRunner

from antifraud.store import open_store
from antifraud.store.shadows import SqlShadows
from api.cli import app
from features.catalogue import CATALOGUE
from features.schema import names
from models.shadow.listening import Listener
from tests.api.inside import running
from tests.models.conftest import params
from tests.shadow.conftest import COUNT, NOW, STEP, moment


@pytest.fixture
def shadows(ground):
    with open_store(ground.url, recording=False) as store:
        yield SqlShadows(store.engine)


def listen(ground, shadows, now=NOW):
    listener, done = Listener(ground.shelf, shadows, CATALOGUE), 0
    while listened := listener.round(now):
        done += listened
    return done


def with_vector(numbers):
    return [number for number in numbers if number % 50]


def test_a_challenger_speaks_of_what_came_while_it_was_one_however_late_it_listens(ground, shadows):
    ground.challenge(moment(1_000))
    ground.dismiss(moment(2_500))
    assert listen(ground, shadows) == COUNT, "shadow rules listen from the first"
    said = shadows.scores(ground.challenger.version).sort("seq")
    numbers = with_vector(range(1_000, 2_500))
    assert said["seq"].to_list() == [number + 1 for number in numbers]
    assert said["score"].to_list() == ground.challenger.score(ground.vectors[numbers]).tolist()
    assert listen(ground, shadows) == 0


def test_a_shadow_rule_fires_where_its_condition_holds(ground, shadows):
    listen(ground, shadows)
    payers = ground.vectors[:, names(CATALOGUE).index("payee_distinct_payers_1d")]
    fires = [number + 1 for number in with_vector(range(COUNT)) if payers[number] >= 4]
    assert shadows.hits("wide@1").sort().to_list() == fires
    assert {watch.rules for watch in shadows.watches()} == {("wide@1",)}, "neither active rules nor drafts"


def test_it_goes_on_where_it_was_and_never_over_what_is_on_its_way(ground, shadows):
    ground.challenge(moment(0))
    first = moment(700) + timedelta(minutes=1)
    assert listen(ground, shadows, first) == 700
    assert listen(ground, shadows, first + 2 * STEP) == 2
    assert listen(ground, shadows) == COUNT - 702
    assert shadows.scores(ground.challenger.version).height == len(with_vector(range(COUNT)))


def test_a_challenger_whose_files_are_gone_holds_up_nobody(ground, shadows, caplog):
    ground.challenge(moment(0))
    shutil.rmtree(ground.shelf / ground.challenger.version)
    assert listen(ground, shadows) == COUNT
    assert shadows.scores(ground.challenger.version).is_empty()
    assert caplog.text.count("does not listen") == 1


def test_nobody_listens_where_nobody_was_named(ground, shadows):
    (ground.shelf / "lineup.jsonl").unlink()
    assert listen(ground, shadows) == 0
    assert shadows.watches() == []


def run(*words):
    ran = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    return ran.output


def test_a_month_of_live_traffic_ends_in_a_verdict(ground, monkeypatch):
    ground.challenge(moment(0))
    (ground.folder / "params.yaml").write_text(yaml.safe_dump(params().model_dump(mode="json")))
    monkeypatch.chdir(ground.folder)
    monkeypatch.setenv("ANTIFRAUD_DATABASE_URL", ground.url)
    monkeypatch.setenv("ANTIFRAUD_SHELF", str(ground.shelf))
    monkeypatch.setenv("COLUMNS", "200")
    assert run("shadow").split(" decisions listened to\n") == ["2,000", "1,000", ""]
    said = run("models", "compare", "champion", "challenger", "--live", "--shelf", ground.shelf)
    assert f"champion {ground.champion}" in said
    assert f"challenger {ground.challenger.version}" in said
    assert any(said.count(f"\n{advice}: ") for advice in ("promote", "keep", "not enough data yet"))
    told = run("rules", "live", "--shelf", ground.shelf)
    assert "wide@1 shadow" in told
    checked = run("rules", "check", ground.folder / "rules.yaml", "--shelf", ground.shelf)
    assert "1 draft, 1 shadow, 1 active, 0 retired" in checked
    tried = run(
        "rules",
        "check",
        ground.folder / "rules.yaml",
        "--shelf",
        ground.shelf,
        "--log",
        ground.url,
        "--from",
        "2026-03-01",
        "--to",
        "2026-03-20",
    )
    assert "later@1 shadow" in tried, "a draft is tried too"


def test_a_server_lets_them_listen_by_itself(ground, shadows):
    ground.challenge(moment(2_900))

    async def until_heard():
        async with running(ground.folder, shadow_every_s=0.01):
            while shadows.scores(ground.challenger.version).is_empty():
                await asyncio.sleep(0.05)

    asyncio.run(until_heard())
    assert shadows.scores(ground.challenger.version).height == len(with_vector(range(2_900, COUNT)))
