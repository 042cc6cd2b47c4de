"""A verdict follows from its rules, in their order, at their edges."""

import pytest

from models.evaluation.intervals import Estimate
from models.shadow.verdict import FEWEST_DAYS, FEWEST_FRAUDS, Advice, Evidence, verdict

UNSURE = Estimate(10.0, None, None)


def evidence(low, high, *, least=None, most=None, **more):
    middle = Estimate((low + high) / 2, low, high)
    usual = {"days": FEWEST_DAYS, "frauds": FEWEST_FRAUDS, "unseen": 0, "agreement": 0.8, "champion_saves": 1_000.0}
    bounds = {
        "saved_more": middle,
        "at_least": middle if least is None else Estimate(least, least, least),
        "at_most": middle if most is None else Estimate(most, most, most),
    }
    return Evidence(**usual | bounds | more)


@pytest.mark.parametrize(
    ("given", "advice", "why"),
    [
        (evidence(50, 90), Advice.PROMOTE, "saves more"),
        (evidence(0, 90), Advice.WAIT, "holds zero"),
        (evidence(0.5, 90), Advice.PROMOTE, "saves more"),
        (evidence(-90, -50), Advice.KEEP, "saves no more"),
        (evidence(-90, 0), Advice.KEEP, "saves no more"),
        (evidence(-90, 50), Advice.WAIT, "holds zero"),
        (evidence(-20, 20), Advice.KEEP, "below 2%"),
        (evidence(-20, 20.5), Advice.WAIT, "holds zero"),
        (evidence(50, 90, days=FEWEST_DAYS - 1), Advice.WAIT, "13 days"),
        (evidence(50, 90, frauds=FEWEST_FRAUDS - 1), Advice.WAIT, "29 frauds"),
        (evidence(0, 0, agreement=1.0), Advice.KEEP, "the same alerts"),
        (evidence(0, 0, agreement=1.0, days=2), Advice.WAIT, "2 days"),
        (evidence(50, 90, least=-30.0, unseen=7), Advice.WAIT, "speaks for it, but 7 transfers"),
        (evidence(-90, -50, most=30.0, unseen=7), Advice.WAIT, "speaks against it, but 7 transfers"),
        (evidence(50, 90, least=1.0, unseen=7), Advice.PROMOTE, "whatever the blocked transfers were"),
        (evidence(50, 90, at_least=UNSURE), Advice.WAIT, "too much alike"),
    ],
)
def test_it_is_the_first_rule_that_holds(given, advice, why):
    found = verdict(given)
    assert found.advice is advice, found
    assert why in found.why
