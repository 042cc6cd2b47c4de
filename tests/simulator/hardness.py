"""How hard a simulated country is: `python -m tests.simulator.hardness OUT` prints the tables of docs/simulator.md.

Trains on what was reported by the day of the split, tests on the truth of the days after it.
"""

import sys
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import lightgbm
import numpy as np
import polars as pl
from sklearn.metrics import average_precision_score

from antifraud.simulator import load_config, simulate
from features.catalogue import CATALOGUE
from features.offline import offline_features

DAYS, SPLIT, GAP = 60, 40, 3
FEATURES = [feature.name for feature in CATALOGUE]


@dataclass(frozen=True)
class Seen:
    day: np.ndarray
    vectors: np.ndarray
    fraud: np.ndarray
    reported: np.ndarray  # by the day of the split
    scheme: np.ndarray


def world(accounts: int, seed: int, overrides: dict[str, object]) -> Seen:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        simulate(load_config(overrides=overrides), accounts, DAYS, seed, out)
        transfers, truth = pl.read_parquet(out / "transfers.parquet"), pl.read_parquet(out / "truth.parquet")
        reports = pl.read_parquet(out / "reports.parquet")
    start = transfers["received_at"][0].replace(hour=0)
    day = ((transfers["received_at"] - start).dt.total_hours() // 24).to_numpy()
    known = reports.filter(pl.col("known_at") < start + timedelta(days=SPLIT)).sort("known_at")
    last_word = known.group_by("transfer_id", maintain_order=True).last().filter("fraud")["transfer_id"]
    vectors = offline_features(transfers, reports, CATALOGUE).select(FEATURES).cast(pl.Float32).to_numpy()
    return Seen(
        day=day,
        vectors=vectors,
        fraud=truth["is_fraud"].to_numpy(),
        reported=transfers["transfer_id"].is_in(last_word.implode()).to_numpy(),
        scheme=truth["scheme"].to_numpy(),
    )


def train(seen: Seen, labels: np.ndarray, first: int = 5, last: int = SPLIT - GAP) -> lightgbm.Booster:
    rows = (seen.day >= first) & (seen.day < last)
    keep = rows & (labels | (np.random.default_rng(0).random(len(rows)) < 0.25))  # a quarter of the honest will do
    params = {"objective": "binary", "learning_rate": 0.05, "num_leaves": 31, "min_data_in_leaf": 60, "seed": 0,
              "feature_fraction": 0.6, "bagging_fraction": 0.7, "bagging_freq": 1, "num_threads": 1, "verbose": -1,
              "lambda_l2": 5.0}  # fmt: skip
    return lightgbm.train(params, lightgbm.Dataset(seen.vectors[keep], labels[keep]), 250)


def precision(model: lightgbm.Booster, seen: Seen, rows: np.ndarray) -> float:
    return float(average_precision_score(seen.fraud[rows], model.predict(seen.vectors[rows])))


def single(seen: Seen, rows: np.ndarray) -> list[tuple[float, str]]:
    found = []
    for place, name in enumerate(FEATURES):
        column = seen.vectors[rows, place].astype(np.float64)
        for sign in (1, -1):
            ranked = np.where(np.isnan(column), -np.inf, sign * column)
            ranked = np.where(np.isneginf(ranked), np.nanmin(ranked[~np.isneginf(ranked)], initial=0) - 1, ranked)
            found.append((float(average_precision_score(seen.fraud[rows], ranked)), f"{'+-'[sign < 0]}{name}"))
    return sorted(found, reverse=True)


def caught(model, seen: Seen, rows: np.ndarray, alerts: float = 0.005) -> list[tuple[str, int, float]]:
    score = model.predict(seen.vectors[rows])
    threshold = np.quantile(score, 1 - alerts)
    fraud, scheme = seen.fraud[rows], seen.scheme[rows]
    kinds = sorted(set(scheme[fraud].tolist()))
    return [
        (kind, int((fraud & (scheme == kind)).sum()), float((score[fraud & (scheme == kind)] >= threshold).mean()))
        for kind in kinds
    ]


def main(accounts: int) -> None:
    say = sys.stdout.write
    one = world(accounts, 1, {})
    test = one.day >= SPLIT
    model = train(one, one.reported)
    full = precision(model, one, test)
    knowing = train(one, one.fraud)
    say(f"full model, trained on reports: {full:.3f}; on the truth: {precision(knowing, one, test):.3f}\n")
    say(f"share of fraud: {one.fraud[test].mean():.5f}\n")
    for value, name in single(one, test)[:12]:
        say(f"  {value:.3f} {value / full:.2f} {name}\n")
    for kind, count, share in caught(model, one, test):
        say(f"  caught at 0.5 % alerts: {kind} {count} {share:.2f}\n")
    if "--quick" in sys.argv:
        return
    two = world(accounts, 2, {})
    say(f"another seed: own model {precision(train(two, two.reported), two, two.day >= SPLIT):.3f}, ")
    say(f"model of seed 1 {precision(model, two, two.day >= SPLIT):.3f}\n")
    shares = {"mistaken_transfer": 0.4, "scam_call": 0.05, "stolen_identity": 0.02}
    shift = {"from_day": SPLIT, "shares": shares, "evasion": 0.9}
    drifted = world(accounts, 1, {"fraud": {"drift": [shift]}})
    after = drifted.day >= SPLIT
    before = train(drifted, drifted.reported)
    say(f"after drift: model from before {precision(before, drifted, after):.3f}\n")
    for kind, count, share in caught(before, drifted, after):
        say(f"  caught at 0.5 % alerts: {kind} {count} {share:.2f}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
