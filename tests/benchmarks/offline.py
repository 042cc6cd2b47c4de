"""Features of a whole table, against the handbook's pandas code on the same rows; a backtest of everything."""

import time
from datetime import timedelta
from statistics import median

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

_ROUNDS = 3
_COMPARED = 100_000  # transfers that pandas is asked about beside a backtest
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
    """Compute the same twelve window features by both in turns, then our whole catalogue once, on the same rows."""
    rows, transfers, reports, fraud = _rows(bench)
    payments = payments_of(transfers, fraud)
    offline_features(transfers.head(1), reports.head(1), the_same_twelve())  # loads what is compiled
    ours, theirs = [], []
    for _ in range(_ROUNDS):
        ours.append(_took(lambda: offline_features(transfers, reports, the_same_twelve())))
        theirs.append(_took(lambda: handbook_features(payments)))
    whole = _took(lambda: offline_features(transfers, reports, CATALOGUE))
    return [
        Figure(
            "offline window features, of pandas",
            median(theirs) / median(ours),
            "x",
            20,
            "higher",
            f"{transfers.height:,} rows {rows}: the handbook's twelve features in pandas {median(theirs):.1f} s, "
            f"the same twelve here {median(ours):.2f} s, all {len(CATALOGUE)} here {whole:.1f} s",
        )
    ]


def _took(work):
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


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
    compared = min(transfers.height, _COMPARED)
    some = transfers.head(compared)
    payments = payments_of(some, frauds(some))
    pandas_s = _took(lambda: handbook_features(payments))
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
            f"scores {scored - computed:.1f} s, rules, policy and figures {ended - scored:.1f} s; the handbook's "
            f"pandas code computes twelve window features alone of {compared / pandas_s:,.0f} transfers/s",
        )
    ]
