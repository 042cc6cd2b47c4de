"""Figures of a backtest against loops that anybody can follow."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from antifraud.domain.decision import Action
from antifraud.domain.policy import Policy
from antifraud.domain.rule import Rule, RuleBook, RuleState
from models.backtest.changes import changes
from models.backtest.figures import by_type, by_week, of_rules, whole
from models.backtest.losses import Judged
from models.thresholds import Costs

START = datetime(2026, 3, 1, 18, 30, tzinfo=UTC)  # half an hour before a Monday begins in Almaty
COSTS = Costs(
    review_cost_minor=3,
    honest_hold_cost_minor=5,
    honest_block_cost_minor=50,
    held_fraud_stopped_share=0.75,
    alerts_per_100k=1.0,
)
TEXTS = {"kk": "ереже", "ru": "правило", "en": "a rule"}
BOOK = RuleBook(
    tuple(
        Rule(rule_id=name, version=1, condition="alpha > 1", action=action, text=TEXTS, state=state)
        for name, action, state in (
            ("shadow", Action.HOLD, RuleState.SHADOW),
            ("first", Action.HOLD, RuleState.ACTIVE),
            ("second", Action.BLOCK, RuleState.ACTIVE),
        )
    )
)
CODES = ["first@1", "second@1", "shadow@1"]
POLICY = Policy(version="p", hold_at=0.5, block_at=0.9)

ROW = st.fixed_dictionaries(
    {
        "payer": st.sampled_from("abc"),
        "base_minor": st.integers(0, 100).map(lambda n: 4 * n),
        "step": st.sampled_from([timedelta(0), timedelta(minutes=30), timedelta(hours=13), timedelta(days=4)]),
        "fraud": st.booleans(),
        "kind": st.sampled_from([None, "call", "shop"]),
        "known": st.booleans(),
        "score": st.sampled_from([None, 0.0, 0.5, 0.95]),
        "action": st.sampled_from(["allow", "hold", "block"]),
        "then": st.sampled_from(["allow", "hold", "block"]),
        **{code: st.booleans() for code in CODES},
    }
)
ROWS = st.lists(ROW, min_size=1, max_size=12)


def table(rows):
    """Return rows as a backtest has them, each a step later than the one before."""
    moment = START
    for number, row in enumerate(rows):
        moment += row["step"]
        row |= {"received_at": moment, "fraud_type": row["kind"] if row["fraud"] else None}
        row |= {"participant": "bank", "transfer_id": f"t{number}"}
    schema = {"received_at": pl.Datetime("us", "UTC"), "score": pl.Float64, "kind": pl.String, "fraud_type": pl.String}
    return pl.DataFrame(rows, schema_overrides=schema).drop("step", "kind")


def judged(rows, action="action", capacity=None):
    made = table(rows)
    return Judged.of(made, made[action], made["known"].to_numpy(), COSTS, capacity)


def local_day(row):
    return row["received_at"].astimezone(ZoneInfo("Asia/Almaty")).date()


def reviewed(rows, capacity, action="action"):
    """Say which alerts the desk looks at: the first ones of each day."""
    seen, looked = {}, []
    for row in rows:
        alert = row[action] != "allow"
        seen[local_day(row)] = seen.get(local_day(row), 0) + alert
        looked.append(not alert or capacity is None or seen[local_day(row)] <= capacity)
    return looked


def stopped(row, looked, action="action"):
    if not (row["known"] and row["fraud"]):
        return 0
    if row[action] == "block":
        return row["base_minor"]
    return row["base_minor"] * 0.75 if row[action] == "hold" and looked else 0


def loss(row, looked, action="action"):
    if not row["known"]:
        return 0
    review = 3 if row[action] == "hold" and looked else 0
    if row["fraud"]:
        return row["base_minor"] - stopped(row, looked, action) + review
    return {"allow": 0, "hold": 5, "block": 50}[row[action]] + review


@given(ROWS, st.sampled_from([None, 1, 2]))
def test_the_whole_is_what_a_loop_counts(rows, capacity):
    found = whole(judged(rows, capacity=capacity))
    looked = reviewed(rows, capacity)
    known = [row for row in rows if row["known"]]
    frauds = [row for row in known if row["fraud"]]
    disturbed = [row for row in known if not row["fraud"] and row["action"] != "allow"]
    assert found.transfers == len(rows)
    assert (found.held, found.blocked) == tuple(
        sum(row["action"] == each for row in rows) for each in ("hold", "block")
    )
    assert found.frauds == len(frauds)
    assert found.frauds_caught == sum(row["action"] != "allow" for row in frauds)
    assert found.stolen_minor == sum(row["base_minor"] for row in frauds)
    assert found.stopped_minor == sum(map(stopped, rows, looked))
    assert found.loss_minor == sum(map(loss, rows, looked))
    assert found.saved_minor == found.stolen_minor - found.loss_minor
    assert found.honest_transfers_disturbed == len(disturbed)
    assert found.honest_clients_disturbed == len({row["payer"] for row in disturbed})
    assert found.alerts_over_capacity == looked.count(False)
    assert found.days_over_capacity == len({local_day(row) for row, seen in zip(rows, looked, strict=True) if not seen})


@given(ROWS)
def test_weeks_and_types_share_out_the_whole(rows):
    of_all = judged(rows)
    weeks, types, together = by_week(of_all), by_type(of_all), whole(of_all)
    for parts in (weeks, types):
        assert parts["frauds"].sum() == together.frauds
        assert parts["frauds_caught"].sum() == together.frauds_caught
        assert parts["stopped_minor"].sum() == together.stopped_minor
    assert weeks["transfers"].sum() == together.transfers
    assert weeks["loss_minor"].sum() == together.loss_minor
    mondays = {local_day(row) - timedelta(days=local_day(row).weekday()) for row in rows}
    assert set(weeks["week"]) == mondays
    said = {row["kind"] or "not said" for row in rows if row["known"] and row["fraud"]}
    assert set(types["fraud_type"]) == said


@given(ROWS)
def test_a_rule_is_counted_by_itself_and_where_nothing_else_would_have_spoken(rows):
    found = {rule.code: rule for rule in of_rules(judged(rows), BOOK, POLICY)}
    assert list(found) == ["first@1", "second@1", "shadow@1"]
    for code, rule in found.items():
        fires = [row for row in rows if row[code]]
        frauds = [row for row in fires if row["known"] and row["fraud"]]
        others = {"first@1", "second@1"} - {code}
        by_model = lambda row: row["score"] is not None and row["score"] >= 0.5  # noqa: E731
        alone = [row for row in fires if not by_model(row) and not any(row[other] for other in others)]
        assert rule.fires == len(fires)
        assert rule.frauds == len(frauds)
        assert rule.known_fires == sum(row["known"] for row in fires)
        assert rule.precision == (len(frauds) / rule.known_fires if rule.known_fires else None)
        total = sum(row["known"] and row["fraud"] for row in rows)
        assert rule.recall == (len(frauds) / total if total else None)
        assert rule.at_risk_minor == sum(row["base_minor"] for row in frauds)
        assert rule.stopped_minor == rule.at_risk_minor * (1 if code == "second@1" else 0.75)
        assert rule.missed_by_model_frauds == sum(not by_model(row) for row in frauds)
        assert rule.only_this_fires == len(alone)
        assert rule.only_this_frauds == sum(row["known"] and row["fraud"] for row in alone)
        assert sum(week.fires for week in rule.weeks) == rule.fires


@given(ROWS, st.sampled_from([None, 1]))
def test_a_comparison_is_the_difference_of_two_loops(rows, capacity):
    before, after = judged(rows, "then", capacity), judged(rows, "action", capacity)
    found = changes(before, after)
    assert found.changed == sum(row["then"] != row["action"] for row in rows)
    assert found.moves["transfers"].sum() == len(rows)
    known = [row for row in rows if row["known"]]
    frauds, honest = [row for row in known if row["fraud"]], [row for row in known if not row["fraud"]]
    assert found.frauds_gained == sum(row["then"] == "allow" != row["action"] for row in frauds)
    assert found.frauds_lost == sum(row["action"] == "allow" != row["then"] for row in frauds)
    was, now = ({row["payer"] for row in honest if row[action] != "allow"} for action in ("then", "action"))
    assert found.honest_clients_newly_disturbed == len(now - was)
    assert found.honest_clients_freed == len(was - now)
    costs = [
        loss(row, looked, "action") - loss(row, seen, "then")
        for row, looked, seen in zip(rows, reviewed(rows, capacity), reviewed(rows, capacity, "then"), strict=True)
    ]
    assert found.saved_more_minor == -round(sum(costs))
    changed = [
        abs(round(cost)) for row, cost in zip(rows, costs, strict=True) if row["known"] and row["then"] != row["action"]
    ]
    assert [abs(cost) for cost in found.dearest["costs_minor"]] == sorted(changed, reverse=True)


def test_a_week_begins_on_monday_in_almaty():
    row = {"payer": "a", "base_minor": 4, "fraud": True, "kind": None, "known": True, "score": None, "then": "allow"}
    rows = [row | dict.fromkeys(CODES, False) | {"action": "hold", "step": timedelta(minutes=29)} for _ in range(3)]
    assert by_week(judged(rows))["week"].to_list() == [date(2026, 2, 23), date(2026, 3, 2)]
