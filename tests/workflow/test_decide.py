"""Once each, in order, durable before answered, and harsh when blind."""

import asyncio
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antifraud.domain.decision import Action, ReasonKind
from antifraud.domain.errors import NotDurable, TransferConflict, Unavailable
from antifraud.domain.policy import Policy
from tests.workflow.desks import Office
from tests.workflow.memory import FANNED_IN, FanInScorer, Request, render

# Few ids and amounts: repeats and conflicts happen on every run.
REQUESTS = st.lists(
    st.builds(
        Request,
        transfer_id=st.sampled_from("1234567"),
        payee=st.sampled_from("bcd"),
        amount_minor=st.sampled_from([100, 200]),
        participant=st.sampled_from(["fictional-bank", "fictional-wallet"]),
    ),
    max_size=30,
)


def said(answer):
    """Return an answer as something that can be compared."""
    return str(answer) if isinstance(answer, TransferConflict) else (answer.body, answer.repeated)


@given(REQUESTS, st.lists(st.integers(1, 30)))
def test_a_batch_is_answered_like_its_transfers_one_by_one(requests, cuts):
    async def one_by_one():
        office = await Office.opened()
        return [said(await office.one(request)) for request in requests]

    async def in_batches():
        office, answers, rest = await Office.opened(), [], requests
        for cut in [*cuts, 1000]:
            answers += await office.desk.decide(rest[:cut])
            rest = rest[cut:]
        return [said(answer) for answer in answers]

    assert asyncio.run(one_by_one()) == asyncio.run(in_batches())


def test_a_long_batch_keeps_its_order_while_single_transfers_get_their_turn():
    async def scenario():
        office = await Office.opened()
        batch = [Request(f"batch-{number}", payee="x") for number in range(350)]
        single = Request("single", payee="y")
        answers, _ = await asyncio.gather(office.desk.decide(batch), office.one(single))
        return office, batch, single, answers

    office, batch, single, answers = asyncio.run(scenario())
    assert [answer.body for answer in answers] == [office.recorded(request).answer for request in batch]
    assert [office.recorded(request).vector[0] for request in batch] == list(range(350))
    stamps = [office.recorded(request).transfer.received_at for request in batch]
    assert stamps == sorted(set(stamps))
    assert office.recorded(single).transfer.received_at < stamps[-1]  # it did not wait for the whole batch


@given(st.integers(2, 6), st.integers(1, 3))
def test_the_same_transfer_sent_at_once_is_decided_once(copies, calls):
    async def scenario():
        office = await Office.opened()
        batch = [Request("1")] * copies
        answers = await asyncio.gather(*(office.desk.decide(batch) for _ in range(calls)))
        return office, [answer for some in answers for answer in some]

    office, answers = asyncio.run(scenario())
    assert len(office.log.rows) == len(office.state.transfers) == len(office.watch.decisions) == 1
    assert len({answer.body for answer in answers}) == 1
    assert sorted(answer.repeated for answer in answers) == [False] + [True] * (copies * calls - 1)


def test_another_body_under_the_same_id_is_a_conflict_that_names_what_changed():
    async def scenario():
        office = await Office.opened()
        return await office.desk.decide([Request("1"), Request("1", amount_minor=7, payee="c"), Request("2")])

    first, conflict, other = asyncio.run(scenario())
    assert isinstance(conflict, TransferConflict)
    assert "payee, amount_minor" in str(conflict)
    assert not first.repeated
    assert not other.repeated


class Failing(FanInScorer):
    """A scorer that goes wrong in one of several ways."""

    def __init__(self, scores=None):
        super().__init__()
        self.scores = scores

    def score(self, vectors):
        if self.scores is None:
            raise RuntimeError("the model is gone")
        return np.array(self.scores)


