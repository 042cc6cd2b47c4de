"""What shadows say is kept beside the decisions: each decision once, in order, whoever else listens."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from antifraud.domain.decision import Action, Reason, ReasonKind
from antifraud.store.shadows import JUDGED, Said, SqlShadows, Watch
from tests.stores.plain import START, plain_decision, record_all

LATER = START + timedelta(hours=1)


@pytest.fixture
def shadows(store):
    return SqlShadows(store.engine)


def record(store, rows):
    asyncio.run(record_all(store.log, rows))


def decided(count, first=0):
    return [plain_decision(number) for number in range(first, first + count)]


def follow(shadows, said, begin=START, settled=LATER, limit=100):
    blocks = []
    while (block := shadows.next(limit, "c1", begin, settled)) is not None:
        assert shadows.keep(block, said(block))
        blocks.append(block)
    return blocks


def of_all(block):
    seqs = block.rows["seq"].to_list()
    return Said(rules=("young@1",), scores={"m2": {seq: seq / 1000 for seq in seqs}}, hits={"young@1": seqs[::2]})


def test_every_decision_is_listened_to_once_and_in_order(store, shadows):
    record(store, decided(250))
    blocks = follow(shadows, of_all)
    assert [block.rows.height for block in blocks] == [100, 100, 50]
    vectors = np.frombuffer(blocks[0].rows["vector"][7], "<f8")
    assert vectors.tolist() == plain_decision(7).vector.tolist()
    assert sorted(shadows.scores("m2").rows()) == [(seq, seq / 1000) for seq in range(1, 251)]
    assert sorted(shadows.hits("young@1")) == list(range(1, 251, 2))
    assert shadows.watches() == [Watch(0, 250, ("young@1",))]
    record(store, decided(30, first=250))
    assert [block.rows["seq"].to_list() for block in follow(shadows, of_all)] == [list(range(251, 281))]
    assert shadows.scores("m2").height == 280


def test_how_long_nobody_has_listened_is_known(store, shadows):
    assert shadows.unheard_since(anybody=True) is None, "there is nothing to hear"
    rows = decided(30)
    record(store, rows)
    assert shadows.unheard_since(anybody=False) is None
    assert shadows.unheard_since(anybody=True) == rows[0].transfer.received_at
    block = shadows.next(10, "c1", START, LATER)
    assert shadows.keep(block, of_all(block))
    assert shadows.unheard_since(anybody=False) == rows[10].transfer.received_at
    follow(shadows, of_all)
    assert shadows.unheard_since(anybody=True) is None


def test_who_was_slower_keeps_nothing(store, shadows):
    record(store, decided(20))
    mine, other = (shadows.next(10, "c1", START, LATER) for _ in range(2))
    assert shadows.keep(other, of_all(other))
    assert not shadows.keep(mine, of_all(mine))
    assert shadows.scores("m2").height == 10
    assert shadows.next(10, "c1", START, LATER).after == 10


def test_the_first_block_begins_at_its_moment_and_later_ones_where_the_last_ended(store, shadows):
    record(store, decided(50))
    (block,) = follow(shadows, of_all, begin=START + timedelta(milliseconds=40))
    assert block.rows["seq"].to_list() == list(range(41, 51))
    record(store, decided(1, first=50))
    (block,) = follow(shadows, of_all, begin=START)
    assert block.rows["seq"].to_list() == [51]


def test_what_may_still_be_on_its_way_is_waited_for(store, shadows):
    record(store, decided(50))
    (block,) = follow(shadows, of_all, settled=START + timedelta(milliseconds=30))
    assert block.upto == 30
    (block,) = follow(shadows, of_all)
    assert (block.after, block.upto) == (30, 50)


def test_a_vector_of_another_catalogue_is_none(store, shadows):
    other = plain_decision(1)
    other = replace(other, decision=replace(other.decision, catalogue_version="c0"))
    record(store, [plain_decision(0), other])
    assert [len(each) > 0 for each in shadows.next(9, "c1", START, LATER).rows["vector"]] == [True, False]


def test_what_was_listened_to_can_be_judged(store, shadows):
    assert shadows.judged().is_empty()
    blind = plain_decision(2)
    reasons = (Reason(ReasonKind.RULE, "large@1", Action.HOLD),)
    blind = replace(blind, vector=np.empty(0), decision=replace(blind.decision, action=Action.HOLD, reasons=reasons))
    record(store, [*decided(2), blind])
    assert shadows.judged().is_empty(), "nobody has listened yet"
    follow(shadows, of_all)
    judged = shadows.judged()
    assert judged.schema == JUDGED
    assert judged["blind"].to_list() == [False, False, True]
    assert judged["reasons"].to_list()[2] == [{"kind": "rule", "code": "large@1", "action": "hold"}]
    assert shadows.judged(since=START + timedelta(milliseconds=1))["seq"].to_list() == [2, 3]


def test_stretches_say_which_rules_listened(store, shadows):
    record(store, decided(30))
    heard = iter([("a@1",), ("a@1",), ("a@1", "b@1")])
    follow(shadows, lambda block: Said(rules=next(heard)), limit=10)
    assert shadows.watches() == [Watch(0, 20, ("a@1",)), Watch(20, 30, ("a@1", "b@1"))]
