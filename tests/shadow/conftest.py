"""A log of a month with the vectors that were served, and a shelf whose lineup changed meanwhile."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from antifraud.domain.report import Report, ReportSource
from antifraud.domain.rule import RuleBook, RuleState
from antifraud.store import open_store
from features.catalogue import CATALOGUE
from features.rules import write_rules
from features.schema import fingerprint
from models.deciding import lineup_desk
from models.lineup import Choice
from models.scorer import LightGbmScorer
from models.shelf import put_rules
from tests.api import making
from tests.backtest.conftest import rule
from tests.stores.plain import START, plain_decision

BOOK = RuleBook(
    (
        rule("large", "amount_minor >= 40000000"),
        rule("wide", "payee_distinct_payers_1d >= 4", state=RuleState.SHADOW),
        rule("later", "amount_minor > 1", state=RuleState.DRAFT),
    )
)
COUNT = 3_000
STEP = timedelta(minutes=15)
NOW = START + COUNT * STEP + timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Where it is, and who may decide and listen there."""

    folder: Path
    champion: str
    challenger: LightGbmScorer
    vectors: np.ndarray

    @property
    def url(self):
        return f"sqlite:///{self.folder}/engine.db"

    @property
    def shelf(self):
        return self.folder / "shelf"

    def challenge(self, at):
        desk = lineup_desk(self.shelf, CATALOGUE)
        desk.challenge(self.challenger.version, by="Fictional Analyst", why="a test", at=at)

    def dismiss(self, at):
        desk = lineup_desk(self.shelf, CATALOGUE)
        desk.dismiss(self.challenger.version, by="Fictional Analyst", why="a test", at=at)


def moment(number):
    return START + number * STEP


@pytest.fixture
def ground(tmp_path):
    champion, other = making.bundle(seed=0), making.bundle(seed=1)
    for each in (champion, other):
        each.write(tmp_path / "shelf")
    write_rules(BOOK, tmp_path / "rules.yaml")
    making.decide_with(
        tmp_path / "shelf",
        Choice(champion=champion.version, rules=put_rules(tmp_path / "shelf", tmp_path / "rules.yaml", CATALOGUE)),
    )
    draw = np.random.default_rng(3)
    vectors = draw.lognormal(2, 2, (COUNT, len(CATALOGUE)))
    vectors[draw.random(vectors.shape) < 0.2] = np.nan
    scores = LightGbmScorer(champion).score(vectors)
    rows = []
    for number, (vector, score) in enumerate(zip(vectors, scores.tolist(), strict=True)):
        plain = plain_decision(number, received_at=moment(number))
        decision = replace(
            plain.decision, score=score, model_version=champion.version, catalogue_version=fingerprint(CATALOGUE)
        )
        rows.append(replace(plain, vector=vector if number % 50 else np.empty(0), decision=decision))

    async def fill(log):
        await log.record(rows)
        for number in np.flatnonzero(scores > 0.5).tolist()[::2]:
            known_at = moment(number) + timedelta(days=1)
            report = Report(
                participant="bank-1",
                transfer_id=f"t{number}",
                fraud=True,
                source=ReportSource.CLIENT_COMPLAINT,
                known_at=known_at,
            )
            await log.record_report(report)

    with open_store(f"sqlite:///{tmp_path}/engine.db") as store:
        asyncio.run(fill(store.log))
    return Ground(folder=tmp_path, champion=champion.version, challenger=LightGbmScorer(other), vectors=vectors)
