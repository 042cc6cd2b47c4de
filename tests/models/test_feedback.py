"""What the engine's own actions hide: bounds that hold whatever was hidden, and draws that speak for the held."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antifraud.domain.policy import lot_of
from models.evaluation.columns import columns_of, numbered
from models.evaluation.feedback import feedback_of
from models.evaluation.intervals import Blocks
from models.evaluation.ranking import WeightedRanking
from models.evaluation.rows import ROWS
from models.thresholds import Costs
from tests.models.conftest import params

COSTS = params().costs()
ACTIONS = ["allow", "hold", "block"]


def table(**columns):
    """Return judged rows with only what is told of them."""
    frame = pl.DataFrame(columns)
    absent = (pl.lit(None).alias(name) for name in ROWS if name not in frame.columns)
    return frame.with_columns(*absent).select(pl.col(name).cast(dtype) for name, dtype in ROWS.items())


@given(
    rows=st.lists(
        st.tuples(st.sampled_from(ACTIONS), st.sampled_from(ACTIONS), st.booleans(), st.booleans(), st.integers(1, 9)),
        min_size=1,
        max_size=12,
    ),
    stopped=st.sampled_from([0.0, 0.5, 0.9, 1.0]),
)
def test_whatever_was_blocked_the_figures_lie_between_their_bounds(rows, stopped):
    action, served, really, reported, amount = (list(each) for each in zip(*rows, strict=True))
    seen = [
        one if before != "block" or told else None for one, before, told in zip(really, served, reported, strict=True)
    ]
    costs = Costs(
        review_cost_minor=0,
        honest_hold_cost_minor=0,
        honest_block_cost_minor=0,
        held_fraud_stopped_share=stopped,
        alerts_per_100k=1.0,
    )
    shown = table(
        action=action,
        served=served,
        fraud=pl.Series(seen, dtype=pl.Boolean),
        amount_minor=amount,
        chance=[0.5] * len(rows),
        weight=[0.0 if each == "block" else 1.0 for each in served],
        let_through=[False] * len(rows),
        day=[1] * len(rows),
    )
    found = feedback_of(shown, costs, Blocks(np.zeros(len(rows), np.int64), 1, 1))
    alerts = [each != "allow" for each in action]
    caught = sum(fraud for fraud, alert in zip(really, alerts, strict=True) if alert)
    part = {"allow": 0.0, "hold": stopped, "block": 1.0}
    kept = sum(amount * part[what] for fraud, amount, what in zip(really, amount, action, strict=True) if fraud)
    stolen = sum(amount for fraud, amount in zip(really, amount, strict=True) if fraud)
    for bounds, top, bottom in (
        (found.precision, caught, sum(alerts)),
        (found.caught, caught, sum(really)),
        (found.stopped_share, kept, stolen),
    ):
        if bottom:
            assert bounds.low - 1e-9 <= top / bottom <= bounds.high + 1e-9
    assert found.unknown == seen.count(None)


def test_where_nobody_says_what_was_done_nothing_is_said_of_it():
    rows = table(action=["allow"], fraud=[False], amount_minor=[1], chance=[0.1], weight=[1.0], day=[1])
    assert feedback_of(rows, COSTS, Blocks(np.zeros(1, np.int64), 1, 1)) is None


@pytest.fixture(scope="module")
def world():
    """Scores with their truth; holds from 0.2 on, of which the desk recognises only every second fraud."""
    draw = np.random.default_rng(9)
    chance = np.minimum(draw.lognormal(-4, 1.3, 20_000), 1.0)
    fraud = draw.random(chance.size) < chance
    return chance, fraud, fraud & (draw.random(chance.size) < 0.5)


def served(world, key, share=0.1):
    """Return judged rows as a policy with this share leaves them behind."""
    chance, fraud, recognised = world
    would_hold = chance >= 0.2
    lots = np.array([lot_of(key, "bank", str(number)) for number in range(chance.size)])
    let = would_hold & (lots < share)
    return table(
        action=np.where(would_hold, "hold", "allow"),
        served=np.where(would_hold & ~let, "hold", "allow"),
        fraud=np.where(would_hold & ~let, recognised, fraud),
        let_through=let,
        weight=np.where(let, 1 / share, np.where(would_hold, 0.0, 1.0)),
        amount_minor=np.full(chance.size, 100),
        chance=chance,
        day=np.arange(chance.size) % 30,
    )


def test_what_was_let_through_speaks_for_what_was_held_and_the_desk_does_not(world):
    chance, fraud, recognised = world
    would_hold = chance >= 0.2
    real = fraud[would_hold].mean()
    drawn, ranked = [], []
    for number in range(60):
        rows = served(world, f"key number {number:06d}".encode())
        feedback = feedback_of(rows, COSTS, Blocks(numbered(rows["day"]), 10, 1))
        drawn.append(feedback.fraud_by_draw.value)
        ranked.append(WeightedRanking(chance, rows["fraud"].to_numpy()).average_precision(rows["weight"].to_numpy()))
        assert feedback.set_aside + feedback.let_through == would_hold.sum()
    spread = np.std(drawn) / len(drawn) ** 0.5
    assert np.mean(drawn) == pytest.approx(real, abs=4 * spread)
    assert feedback.fraud_by_desk.value == pytest.approx(recognised[would_hold].mean(), rel=0.1)
    assert feedback.fraud_by_desk.value < 0.7 * real, "the desk's word alone would mislead"
    whole = WeightedRanking(chance, fraud).average_precision(np.ones(chance.size))
    assert np.mean(ranked) == pytest.approx(whole, abs=0.02)


def test_the_sum_of_weights_is_the_number_of_transfers_on_average(world):
    totals = [columns_of(served(world, f"key number {number:06d}".encode())).weight.sum() for number in range(60)]
    assert np.mean(totals) == pytest.approx(len(world[0]), rel=0.01)
