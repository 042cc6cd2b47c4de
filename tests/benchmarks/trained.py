"""A model to measure with: as many trees as a real one, grown as real ones are, on made-up transfers."""

import numpy as np

from antifraud.domain.policy import Policy
from features.catalogue import CATALOGUE
from features.offline import offline_features
from features.rules import STARTER_RULES, CompiledRules, read_rules
from features.schema import fingerprint, names
from models.bundle import Bundle, choose, current, read_bundle
from models.calibration import Calibrator
from models.dataset import vectors_of
from models.scorer import LightGbmScorer, usual_values
from models.search import Settings, grow
from tests.benchmarks.streams import frauds, reports_of, stream


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
    choose(shelf, made.version)


def model_on(shelf):
    """Return the bundle, its scorer and the starter rules."""
    bundle = read_bundle(shelf / current(shelf), CATALOGUE)
    features = names(CATALOGUE)
    return bundle, LightGbmScorer(bundle), CompiledRules(read_rules(STARTER_RULES, features).active, features)