class Unreadable:
    """Rules that cannot be read, all or one of them."""

    version = None

    def __init__(self, code=None):
        self.code = code

    def hits(self, vector):
        if self.code is None:
            raise RuntimeError("the rules are gone")
        return (), (self.code,)


@pytest.mark.parametrize(
    ("parts", "degraded"),
    [
        ({"scorer": Failing()}, ("score",)),
        ({"scorer": Failing([float("nan")])}, ("score",)),
        ({"scorer": Failing([float("-inf")])}, ("score",)),
        ({"scorer": Failing([0.0, 0.0])}, ("score",)),
        ({"rules": Unreadable()}, ("rules",)),
        ({"rules": Unreadable("fan-in@1")}, ("fan-in@1",)),
        ({"scorer": Failing(), "rules": Unreadable()}, ("score", "rules")),
    ],
)
@pytest.mark.parametrize("chosen", [Action.HOLD, Action.BLOCK])
def test_blind_is_never_allow(parts, degraded, chosen):
    async def scenario():
        office = await Office.opened(**parts, blind={"fictional-bank": chosen})
        await office.one(Request("1"))
        return office.recorded(Request("1")).decision

    decision = asyncio.run(scenario())
    assert decision.action is chosen
    assert decision.degraded == degraded
    assert {reason.code for reason in decision.reasons if reason.kind is ReasonKind.BLIND} == set(degraded)


def test_unreadable_features_hold_the_transfer_and_close_the_state_until_it_is_rebuilt():
    async def scenario():
        office = await Office.opened()
        await office.one(Request("1"))
        office.state.broken = True
        await office.one(Request("2"))
        with pytest.raises(Unavailable):
            await office.one(Request("3"))
        await office.live.reopen()
        await office.one(Request("3"))
        return [office.recorded(Request(name)) for name in "23"]

    blind, after = asyncio.run(scenario())
    assert blind.decision.action is Action.HOLD
    assert blind.decision.degraded == ("score", "features")
    assert blind.vector.size == 0
    assert after.vector[0] == 2  # the transfer decided blind is history like any other


class Mute(FanInScorer):
    """A scorer that cannot say why."""

    def explain(self, vector, also=()):
        raise RuntimeError("no words")


@pytest.mark.parametrize("scorer", [FanInScorer(), Mute()])
def test_only_holds_and_blocks_are_explained_and_a_failed_explanation_changes_no_action(scorer):
    async def scenario():
        office = await Office.opened(scorer=scorer)
        await office.desk.decide([Request(str(number)) for number in range(10)])
        return [office.recorded(Request(str(number))).decision for number in range(10)]

    decisions = asyncio.run(scenario())
    assert [each.action for each in decisions] == [Action.ALLOW] * 3 + [Action.HOLD] * 4 + [Action.BLOCK] * 3
    mute = isinstance(scorer, Mute)
    assert all(each.degraded == (("explanation",) if mute else ()) for each in decisions[3:])
    assert [len(each.evidence) for each in decisions] == [0] * 3 + [0 if mute else 1] * 7


def test_what_is_held_without_a_score_has_nothing_to_explain_and_is_written_once():
    async def scenario():
        office = await Office.opened(scorer=Failing())
        amended, amend = [], office.log.amend

        async def watched(rows):
            amended.extend(rows)
            await amend(rows)

        office.log.amend = watched
        await office.one(Request("1"))
        return amended, office.recorded(Request("1")).decision.degraded

    assert asyncio.run(scenario()) == ([], ("score",))


class FiresAlways:
    """A rule that is always right, or one that does not know what it read."""

    version = "always-1"

    def __init__(self, reads=("payee_reports_30d",)):
        self._reads = reads

    def hits(self, vector):
        return (FANNED_IN,), ()

    def reads(self, code):
        if self._reads is None:
            raise RuntimeError("nobody knows")
        return self._reads


