"""A shelf with a small model, and participants with keys: what a server needs to start."""

from datetime import UTC, datetime
from pathlib import Path

import lightgbm
import numpy as np

from antifraud.domain.center.people import ParticipantKind
from antifraud.domain.policy import Policy
from antifraud.store import open_store
from features.catalogue import CATALOGUE
from features.rules import STARTER_RULES
from features.schema import fingerprint, names
from models.bundle import Bundle
from models.calibration import Calibrator
from models.deciding import lineup_desk
from models.lineup import Choice, LineupDesk
from models.shelf import put_rules

ALL_SCOPES = ("decisions:write", "decisions:read", "reports:write")
MADE_AT = datetime(2026, 1, 1, tzinfo=UTC)


def bundle(trees=20, seed=0, hold_at=0.6, block_at=0.9):
    """Return a model that fears large amounts and busy payees, learnt from made-up vectors."""
    draw = np.random.default_rng(seed)
    features = names(CATALOGUE)
    vectors = draw.lognormal(2, 2, (4_000, len(features)))
    vectors[draw.random(vectors.shape) < 0.2] = np.nan
    amount, payers = (
        np.nan_to_num(vectors[:, features.index(name)]) for name in ("amount_minor", "payee_distinct_payers_1d")
    )
    fraud = amount * (1 + payers) + draw.lognormal(2, 2, len(vectors)) > 2_000
    options = {"objective": "binary", "num_leaves": 31, "verbosity": -1, "seed": seed, "num_threads": 1}
    booster = lightgbm.train(options, lightgbm.Dataset(vectors, fraud), trees)
    return Bundle(
        fingerprint=fingerprint(CATALOGUE),
        features=features,
        trees=booster.model_to_string(),
        calibrator=Calibrator(1.0, 0.0),
        policy=Policy(version=f"made-{seed}", hold_at=hold_at, block_at=block_at),
        usual=dict.fromkeys(features, 1.0),
        about={"label": "made up for tests"},
    )


def put_on(shelf: Path, made: Bundle, fits=None, rules=STARTER_RULES) -> str:
    """Put a bundle on a shelf and let it decide, with a file of rules; return its version."""
    made.write(shelf)
    book = None if rules is None else put_rules(shelf, rules, CATALOGUE)
    decide_with(shelf, Choice(champion=made.version, rules=book), fits)
    return made.version


def decide_with(shelf: Path, choice: Choice, fits=None):
    """Let two fictional people choose what decides; by default only what this engine can serve."""
    desk = lineup_desk(shelf, CATALOGUE) if fits is None else LineupDesk(shelf, fits)
    proposal = desk.propose(choice, by="Fictional Analyst", why="a test", at=MADE_AT)
    return desk.approve(proposal.number, by="Fictional Lead", at=MADE_AT)


def register(
    database_url, participant="fictional-bank", scopes=ALL_SCOPES, kind=ParticipantKind.BANK, role=None, **more
):
    """Register a participant, if it is not yet, and return the token of a new key."""
    with open_store(database_url, recording=False) as store:
        if participant not in {each.participant for each in store.keys.participants()}:
            store.keys.register(participant, participant, MADE_AT, kind=kind)
        return store.keys.create(participant, scopes, "test", MADE_AT, role=role, **more).token


def body(number=1, **fields):
    """Return a transfer as a participant would send it."""
    return {
        "transfer_id": f"t{number}",
        "payer": "KZ86125KZT5004100100",
        "payee": "wallet:7f3a",
        "amount_minor": 1_500_000,
        "currency": "KZT",
        "channel": "app",
        "occurred_at": "2026-03-01T12:00:00Z",
    } | fields
