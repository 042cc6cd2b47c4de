"""What a process beside the server measures of challengers and rules, and that a page reads exactly that."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from antifraud.domain.errors import DamagedFile
from antifraud.store import open_store
from antifraud.store.shadows import SqlShadows
from features.catalogue import CATALOGUE
from models.shadow.listening import Listener
from models.shadow.rules import of_active_rules
from models.shadow.standing import measure, read_standings, write_standings
from tests.backtest.conftest import rule
from tests.shadow.conftest import NOW, moment
from tests.shadow.test_comparison import TERMS, World


def test_challengers_and_rules_are_measured_and_read_as_they_were_written(ground, tmp_path):
    ground.challenge(moment(0))
    with open_store(ground.url, recording=False) as store:
        shadows = SqlShadows(store.engine)
        listener = Listener(ground.shelf, shadows, CATALOGUE)
        while listener.round(NOW):
            pass
        found = measure(ground.shelf, shadows, store.history.reports(), CATALOGUE, replace(TERMS, by=NOW))
    (only,) = found.challengers
    assert only.challenger == ground.challenger.version
    assert only.found.champion.model == ground.champion
    assert {each.code for each in found.rules} == {"large@1", "wide@1"}, "a draft says nothing"
    wide = next(each for each in found.rules if each.code == "wide@1")
    assert wide.fires == shadows.hits("wide@1").len() > 0

    file = tmp_path / "state" / "standings.json"
    assert read_standings(file) is None, "nothing was measured yet"
    write_standings(found, file)
    assert read_standings(file) == found
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(DamagedFile, match="measured live"):
        read_standings(file)


def test_an_active_rule_is_worth_what_its_reasons_say():
    world = World(told=1.0)
    count = world.decided.height
    draw = np.random.default_rng(5)
    fires = (world.fraud & (draw.random(count) < 0.5)) | (draw.random(count) < 0.01)
    also = draw.random(count) < 0.5  # the score held it too
    reason = {"kind": "rule", "code": "large@1", "action": "hold"}
    score = {"kind": "score", "code": "score_hold", "action": "hold"}
    reasons = [[reason] * fired + [score] * too for fired, too in zip(fires.tolist(), also.tolist(), strict=True)]
    decided = world.decided.with_columns(reasons=pl.Series(reasons, dtype=world.decided.schema["reasons"]))
    (found,) = of_active_rules(decided, world.reports, [rule("large", "amount_minor > 1")], TERMS)
    known = (decided["received_at"] <= TERMS.by - TERMS.delay).to_numpy()
    told = decided["transfer_id"].is_in(world.reports["transfer_id"].implode()).to_numpy()
    assert (found.fires, found.known_fires) == (fires.sum(), (fires & known).sum())
    assert found.frauds == (fires & known & told).sum() > 0
    assert found.precision == found.frauds / found.known_fires
    assert found.only_this_fires == (fires & ~also).sum()
    assert found.missed_by_model_frauds == (fires & known & told & ~also).sum()
