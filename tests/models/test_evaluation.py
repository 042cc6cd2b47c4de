"""Evaluation: what is judged and what is left out, intervals, and every number of the page once more."""

import re
from dataclasses import fields, replace
from datetime import timedelta
from html.parser import HTMLParser

import numpy as np
import orjson
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from antifraud.domain.errors import InvalidValue
from antifraud.tables import SERVED, TRANSFER_KEY
from features.catalogue import CATALOGUE
from features.schema import names
from models.dataset import Past
from models.evaluation import Besides, Terms, evaluate, judged_rows
from models.evaluation.intervals import Blocks
from models.evaluation.ranking import WeightedRanking
from models.evaluation.report import as_json, page
from models.scorer import LightGbmScorer
from tests.models.conftest import params
from tests.models.slow_evaluation import every_number

DELAY = timedelta(days=5)
LEFT_TO_THE_JSON = re.compile(
    r"(at_capacity|sizes\.\d+\.desk)\.(alerts_a_day|stopped_share|stopped_a_day|spent_a_day|honest_per_caught)(\..*)?"
    r"|policy\.(stopped_a_day|stopped_share)\..*|at_capacity\.(precision|caught)\.(low|high)"
    r"|by_type\.\d+\.(transfers|disturbed.*)|feedback\.fraud_by_desk\.(low|high)"
)
COSTS = params().costs()


def kept(past, rows):
    """Return a history of only some transfers, with the vectors that they have."""
    rows = np.sort(rows)
    return Past(
        transfers=past.transfers[rows], reports=past.reports, clock=past.clock.gather(rows), vectors=past.vectors[rows]
    )


@pytest.fixture(scope="module")
def thin(past):
    """The test part and what follows it, all frauds and few of the honest: a slow definition must get through."""
    rows = np.arange(past.parts.test[0], past.transfers.height)
    calm = rows[~past.fraud[rows]]
    some = np.random.default_rng(1).choice(calm, 1_500, replace=False)
    return kept(past, np.concatenate((rows[past.fraud[rows]], some)))


@pytest.fixture(scope="module")
def scorer(bundle):
    return LightGbmScorer(bundle)


@pytest.fixture(scope="module")
def policy(thin, scorer, bundle):
    """Thresholds that hold, block and let pass enough of the thin history to say something."""
    chance = np.sort(scorer.score(thin.vectors))
    return replace(bundle.policy, hold_at=float(chance[-160]), block_at=float(chance[-40]))


def served_of(past, policy_version="old"):
    """Return decisions that were served, drawn at random: blocks, holds, and holds that were let through."""
    draw = np.random.default_rng(7)
    action = draw.choice(["allow", "hold", "block"], past.transfers.height, p=[0.8, 0.15, 0.05])
    alone = draw.random(action.size) < 0.8
    let = (action == "hold") & alone & (draw.random(action.size) < 0.3)
    return (
        past.transfers.select(TRANSFER_KEY)
        .with_columns(
            action=pl.Series(np.where(let, "allow", action)),
            by_score_alone=pl.Series(alone),
            let_through=pl.Series([0.3 if each else None for each in let], dtype=pl.Float64),
            policy_version=pl.lit(policy_version),
        )
        .select(SERVED.names())
    )


def terms_of(**more):
    return Terms(delay=DELAY, rounds=20, recompute=False, capacity=12, **more)


@pytest.fixture(scope="module", params=["reports alone", "all that can be known"])
def judged(request, thin, past, scorer, policy):
    """An evaluation with its page, and the rows that it is about."""
    besides = Besides()
    if request.param != "reports alone":
        besides = Besides(served=served_of(thin), truth=past.truth, people=past.people)
    terms = terms_of(simulated=bool(besides.truth is not None))
    evaluation = evaluate(thin, scorer, policy, COSTS, terms, besides)
    judged = judged_rows(thin, scorer.score(thin.vectors), policy, delay=DELAY, besides=besides)
    return evaluation, page(evaluation), judged


class Said(HTMLParser):
    """The data elements of a page, and the digits that stand outside them."""

    def __init__(self, text):
        super().__init__()
        self.numbers, self.loose, self.sources, self.tags, self._open = [], [], [], set(), []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.tags.add(tag)
        self.sources += [value for name, value in attributes if name in ("src", "href")]
        if tag in ("meta", "img", "br"):
            return
        named = tag in ("style", "time", "code", "title") or given.get("class") == "name"
        self._open.append((tag, given.get("data-path"), given.get("value"), named))
        if tag == "data":
            self.numbers.append([given["data-path"], float(given["value"]), ""])

    def handle_endtag(self, tag):
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, text):
        if any(tag == "data" for tag, *_ in self._open):
            self.numbers[-1][2] += text
        elif not any(named for *_, named in self._open):
            self.loose += re.findall(r".{0,20}\d.{0,20}", text)


