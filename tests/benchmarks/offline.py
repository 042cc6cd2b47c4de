"""Features of a whole table, against the handbook's pandas code on the same rows; a backtest of everything."""

import time
from datetime import timedelta

import numpy as np
import polars as pl

from antifraud.intake import read
from features.catalogue import CATALOGUE
from features.offline import offline_features
from features.rules import STARTER_RULES, read_rules
from features.schema import names
from features.spec import DAY, Feature, Measure, ratio
from models.backtest.past import Period, of_history
from models.backtest.run import Desk, Tried
from models.backtest.run import backtest as run_backtest
from models.protocol import DataSet
from models.thresholds import Costs
from tests.benchmarks.figures import Figure
from tests.benchmarks.handbook_pandas import DELAY, WINDOWS, handbook_features
from tests.benchmarks.streams import frauds, reports_of, stream
from tests.benchmarks.trained import model_on

_WHY = "as the handbook has it"
_COSTS = Costs(
    review_cost_minor=150_000,
    honest_hold_cost_minor=300_000,
    honest_block_cost_minor=3_000_000,
    held_fraud_stopped_share=0.9,
    alerts_per_100k=300,
)


def the_same_twelve():
    """Return the handbook's window features in our words: what was paid before, never the payment itself."""
    features = []
    for days in WINDOWS:
        payer, payee = ("payer",), ("payee",)
        span, whole = timedelta(days=days), timedelta(days=days + DELAY)
        features += [
            Feature(f"customer_count_{days}d", Measure.COUNT, _WHY, payer, payer, span),
            Feature(f"customer_mean_{days}d", Measure.MEAN, _WHY, payer, payer, span),
            Feature(f"terminal_count_{days}d", Measure.COUNT, _WHY, payee, payee, whole, older_than=DELAY * DAY),
            Feature(f"terminal_frauds_{days}d", Measure.REPORTS, _WHY, payee, payee, span),
            ratio(f"terminal_share_{days}d", f"terminal_frauds_{days}d", f"terminal_count_{days}d", why=_WHY),
        ]
    return features


def payments_of(transfers, fraud):
    """Return transfers as the pandas code takes them."""
    return transfers.select(
        moment="received_at",
        customer=pl.col("payer").cast(pl.Categorical).to_physical(),
        terminal=pl.col("payee").cast(pl.Categorical).to_physical(),
        amount=pl.col("base_minor") / 100,
        fraud=pl.Series(fraud.astype(np.float64)),
    ).to_pandas(use_pyarrow_extension_array=False)


def against_pandas(bench):
    """Compute the same twelve window features by both, and our whole catalogue, on the same rows, each once."""
    rows, transfers, reports, fraud = _rows(bench)
    took = {}
    for what, catalogue in (("same", the_same_twelve()), ("whole", CATALOGUE)):
        began = time.perf_counter()
        offline_features(transfers, reports, catalogue)
        took[what] = time.perf_counter() - began
    payments = payments_of(transfers, fraud)
    began = time.perf_counter()
    handbook_features(payments)
    pandas = time.perf_counter() - began
    return [
        Figure(
            "offline window features, of pandas",
            pandas / took["same"],
            "x",
            20,
            "higher",
            f"{transfers.height:,} rows {rows}: the handbook's twelve features in pandas {pandas:.1f} s, "
            f"the same twelve here {took['same']:.2f} s, all {len(CATALOGUE)} here {took['whole']:.1f} s",
        )
    ]


def _rows(bench):
    """Return the handbook's rows, or made-up ones of the same shape."""
    if bench.handbook is not None:
        intake = read(bench.handbook, DataSet.load(bench.protocol("handbook")).mapping)
        return "of the handbook", intake.transfers, intake.reports, intake.truth["fraud"].to_numpy()
    transfers = stream(bench.sizes.windowed, max(bench.sizes.windowed // 350, 10), over=183 * 86_400_000_000)
    fraud = frauds(transfers)
    return "made up in the handbook's shape", transfers, reports_of(transfers, fraud), fraud


def backtest(bench):
    """Decide past transfers again by model, rules and policy, each as of its own moment, and judge what came of it."""
    _, scorer, _ = model_on(bench.shelf)
    transfers = stream(bench.sizes.backtested, bench.sizes.backtested // 10)
    reports = reports_of(transfers, frauds(transfers))
    tried = Tried(scorer=scorer, policy=scorer.policy, book=read_rules(STARTER_RULES, names(CATALOGUE)))
    period = Period(since=None, until=None, delay=timedelta(days=DELAY))
    marks = [time.perf_counter()]
    pieces = list(of_history(transfers, reports, period, lambda what, done, of: None))
    marks.append(time.perf_counter())
    run_backtest(pieces, tried, Desk(costs=_COSTS), lambda *_: marks.append(time.perf_counter()))
    marks.append(time.perf_counter())
    began, computed, scored, ended = (*marks[:2], *marks[-2:])
    return [
        Figure(
            "backtest of model, rules and policy",
            ended - began,
            "s",
            120,
            "lower",
            f"{transfers.height:,} transfers: {len(CATALOGUE)} features {computed - began:.1f} s, "
            f"scores {scored - computed:.1f} s, rules, policy and figures {ended - scored:.1f} s",
        )
    ]
