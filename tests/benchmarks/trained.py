"""A model to measure with: as many trees as a real one, grown as real ones are, on made-up transfers."""

from datetime import UTC, datetime

import numpy as np

from antifraud.domain.policy import Policy
from features.catalogue import CATALOGUE
from features.offline import offline_features
from features.rules import STARTER_RULES
from features.schema import fingerprint, names
from models.bundle import Bundle
from models.calibration import Calibrator
from models.dataset import vectors_of
from models.deciding import lineup_desk, load_deciding
from models.lineup import Choice, lineup_of
from models.scorer import usual_values
from models.search import Settings, grow
from models.shelf import bundle_of, put_rules
from tests.benchmarks.streams import frauds, reports_of, stream

MADE_AT = datetime(2026, 1, 1, tzinfo=UTC)


def put_model(bench):
    """Train and put on the shelf."""
    sizes, shelf = bench.sizes, bench.shelf
    transfers = stream(sizes.learnt_rows, sizes.learnt_rows // 10)
    fraud = frauds(transfers)
    table = offline_features(transfers, reports_of(transfers, fraud), CATALOGUE)
    vectors = vectors_of(table)
    booster = grow(vectors, fraud, Settings(keep=None), 1, trees=sizes.trees)
    raw = np.asarray(booster.predict(vectors, raw_score=True))
    between = (np.median(raw[fraud]) + np.median(raw)) / 2  # those with the signs on one side, all others on the other
    made = Bundle(
        fingerprint=fingerprint(CATALOGUE),
        features=names(CATALOGUE),
        trees=booster.model_to_string(),
        calibrator=Calibrator(1.0, -float(between)),
        policy=Policy(version="bench", hold_at=0.5, block_at=0.999),
        usual=usual_values(CATALOGUE, vectors),
        about={"label": "made up for measuring"},
    )
    made.write(shelf)
    choice = Choice(champion=made.version, rules=put_rules(shelf, STARTER_RULES, CATALOGUE))
    lineup_desk(shelf, CATALOGUE).begin(choice, by="benchmark", why="made for measuring", at=MADE_AT)


def model_on(shelf):
    """Return the bundle, its scorer and the starter rules."""
    lineup = lineup_of(shelf)
    deciding = load_deciding(shelf, lineup, CATALOGUE)
    return bundle_of(shelf, lineup.choice.champion, CATALOGUE), deciding.scorer, deciding.rules