def about(evaluation, judged, thin, policy):
    """Return the numbers that say what was judged."""
    rows, end = judged.rows, thin.clock[-1] + timedelta(microseconds=1)
    frauds = [row for row in rows.iter_rows(named=True) if row["fraud"]]
    told = {
        "days": (rows["received_at"].max() - rows["received_at"].min()).total_seconds() / 86_400,
        "transfers": rows.height,
        "frauds": len(frauds),
        "stolen_minor": sum(row["amount_minor"] for row in frauds),
        "left_out_before": 0,
        "left_out_young": sum(moment > end - DELAY for moment in thin.clock),
        "delay_days": 5,
        "capacity": 12,
        "blocks": rows["day"].n_unique(),
        "rounds": 20,
        "hold_at": policy.hold_at,
        "block_at": policy.block_at,
        "too_good": 0.8,
    }
    told |= {f"costs.{each.name}": getattr(COSTS, each.name) for each in fields(COSTS)}
    return {f"about.{name}": value for name, value in told.items()}


def read(text):
    """Return what a number on the page says, in the unit of the JSON, and how finely it says it."""
    plain = text.replace("\N{NO-BREAK SPACE}", "")
    scale = 100.0 if plain.startswith("KZT") else 0.01 if plain.endswith("%") else 1.0
    for word, size in (("bn", 1e9), ("M", 1e6)):
        scale *= size if plain.endswith(word) else 1
    digits = re.search(r"-?[\d.]+", plain).group()
    step = 10.0 ** -len(digits.partition(".")[2])
    return float(digits) * scale, step * scale


def test_every_number_of_the_page_is_what_its_slow_definition_says(judged, thin, policy):
    evaluation, text, kept_rows = judged
    rows = kept_rows.rows.to_dicts()
    vectors = thin.vectors[kept_rows.index]
    days = evaluation.about.days
    slow = every_number(rows, vectors, names(CATALOGUE), COSTS, capacity=12, days=days, rounds=20, seed=1)
    slow |= about(evaluation, kept_rows, thin, policy)
    said = Said(text)
    assert len(said.numbers) > 300
    for path, value, shown in said.numbers:
        if path.startswith("feedback.") and path.endswith((".low", ".high")) and path not in slow:
            continue  # bounds have a test of their own
        assert value == pytest.approx(slow[path], rel=1e-9, abs=1e-9), path
        meant, step = read(shown)
        assert meant == pytest.approx(value, rel=0.06, abs=0.51 * step), (path, shown)
    assert said.loose == [], "a number that is not one of the JSON"
    silent = {path for path, value in slow.items() if value is not None} - {path for path, *_ in said.numbers}
    assert {path for path in silent if not LEFT_TO_THE_JSON.fullmatch(path)} == set()


def test_the_json_has_every_number_of_the_page(judged):
    evaluation, text, _ = judged
    told = orjson.loads(as_json(evaluation))
    for path, value, _ in Said(text).numbers:
        found = told
        for step in path.split("."):
            found = found[int(step)] if isinstance(found, list) else found[step]
        assert found == value, path


def test_the_page_needs_nothing_else_and_labels_what_is_simulated(judged):
    evaluation, text, _ = judged
    said = Said(text)
    assert said.sources
    assert all(each.startswith("data:image/svg+xml;base64,") for each in said.sources)
    assert not said.tags & {"script", "link", "iframe", "object"}
    assert ('class="simulated"' in text) == evaluation.about.simulated
    assert ("prove nothing about real transfers" in text) == evaluation.about.simulated


def test_the_same_question_gets_the_same_answer(judged, thin, past, scorer, policy):
    evaluation, text, _ = judged
    if evaluation.truth is not None:
        return
    assert page(evaluate(thin, scorer, policy, COSTS, terms_of())) == text
    other = evaluate(thin, scorer, policy, COSTS, terms_of(seed=2))
    assert other.policy.caught.value == evaluation.policy.caught.value
    assert other.policy.caught != evaluation.policy.caught, "another seed draws other days"


