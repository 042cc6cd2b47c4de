"""A few holds are let through to learn from: only where it was chosen, only what the score alone would hold."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antifraud.domain.decision import Action, Reason, ReasonKind
from antifraud.domain.errors import InvalidValue
from antifraud.domain.policy import MOST_LET_THROUGH, Policy, lot_of
from tests.workflow.desks import Office
from tests.workflow.memory import FanInScorer, Request

OFF = Policy(version="off", hold_at=0.3, block_at=0.7)
ON = replace(OFF, version="on", let_through_share=0.1)
SCORES = st.one_of(st.none(), st.just(float("nan")), st.sampled_from([0.0, 0.3, 0.69, 0.7, 1.0]), st.floats(0, 1))
RULES = st.lists(st.builds(Reason, st.just(ReasonKind.RULE), st.just("r@1"), st.sampled_from(Action)), max_size=2)
BLIND = st.lists(st.sampled_from(["features", "rules"]), max_size=1)
LOTS = st.one_of(st.none(), st.floats(0, 1, exclude_max=True), st.just(0.0))


@given(score=SCORES, hits=RULES, blind=BLIND, lot=LOTS)
def test_off_a_lot_changes_nothing(score, hits, blind, lot):
    assert OFF.decide(score, hits, blind, lot) == OFF.decide(score, hits, blind)


@given(score=SCORES, hits=RULES, blind=BLIND, lot=LOTS)
def test_on_only_a_hold_by_the_score_alone_is_let_through_and_it_is_said(score, hits, blind, lot):
    before, reasons = ON.decide(score, hits, blind)
    after, said = ON.decide(score, hits, blind, lot)
    drawn = lot is not None and lot < 0.1
    alone = before is Action.HOLD and [each.kind for each in reasons] == [ReasonKind.SCORE]
    if drawn and alone:
        assert after is Action.ALLOW
        assert said == (*reasons, Reason(ReasonKind.LET_THROUGH, "let_through@0.1", Action.ALLOW))
    else:
        assert (after, said) == (before, reasons)


@pytest.mark.parametrize("share", [-0.01, MOST_LET_THROUGH + 0.001, 1, float("nan")])
def test_a_share_that_victims_would_pay_for_is_refused(share):
    with pytest.raises(InvalidValue, match="let_through_share"):
        replace(OFF, let_through_share=share)


def test_lots_are_even_and_another_key_draws_others():
    lots = [lot_of(b"a key of sixteen", "bank", str(number)) for number in range(20_000)]
    assert all(0 <= lot < 1 for lot in lots)
    for share in (0.02, 0.1, 0.5):
        expected, spread = share * len(lots), (len(lots) * share * (1 - share)) ** 0.5
        assert abs(sum(lot < share for lot in lots) - expected) < 4 * spread
    assert lots[:50] == [lot_of(b"a key of sixteen", "bank", str(number)) for number in range(50)]
    assert lots[:50] != [lot_of(b"another key here", "bank", str(number)) for number in range(50)]
    assert lot_of(b"k", "bank", "1x") != lot_of(b"k", "bank1", "x"), "a bank cannot speak for another"


class Wary(FanInScorer):
    """Would hold everything."""

    def score(self, vectors):
        return super().score(vectors) * 0 + 0.5


def decided(share, key):
    async def scenario():
        scorer = Wary()
        scorer.policy = replace(scorer.policy, let_through_share=share)
        office = await Office.opened(scorer=scorer, lot_key=key)
        requests = [Request(str(number), payee=f"p{number}") for number in range(400)]
        await office.desk.decide(requests)
        return [office.recorded(each).decision for each in requests]

    return asyncio.run(scenario())


def test_the_desk_draws_with_its_key_and_without_one_never():
    for share, key in ((0.0, b"a key of sixteen"), (0.1, None)):
        assert {each.action for each in decided(share, key)} == {Action.HOLD}
    decisions = decided(0.1, b"a key of sixteen")
    assert decisions == decided(0.1, b"a key of sixteen")
    let = {str(number) for number, each in enumerate(decisions) if each.action is Action.ALLOW}
    drawn = {str(number) for number in range(400) if lot_of(b"a key of sixteen", "fictional-bank", str(number)) < 0.1}
    assert let == drawn
    assert 10 < len(let) < 80
    assert all(each.degraded == () for each in decisions if each.action is Action.ALLOW)
