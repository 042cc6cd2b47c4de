"""Thresholds against an oracle that tries every pair of cuts and applies the policy to each transfer."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from antifraud.domain.decision import Action
from antifraud.domain.policy import Policy
from models.thresholds import Costs, choose_thresholds

NEVER = 1.01


@st.composite
def transfers(draw):
    """Few distinct chances, so that ties are everywhere; amounts that floats add up exactly."""
    chance = st.one_of(st.sampled_from([0.0, 0.1, 0.3, 0.3000000000000001, 0.7, 1.0]), st.floats(0, 1))
    rows = draw(st.lists(st.tuples(chance, st.booleans(), st.integers(0, 50).map(lambda n: 4 * n)), min_size=1))
    return rows


COSTS = st.builds(
    Costs,
    review_cost_minor=st.integers(0, 20),
    honest_hold_cost_minor=st.integers(0, 20),
    honest_block_cost_minor=st.integers(0, 60),
    held_fraud_stopped_share=st.sampled_from([0.0, 0.25, 0.5, 1.0]),
    alerts_per_100k=st.sampled_from([1.0, 5_000.0, 20_000.0, 50_000.0, 100_000.0]),
)


def outcome(rows, costs, hold_at, block_at):
    """Return the loss and the number of alerts when the policy speaks about each transfer."""
    policy = Policy(version="tried", hold_at=hold_at, block_at=block_at)
    loss, alerts = 0.0, 0
    for chance, fraud, amount in rows:
        match policy.decide(chance)[0]:
            case Action.ALLOW:
                loss += amount if fraud else 0
            case Action.HOLD:
                alerts += 1
                loss += costs.review_cost_minor
                loss += amount * (1 - costs.held_fraud_stopped_share) if fraud else costs.honest_hold_cost_minor
            case Action.BLOCK:
                alerts += 1
                loss += 0 if fraud else costs.honest_block_cost_minor
    return loss, alerts


def capacity(rows, costs):
    """Rounded down: a desk that has no time for one alert gets none."""
    return int(costs.alerts_per_100k * len(rows) / 100_000)


@given(rows=transfers(), costs=COSTS)
@example(
    rows=[(0.3000000000000001, True, 80), (0.30000000000000004, False, 0), (0.3, False, 0)],
    costs=Costs(
        review_cost_minor=1,
        honest_hold_cost_minor=5,
        honest_block_cost_minor=9,
        held_fraud_stopped_share=1.0,
        alerts_per_100k=34_000.0,
    ),
)
def test_no_pair_of_cuts_that_the_desk_can_take_loses_less(rows, costs):
    chosen = choose_thresholds(*(np.array(column) for column in zip(*rows, strict=True)), costs)
    loss, alerts = outcome(rows, costs, chosen.hold_at, chosen.block_at)
    assert alerts <= capacity(rows, costs)
    cuts = sorted({chance for chance, _, _ in rows} | {NEVER})
    tried = [outcome(rows, costs, hold_at, block_at) for hold_at in cuts for block_at in cuts if block_at >= hold_at]
    best = min(loss for loss, alerts in tried if alerts <= capacity(rows, costs))
    assert loss == best
    assert chosen.loss_minor == loss, "what is promised is what the policy does: no tie was split"
    assert chosen.loss_of_allowing_all_minor == outcome(rows, costs, NEVER, NEVER)[0]


@given(rows=transfers(), costs=COSTS)
def test_the_order_of_transfers_does_not_matter(rows, costs):
    there, back = (
        choose_thresholds(*(np.array(column) for column in zip(*order, strict=True)), costs)
        for order in (rows, rows[::-1])
    )
    assert there == back
