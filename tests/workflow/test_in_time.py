"""Participants take turns, a decision has its time, and what does not fit in is refused at once."""

import asyncio
import threading
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antifraud.domain.decision import Action
from antifraud.domain.errors import NotDurable, Unavailable
from antifraud.domain.policy import Policy
from antifraud.workflow.line import Call, Line, Overloaded
from tests.workflow.desks import Office
from tests.workflow.memory import FanInScorer, Request

LONG_AGO, FAR_AWAY = 0.0, 1e12  # by any event loop's time
CALLS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 7)), min_size=1, max_size=20)


def call(participant, number, size, released):
    requests = [Request(f"{number}-{index}", participant=participant) for index in range(size)]
    made = Call([(each.participant, each.transfer_id) for each in requests], None, released.append)
    made.knows({}, requests)
    return made


@given(CALLS, st.lists(st.integers(1, 9), min_size=1))
def test_everybody_in_line_has_the_same_share_of_every_turn_and_calls_keep_their_order(sizes, turns):
    line, released = Line(), []
    calls = [call(participant, number, size, released) for number, (participant, size) in enumerate(sizes)]
    for each in calls:
        line.join(each)
    taken = []
    while line:
        count = turns[len(taken) % len(turns)]
        waiting = Counter({name: sum(each.unbegun for each in calls if each.keys[0][0] == name) for name in "abc"})
        pieces = line.take(count)
        got = Counter(request.participant for piece in pieces for request in piece.requests)
        assert got.total() == min(count, waiting.total())
        for left in waiting:
            if got[left] < waiting[left]:  # who has to wait for more got no less than anybody else
                assert all(got[left] >= got[other] - 1 for other in got)
        taken += [request for piece in pieces for request in piece.requests]
    for number, (_, size) in enumerate(sizes):
        names = [each.transfer_id for each in taken if each.transfer_id.startswith(f"{number}-")]
        assert names == [f"{number}-{index}" for index in range(size)]
    assert not released


def test_the_ids_of_a_call_are_free_only_when_all_that_has_begun_has_ended():
    released = []
    made = call("a", 1, 5, released)
    begun, rest = made.take(2), made.take(1)
    begun.fail(NotDurable("the disk is full"))
    assert not released
    assert made.unbegun == 0
    rest.settle([])
    rest.fail(Unavailable("later"))
    assert released == [made]
    assert isinstance(made.problem, NotDurable)


@pytest.mark.parametrize("chosen", [Action.HOLD, Action.BLOCK])
def test_past_its_time_a_transfer_is_decided_blind_and_is_history_like_any_other(chosen):
    async def scenario():
        office = await Office.opened(blind={"fictional-bank": chosen}, patience_s=FAR_AWAY)
        late, in_time = await asyncio.gather(
            office.desk.decide([Request("late")], LONG_AGO), office.desk.decide([Request("other")], FAR_AWAY)
        )
        again = await office.desk.decide([Request("late")], FAR_AWAY)
        return office, late[0], in_time[0], again[0]

    office, late, in_time, again = asyncio.run(scenario())
    decision = office.recorded(Request("late")).decision
    assert (decision.action, decision.score, decision.degraded) == (chosen, None, ("score", "rules", "time"))
    assert late.body == again.body == office.recorded(Request("late")).answer
    assert office.recorded(Request("other")).decision.degraded == ()
    assert office.recorded(Request("other")).vector[0] == 1
    assert in_time.body == office.recorded(Request("other")).answer


class SlowToExplain(FanInScorer):
    """Holds everything, and explains once it is told to."""

    def __init__(self):
        super().__init__(policy=Policy(version="p1", hold_at=0.0, block_at=1.0))
        self.told = threading.Event()

    def explain(self, vector, also=()):
        self.told.wait(10)
        return super().explain(vector, also)


def test_an_explanation_that_comes_too_late_is_left_out_of_the_answer_and_of_the_log():
    async def scenario():
        scorer = SlowToExplain()
        office = await Office.opened(scorer=scorer, patience_s=FAR_AWAY)
        soon = asyncio.get_running_loop().time() + 0.05
        (answer,) = await office.desk.decide([Request("1")], soon)
        scorer.told.set()
        office.desk._explainer.shutdown()
        return office.recorded(Request("1")), answer

    recorded, answer = asyncio.run(scenario())
    assert answer.body == recorded.answer
    assert recorded.decision.action is Action.HOLD
    assert (recorded.decision.degraded, recorded.decision.evidence) == (("explanation",), ())


def test_what_is_not_durable_in_time_is_not_answered_and_its_first_answer_comes_when_it_is():
    async def scenario():
        office = await Office.opened(patience_s=0.0)
        gate, record = asyncio.Event(), office.log.record

        async def slow(rows):
            await gate.wait()
            await record(rows)

        office.log.record = slow
        soon = asyncio.get_running_loop().time() + 0.02
        with pytest.raises(Unavailable, match="not durable in time"):
            await office.desk.decide([Request("1")], soon)
        assert office.desk.on_the_way == 1
        again = asyncio.create_task(office.one(Request("1")))
        await asyncio.sleep(0)
        gate.set()
        return office, await again

    office, answer = asyncio.run(scenario())
    assert answer.repeated
    assert answer.body == office.recorded(Request("1")).answer
    assert (office.desk.not_durable_in_time, office.desk.on_the_way) == (1, 0)
    assert len(office.state.transfers) == 1


def test_what_the_log_cannot_look_up_in_time_is_not_answered_and_its_id_is_free_again():
    async def scenario():
        office = await Office.opened(patience_s=0.0)
        first = await office.one(Request("1"))
        find_all, office.log.find_all = office.log.find_all, lambda keys: asyncio.Event().wait()
        with pytest.raises(Unavailable, match="not durable in time"):
            await office.desk.decide([Request("1")], asyncio.get_running_loop().time() + 0.02)
        office.log.find_all = find_all
        return office.desk, first, await office.one(Request("1"))

    desk, first, again = asyncio.run(scenario())
    assert (desk.not_durable_in_time, desk.on_the_way) == (1, 0)
    assert (again.repeated, again.body) == (True, first.body)


def test_there_is_room_for_so_many_and_for_so_many_of_one_participant():
    async def scenario():
        office = await Office.opened(room=5, share=3)
        deciding = [
            asyncio.create_task(office.desk.decide([Request(str(number), participant=name)]))
            for name, number in [("a", 1), ("a", 2), ("a", 3), ("b", 1)]
        ]
        await asyncio.sleep(0)
        with pytest.raises(Overloaded, match="of a are"):
            office.desk.refuse_when_full("a")
        office.desk.refuse_when_full("b")
        deciding.append(asyncio.create_task(office.desk.decide([Request("2", participant="b")])))
        await asyncio.sleep(0)
        with pytest.raises(Overloaded, match="on the way already"):
            office.desk.refuse_when_full("c")
        await asyncio.gather(*deciding)
        office.desk.refuse_when_full("a")
        return office.desk

    desk = asyncio.run(scenario())
    assert (desk.no_room, desk.beyond_share, desk.on_the_way) == (1, 1, 0)