def test_rows_say_of_each_transfer_what_a_plain_loop_finds(past, thin, scorer, policy):
    chance = scorer.score(thin.vectors)
    served = served_of(thin)
    since, by = thin.clock[200], thin.clock[-1]
    besides = Besides(served=served, truth=past.truth, people=past.people)
    rows = judged_rows(thin, chance, policy, delay=DELAY, since=since, by=by, besides=besides)
    reports = past.reports.filter(pl.col("known_at") < by).sort("known_at", maintain_order=True).to_dicts()
    done = {(each["participant"], each["transfer_id"]): each for each in served.iter_rows(named=True)}
    people = {each["account"]: each for each in past.people.iter_rows(named=True)}
    expected = []
    for row, transfer in enumerate(thin.transfers.iter_rows(named=True)):
        if not since <= thin.clock[row] <= by - DELAY:
            continue
        key = (transfer["participant"], transfer["transfer_id"])
        told = [each for each in reports if (each["participant"], each["transfer_id"]) == key]
        fraud = bool(told) and told[-1]["fraud"]
        kinds = [each["fraud_type"] for each in told if each["fraud"] and each["fraud_type"]]
        action, alone, let = (done[key][name] for name in ("action", "by_score_alone", "let_through"))
        blind = {"block": 0.0, "hold": 0.0 if alone else 1.0, "allow": 1.0}[action]
        age = people.get(transfer["payer"], {}).get("age")
        group = (
            "unknown"
            if age is None
            else ["24 and under", "25 to 34", "35 to 44", "45 to 59", "60 and over"][
                sum(age > oldest for oldest in (24, 34, 44, 59))
            ]
        )
        expected.append(
            (
                transfer["transfer_id"],
                chance[row],
                policy.decide(float(chance[row]))[0].value,
                None if action == "block" and not fraud else fraud,
                (kinds[-1] if kinds else "unknown") if fraud else None,
                1 / let if let else blind,
                (thin.clock[row] + timedelta(hours=5)).date(),
                group,
                people.get(transfer["payer"], {}).get("city") or "unknown",
            )
        )
    columns = ("transfer_id", "chance", "action", "fraud", "fraud_type", "weight", "day", "age_group", "city")
    assert rows.rows.select(columns).rows() == expected
    assert (rows.before, rows.young) == (200, int((thin.clock > by - DELAY).sum()))
    assert {each[3] for each in expected} == {True, False, None}


def test_nothing_left_to_judge_is_said(thin, scorer, policy):
    chance = scorer.score(thin.vectors)
    with pytest.raises(InvalidValue, match="leaves no transfer whose truth is known"):
        judged_rows(thin, chance, policy, delay=DELAY, since=thin.clock[-1])
    silent = replace(thin, reports=thin.reports.clear())
    with pytest.raises(InvalidValue, match="has no known fraud"):
        evaluate(silent, scorer, policy, COSTS, terms_of())


@given(
    rows=st.lists(
        st.tuples(st.sampled_from([0.0, 0.1, 0.5, 0.9]), st.booleans(), st.integers(0, 4)), min_size=2, max_size=40
    )
)
def test_weighted_rankings_are_those_of_scikit_learn(rows):
    score, fraud, weight = (np.array(each) for each in zip(*rows, strict=True))
    weight = weight.astype(float)
    ranking = WeightedRanking(score, fraud)
    if weight[fraud].sum() == 0:
        assert ranking.average_precision(weight) is None
        return
    assert ranking.average_precision(weight) == pytest.approx(
        average_precision_score(fraud, score, sample_weight=weight)
    )
    if weight[~fraud].sum() == 0:
        assert ranking.auc(weight) is None
    else:
        assert ranking.auc(weight) == pytest.approx(roc_auc_score(fraud, score, sample_weight=weight))


def test_intervals_of_whole_days_cover_the_truth_where_those_of_single_rows_do_not():
    draw = np.random.default_rng(11)
    covered = {"days": 0, "rows": 0}
    for _ in range(150):
        days = np.repeat(np.arange(30), 20)
        level = draw.beta(2, 2, 30)  # good days and bad days
        caught = (draw.random(600) < level[days]).astype(float)
        for name, block in (("days", days), ("rows", np.arange(600))):
            found = Blocks(block, 200, 1).ratio(caught, np.ones(600))
            covered[name] += found.low <= 0.5 <= found.high
    assert covered["days"] > 0.87 * 150
    assert covered["rows"] < 0.7 * 150


def test_of_few_days_or_of_no_difference_no_interval_is_given():
    block = np.repeat(np.arange(8), 10)
    some = (block < 4).astype(float)
    blocks = Blocks(block, 50, 1)
    assert blocks.ratio(some, some) == blocks.ratio(np.ones(80), np.ones(80))
    assert blocks.ratio(some, some).low is None
    assert blocks.ratio(some, np.zeros(80)).value is None
    assert blocks.ratio(some, np.ones(80)).low < 0.5 < blocks.ratio(some, np.ones(80)).high