@pytest.mark.parametrize("scorer", [FanInScorer(), Mute(), Failing()])
@pytest.mark.parametrize("rules", [FiresAlways(), FiresAlways(None)])
def test_what_a_rule_read_is_evidence_with_or_without_a_model_and_never_stops_a_decision(scorer, rules):
    async def scenario():
        office = await Office.opened(scorer=scorer, rules=rules)
        await office.one(Request("1"))
        return office.recorded(Request("1"))

    row = asyncio.run(scenario())
    assert row.decision.action is Action.BLOCK
    read = [each.feature for each in row.decision.evidence if each.feature == "payee_reports_30d"]
    assert read == ([] if rules._reads is None else ["payee_reports_30d"])
    assert row.answer == render(row.transfer, row.decision)


class Slow(FanInScorer):
    """Explains once it is told to."""

    def __init__(self):
        super().__init__(policy=Policy(version="p1", hold_at=0.0, block_at=1.0))
        self.asked, self.told = threading.Event(), threading.Event()

    def explain(self, vector, also=()):
        self.asked.set()
        self.told.wait(10)
        return super().explain(vector, also)


@pytest.mark.parametrize("durable", [True, False])
def test_who_looks_up_a_transfer_on_its_way_gets_what_is_answered(durable):
    async def scenario():
        scorer = Slow()
        office = await Office.opened(scorer=scorer)
        deciding = asyncio.create_task(office.one(Request("1")))
        await asyncio.to_thread(scorer.asked.wait, 10)
        looking = asyncio.create_task(office.desk.find("fictional-bank", "1"))
        await asyncio.sleep(0)
        office.log.broken = not durable
        scorer.told.set()
        (answer,) = await asyncio.gather(deciding, return_exceptions=True)
        return answer, await looking

    answer, found = asyncio.run(scenario())
    if durable:
        assert found.answer == answer.body
    else:  # it stands in the log without its last words, and nobody was told anything
        assert isinstance(answer, NotDurable)
        assert found.decision.degraded == ("explanation",)


def test_what_is_not_durable_is_not_answered_and_leaves_no_trace():
    async def scenario():
        office = await Office.opened()
        await office.one(Request("1"))
        office.log.broken = True
        with pytest.raises(NotDurable):
            await office.desk.decide([Request("1"), Request("2")])
        office.log.broken = False
        with pytest.raises(Unavailable):
            await office.one(Request("3"))
        repeated = await office.one(Request("1"))  # what the log knows is answered even now
        assert repeated.repeated
        await office.live.reopen()
        again = await office.one(Request("2"))
        return office, again

    office, again = asyncio.run(scenario())
    assert not again.repeated
    assert office.recorded(Request("2")).vector[0] == 1
    assert office.desk.on_the_way == 0


def test_who_stops_waiting_stops_nothing_that_has_begun():
    async def scenario():
        office = await Office.opened()
        gate, record = asyncio.Event(), office.log.record

        async def slow(rows):
            await gate.wait()
            await record(rows)

        office.log.record = slow
        first = asyncio.create_task(office.one(Request("1")))
        while office.live.quiet:
            await asyncio.sleep(0)
        second = asyncio.create_task(office.one(Request("1")))
        await asyncio.sleep(0)
        first.cancel()
        gate.set()
        answer = await second
        assert answer.repeated
        assert office.live.closed_because is None
        return office, answer

    office, answer = asyncio.run(scenario())
    assert len(office.state.transfers) == len(office.log.rows) == 1
    assert office.recorded(Request("1")).answer == answer.body
    assert office.desk.on_the_way == 0


def test_reopening_waits_for_those_inside():
    async def scenario():
        office = await Office.opened()
        inside = asyncio.create_task(office.one(Request("1")))
        while office.live.quiet:
            await asyncio.sleep(0)
        office.live.doubt("somebody asked for it")
        await office.live.reopen()
        assert inside.done()
        return office

    office = asyncio.run(scenario())
    assert len(office.state.transfers) == len(office.log.rows) == 1
