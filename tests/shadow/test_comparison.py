"""Champion and challenger on simulated live traffic of which everything is known: who is better, and what hides it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from antifraud.domain.errors import NotFound
from antifraud.store.shadows import JUDGED, Watch
from antifraud.tables import REPORTS
from models.shadow.comparison import Terms, compare
from models.shadow.rules import of_shadow_rules
from models.shadow.verdict import Advice
from models.thresholds import Costs
from tests.backtest.conftest import rule

START = datetime(2026, 3, 1, tzinfo=UTC)
DAYS, A_DAY = 30, 200
DELAY = timedelta(days=7)
COSTS = Costs(
    review_cost_minor=100,
    honest_hold_cost_minor=200,
    honest_block_cost_minor=2_000,
    held_fraud_stopped_share=0.9,
    alerts_per_100k=2_000,
)
TERMS = Terms(costs=COSTS, delay=DELAY, by=START + timedelta(days=DAYS))


class World:
    """Transfers of a month, four frauds a day, and two models that see a share of them."""

    def __init__(self, champion=0.5, challenger=0.5, block_at=2.0, told=1.0, seed=1):
        draw = np.random.default_rng(seed)
        count = DAYS * A_DAY
        self.fraud = np.zeros(count, bool)
        self.fraud[draw.choice(count, 4 * DAYS, replace=False)] = True
        moments = [START + timedelta(days=number / A_DAY) for number in range(count)]
        score, other = (self._chances(draw, share) for share in (champion, challenger))
        action = np.where(score >= block_at, "block", np.where(score > 0.9, "hold", "allow"))
        self.decided = pl.DataFrame(
            {
                "seq": np.arange(1, count + 1),
                "participant": ["bank-1"] * count,
                "transfer_id": [f"t{number}" for number in range(count)],
                "payer": [f"payer-{number % 500}" for number in range(count)],
                "payee": ["payee"] * count,
                "base_minor": draw.integers(10_000, 100_000, count),
                "received_at": moments,
                "action": action,
                "score": score,
                "reasons": [[] for _ in range(count)],
                "model_version": ["one"] * count,
                "policy_version": ["p"] * count,
                "blind": [False] * count,
            },
            JUDGED,
        )
        self.scores = self.decided.select("seq", score=pl.Series(other))
        delay = draw.exponential(1.5, count)
        heard = self.fraud & (draw.random(count) < np.where(action == "block", told, 1.0))
        self.reports = pl.DataFrame(
            [
                {
                    "participant": "bank-1",
                    "transfer_id": f"t{number}",
                    "fraud": True,
                    "source": "client_complaint",
                    "known_at": moments[number] + timedelta(days=float(delay[number])),
                }
                for number in np.flatnonzero(heard)
            ],
            REPORTS,
        ).sort("known_at")

    def _chances(self, draw, share):
        """Return chances that are high for a share of the frauds and low for the rest."""
        seen = self.fraud & (draw.random(self.fraud.size) < share)
        return np.where(seen, draw.uniform(0.9, 1.0, seen.size), draw.uniform(0, 0.95, seen.size))

    def compared(self, terms=TERMS):
        return compare(self.decided, self.scores, self.reports, terms, "one", "two")


def test_a_challenger_that_sees_more_frauds_is_promoted():
    found = World(challenger=0.95).compared()
    assert found.verdict.advice is Advice.PROMOTE
    assert found.saved_more_a_day.low > 0
    assert found.challenger.desk.caught.value > found.champion.desk.caught.value
    assert found.challenger.honest_clients_disturbed < found.champion.honest_clients_disturbed


def test_a_challenger_that_sees_fewer_is_not():
    found = World(champion=0.95, challenger=0.5).compared()
    assert found.verdict.advice is Advice.KEEP
    assert found.saved_more_a_day.high < 0


def test_of_two_that_see_equally_many_none_is_promoted():
    assert {World(seed=seed).compared().verdict.advice for seed in range(2, 12)} <= {Advice.WAIT, Advice.KEEP}


def test_the_same_model_again_is_kept():
    world = World()
    world.scores = world.decided.select("seq", "score")
    found = world.compared()
    assert (found.verdict.advice, found.agreement.value, found.saved_more_a_day.value) == (Advice.KEEP, 1.0, 0.0)


def test_the_figures_are_those_of_a_slow_count():
    world = World(challenger=0.9)
    found = world.compared()
    table = world.decided.with_columns(
        other=world.scores["score"],
        fraud=pl.Series(world.fraud),
        day=pl.col("received_at").dt.convert_time_zone("Asia/Almaty").dt.date(),
    ).filter(pl.col("received_at") <= TERMS.by - DELAY)
    reported = set(world.reports["transfer_id"])
    saved = {}
    for name in ("score", "other"):
        total, hits, alerts = 0.0, 0, 0
        for _, day in table.group_by("day"):
            for row in day.sort(name, descending=True).head(found.capacity).to_dicts():
                alerts += 1
                fraud = row["transfer_id"] in reported
                hits += fraud
                total += row["base_minor"] * 0.9 - 100 if fraud else -300
        saved[name] = total / table["day"].n_unique()
        side = found.champion if name == "score" else found.challenger
        assert side.desk.precision.value == pytest.approx(hits / alerts)
        assert side.desk.saved_a_day.value == pytest.approx(saved[name])
    assert found.saved_more_a_day.value == pytest.approx(saved["other"] - saved["score"])
    assert found.capacity == int(0.02 * table.height / table["day"].n_unique())


def test_what_is_too_young_to_be_known_is_left_out():
    world = World(challenger=0.95)
    early = replace(TERMS, by=START + timedelta(days=12))
    found = world.compared(early)
    assert found.last <= early.by - DELAY
    assert found.young == world.decided.height - found.transfers
    assert found.verdict.advice is Advice.WAIT, "five days are too few"
    with pytest.raises(NotFound, match="older than 7 days"):
        world.compared(replace(TERMS, by=START + timedelta(days=6)))


def test_blocked_transfers_that_nobody_spoke_of_are_neither_frauds_nor_honest():
    """The champion blocked its best catches: without their outcomes a challenger that misses them looks better."""
    world = World(champion=0.9, challenger=0.6, block_at=0.93, told=0.0)
    found = world.compared()
    assert found.unseen > 0
    assert found.saved_more_a_day.low > 0, "what is seen flatters the challenger"
    assert found.at_least_a_day.low < 0
    assert found.verdict.advice is not Advice.PROMOTE
    told = World(champion=0.9, challenger=0.6, block_at=0.93, told=1.0).compared()
    assert told.saved_more_a_day.value < found.saved_more_a_day.value
    assert found.at_least_a_day.value <= told.saved_more_a_day.value <= found.at_most_a_day.value


def test_only_what_this_champion_decided_counts():
    world = World()
    others = pl.when(pl.col("seq") <= 1_000).then(pl.lit("older")).otherwise("model_version")
    world.decided = world.decided.with_columns(model_version=others)
    assert world.compared().first == world.decided["received_at"][1_000]
    with pytest.raises(NotFound, match="champion three decided nothing"):
        compare(world.decided, world.scores, world.reports, TERMS, "three", "two")


def test_a_shadow_rule_is_judged_on_what_it_listened_to():
    world = World()
    listening = rule("young", "amount_minor > 1")
    fires = [seq for seq in range(501, 3_001) if seq % 10 == 0 or world.fraud[seq - 1]]
    watches = [Watch(0, 500, ()), Watch(500, 3_000, ("young@1",)), Watch(3_000, 6_000, ())]
    deaf = rule("deaf", "amount_minor > 1")
    hits = {"young@1": pl.Series(fires), "deaf@1": pl.Series([], dtype=pl.Int64)}
    (found,) = of_shadow_rules(world.decided, world.reports, watches, hits, [listening, deaf], TERMS)
    mine = [seq for seq in range(501, 3_001) if f"t{seq - 1}" in set(world.reports["transfer_id"])]
    assert (found.fires, found.frauds, found.recall) == (len(fires), len(mine), 1.0)
    assert found.precision == pytest.approx(len(mine) / len(fires))
    assert found.at_risk_minor == sum(world.decided["base_minor"][seq - 1] for seq in mine)
    assert found.only_this_fires == sum(world.decided["action"][seq - 1] == "allow" for seq in fires)
