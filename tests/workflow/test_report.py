"""A report is known from now on, never before; saying it again changes nothing."""

import asyncio
import contextlib

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from antifraud.domain.decision import Action
from antifraud.domain.errors import NotFound, TransferConflict, Unavailable
from antifraud.domain.report import ReportSource
from antifraud.workflow.line import Overloaded
from antifraud.workflow.report import ReportRequest
from tests.workflow.desks import Office
from tests.workflow.memory import Request, rebuilt_from


def about(transfer_id, fraud=True, source=ReportSource.POLICE):
    return ReportRequest(participant="fictional-bank", transfer_id=transfer_id, fraud=fraud, source=source)


def test_a_report_changes_the_next_decision_about_the_payee_and_no_earlier_one():
    async def scenario():
        office = await Office.opened()
        for name in "12":
            await office.one(Request(name))
        before = dict(office.log.rows)
        await office.reports.report(about("1"))
        await office.one(Request("3"))
        await office.reports.report(about("1", fraud=False))
        await office.one(Request("4", payee="b"))
        return office, before

    office, before = asyncio.run(scenario())
    assert {key: office.log.rows[key] for key in before} == before
    actions = [office.recorded(Request(name)).decision.action for name in "1234"]
    assert actions == [Action.ALLOW, Action.ALLOW, Action.BLOCK, Action.HOLD]


def test_decisions_and_reports_at_once_reach_the_state_in_the_order_of_their_stamps():
    async def scenario():
        office = await Office.opened()
        await office.desk.decide([Request(str(number)) for number in range(6)])
        for turn in range(6):  # what is sent to the state is longer or shorter on its way each time
            decided = [office.one(Request(f"{turn}-{number}", payee=f"p{turn}")) for number in range(3)]
            await asyncio.gather(*decided, office.reports.report(about(str(turn))))
        return office

    office = asyncio.run(scenario())
    assert office.live.closed_because is None
    assert len(office.log.reports) == 6
    assert all(row.decision.degraded == () for row in office.log.rows.values())


def test_a_report_about_a_transfer_never_decided_is_refused():
    async def scenario():
        office = await Office.opened()
        with pytest.raises(NotFound, match="never-seen"):
            await office.reports.report(about("never-seen"))
        return office.log.reports, office.state.reports

    assert asyncio.run(scenario()) == ([], [])


def test_the_same_report_at_once_or_again_is_one_report():
    async def scenario():
        office = await Office.opened()
        await office.one(Request("1"))
        at_once = await asyncio.gather(*(office.reports.report(about("1")) for _ in range(4)))
        later = await office.reports.report(about("1"))
        return office, [*at_once, later]

    office, answers = asyncio.run(scenario())
    assert len(office.log.reports) == len(office.state.reports) == 1
    assert {report for report, _ in answers} == set(office.log.reports)
    assert sorted(repeated for _, repeated in answers) == [False, True, True, True, True]


def test_there_is_room_for_so_many_reports_at_once():
    async def scenario():
        office = await Office.opened()
        office.reports.room = 2
        for name in "123":
            await office.one(Request(name))
        taken = [asyncio.create_task(office.reports.report(about(name))) for name in "1212"]
        await asyncio.sleep(0)
        with pytest.raises(Overloaded, match="2 reports are on the way already"):
            await office.reports.report(about("3"))
        await asyncio.gather(*taken)
        await office.reports.report(about("3"))
        return office

    office = asyncio.run(scenario())
    assert (len(office.log.reports), office.reports.no_room, office.reports.under_way) == (3, 1, 0)


class StateAndLog(RuleBasedStateMachine):
    """Whatever fails in between, an open state has seen exactly what the log holds."""

    def __init__(self):
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.office = Office()
        self.answered = {}

    def run(self, work):
        return self.loop.run_until_complete(work)

    @rule(
        requests=st.lists(
            st.builds(Request, st.sampled_from("12345678"), payee=st.sampled_from("bc")), min_size=1, max_size=4
        )
    )
    def decide(self, requests):
        try:
            answers = self.run(self.office.desk.decide(requests))
        except Unavailable:
            return
        for request, answer in zip(requests, answers, strict=True):
            if not isinstance(answer, TransferConflict):
                assert self.answered.setdefault(request.transfer_id, answer.body) == answer.body

    @rule(transfer_id=st.sampled_from("12345678"), fraud=st.booleans())
    def report(self, transfer_id, fraud):
        with contextlib.suppress(NotFound, Unavailable):
            self.run(self.office.reports.report(about(transfer_id, fraud)))

    @rule()
    def break_the_log(self):
        self.office.log.broken = True

    @precondition(lambda self: self.office.log.broken)
    @rule()
    def repair_the_log(self):
        self.office.log.broken = False

    @precondition(lambda self: self.office.live.closed_because is None)
    @rule()
    def break_the_features(self):
        self.office.state.broken = True

    @precondition(lambda self: self.office.live.closed_because is not None)
    @rule()
    def reopen(self):
        self.run(self.office.live.reopen())

    @invariant()
    def an_open_state_equals_the_log(self):
        if self.office.live.closed_because is None:
            wanted = self.run(rebuilt_from(self.office.log))
            assert self.office.state.transfers == wanted.transfers
            assert self.office.state.reports == wanted.reports

    @invariant()
    def everything_answered_is_in_the_log(self):
        rows = self.office.log.rows
        assert all(rows["fictional-bank", name].answer == body for name, body in self.answered.items())

    def teardown(self):
        self.loop.close()


TestStateAndLog = StateAndLog.TestCase
TestStateAndLog.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
