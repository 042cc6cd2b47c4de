"""An incident under several banks, police and a prosecutor who act at once and at random: what stays true."""

import itertools
from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete

from antifraud.domain.center.basis import BasisKind
from antifraud.domain.center.hold import Hold
from antifraud.domain.center.hold_acts import BasisAdded, BasisEnded, Held, HeldWhat, Released, ReleaseGround
from antifraud.domain.center.incident import TRACE_APART, Incident
from antifraud.domain.center.incident_acts import ConfirmedPart
from antifraud.domain.center.incident_steps import DROPPED, TRACED, IncidentStatus
from antifraud.domain.center.inquiry import Inquiry, InquiryStatus
from antifraud.domain.center.inquiry_acts import SuspensionAnswered, SuspensionAsked
from antifraud.domain.center.people import ENGINE, Actor, Role
from antifraud.domain.center.return_order import ReturnOrder, ReturnStatus
from antifraud.domain.center.taint import Taint, TaintStatus
from antifraud.domain.errors import AntifraudError
from antifraud.store.center.journal import verify
from antifraud.store.center.schema import metadata
from antifraud.workflow.center import returning, reviewing
from antifraud.workflow.center.answering import Reply, answer_inquiry, answer_suspension, ask_suspension
from antifraud.workflow.center.chasing import chase
from antifraud.workflow.center.clocks import after_clock
from antifraud.workflow.center.moving import begin, move, tick
from antifraud.workflow.center.reviewing import Signed
from tests.center.incidents import ANALYSTS, DANA, ERLAN, FARIDA, POLICY, opened, seed
from tests.center.passages import START, passage

ACTORS = [*ANALYSTS.values(), DANA, ERLAN, FARIDA, Actor("operator", Role.OPERATOR, "olga")]
WHO = st.sampled_from(ACTORS)
RIGHT = st.integers(0, 5)  # mostly the right person, sometimes anybody
PICK = st.integers(0, 20)
AMOUNTS = st.integers(0, 1_000)
WAYS = st.lists(
    st.tuples(*[st.sampled_from(["b2:mule", "b3:y", "b4:z", "b1:x", "b1:victim"])] * 2, st.integers(1, 900)), max_size=6
)


class OneIncident(RuleBasedStateMachine):
    """Anybody does anything at any time; what is refused leaves no trace."""

    book = None  # set by the test

    @initialize(ways=WAYS, attempt=st.booleans())
    def open(self, ways, attempt):
        with self.book.engine.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(delete(table))
        self.now, self.number = START + timedelta(hours=1), itertools.count(2)
        self.moved_on = None  # when stolen money was last seen to move
        self.stolen = [passage(0, "b1:victim", "b2:mule", 900, 0), passage(1, "b1:victim", "b3:y", 100, 1)]

        def work(page):
            seed(page, self.stolen)
            for minute, (payer, payee, amount) in enumerate(ways, 5):
                seed(page, [passage(next(self.number), payer, payee, amount, minute)])
            if attempt:
                self.stopped(page)
            return opened(page, self.stolen, self.now, policy=POLICY)

        self.incident = self.book.write_now(work)

    def stopped(self, page):
        act = Held(
            by=ENGINE, at=self.now, bank="bank-1", what=HeldWhat.INSTRUCTION, participant="bank-1", transfer_id="t1",
            account="b1:victim", amount_minor=100, currency="KZT", basis=BasisKind.BANK_SUSPICION,
        )  # fmt: skip
        begin(page, Hold.begin(page.new_id(self.now), act), act)

    # ---- what happens

    def tried(self, work):
        """Do as people do: refused or not."""
        try:
            return self.book.write_now(work)
        except AntifraudError:
            return None

    def some(self, kind, pick):
        """Return one of the incident's lives of a kind, None when there is none."""
        found = self.all(kind)
        return found[pick % len(found)] if found else None

    def all(self, kind):
        key = f"incident:{self.incident.life_id}"
        return self.book.read_now(lambda page: page.found_by(kind, key))

    def signed(self, right, who, chance, **more):
        actor = right if chance and right is not None else who
        return Signed(actor=actor, now=self.now, reason="why", ground="case 7", **more)

    def lead(self):
        now = self.book.read_now(lambda page: page.get(Incident, self.incident.life_id))
        return {"police": DANA, "police-2": ERLAN}.get(now.police)

    @rule(minutes=st.integers(1, 120) | st.integers(600, 20_000))
    def time_passes(self, minutes):
        self.now += timedelta(minutes=minutes)

    @rule()
    def the_engine_looks(self):
        def then(page, life, act):
            after_clock(page, life, act, POLICY)

        while self.book.write_now(lambda page: tick(page, self.now, 50, then)):
            pass
        for hold in self.all(Hold):
            if hold.held_minor:
                assert any(basis.in_force(self.now) for basis in hold.bases), "held without a basis"
                assert hold.free_at is None or hold.free_at > self.now, "held past its clock"

    @rule(way=st.tuples(*[st.sampled_from(["b2:mule", "b3:y", "b4:z", "b1:x"])] * 2), amount=st.integers(1, 900))
    def money_moves_on(self, way, amount):
        minute = int((self.now - START).total_seconds() // 60)

        def work(page):
            seed(page, [passage(next(self.number), *way, amount, minute)])
            return chase(page, [way[0]], self.now)

        for each in self.book.write_now(work):
            self.moved_on = self.now
            assert each.trace_at <= self.now + self.soon()

    @rule(pick=PICK, who=WHO, chance=RIGHT, suspended=st.none() | st.booleans())
    def suspend(self, pick, who, chance, suspended):
        """Ask for a suspension, or answer that."""
        inquiry = self.some(Inquiry, pick)
        if inquiry is not None and suspended is None:
            signed = self.signed(self.lead(), who, chance)
            self.tried(lambda page: ask_suspension(page, inquiry.life_id, signed))
        elif inquiry is not None:
            signed = self.signed(ANALYSTS[inquiry.birth.bank], who, chance)
            self.tried(lambda page: answer_suspension(page, inquiry.life_id, signed, suspended=suspended))

    @rule(pick=PICK, who=WHO, chance=RIGHT, amount=AMOUNTS | st.none(), reason=st.none() | st.just("more came"))
    def answer(self, pick, who, chance, amount, reason):
        inquiry = self.some(Inquiry, pick)
        if inquiry is not None:
            by = ANALYSTS[inquiry.birth.bank] if chance else who
            reply = Reply(held_minor=inquiry.left_minor if amount is None else amount, reason=reason)
            self.tried(lambda page: answer_inquiry(page, inquiry.life_id, reply, by, self.now))

    @rule(by=st.sampled_from([*ANALYSTS.values(), DANA, FARIDA]))
    def complain(self, by):
        self.tried(lambda page: opened(page, self.stolen, self.now, by=by))
        self.incident = self.book.read_now(lambda page: page.get(Incident, self.incident.life_id))

    @rule(who=WHO, chance=RIGHT)
    def take_lead(self, who, chance):
        self.tried(lambda page: reviewing.take_lead(page, self.incident.life_id, self.signed(DANA, who, chance)))

    @rule(who=WHO, chance=RIGHT, to=st.sampled_from(["police", "police-2"]))
    def hand_over(self, who, chance, to):
        signed = self.signed(self.lead(), who, chance)
        self.tried(lambda page: reviewing.hand_over(page, self.incident.life_id, to, signed))

    @rule(who=WHO, chance=RIGHT)
    def review(self, who, chance):
        signed = self.signed(self.lead() or ANALYSTS["bank-1"], who, chance)
        self.tried(lambda page: reviewing.review(page, self.incident.life_id, signed))

    @rule(who=WHO, chance=RIGHT, parts=st.lists(st.none() | st.integers(1, 900), max_size=5))
    def confirm(self, who, chance, parts):
        holds = [hold for hold in self.all(Hold) if hold.held_minor]
        named = [
            ConfirmedPart(hold_id=hold.life_id, amount_minor=min(part, hold.held_minor))
            for hold, part in zip(holds, parts, strict=False)
            if part is not None
        ]
        signed = self.signed(self.lead(), who, chance)
        self.tried(lambda page: reviewing.confirm(page, self.incident.life_id, named, signed))

    @rule(who=WHO, chance=RIGHT, verb=st.sampled_from(["deny", "withdraw", "close"]), likely=st.integers(0, 3))
    def end(self, who, chance, verb, likely):
        if likely == 0:  # else few incidents would live long
            signed = self.signed(self.lead() or ANALYSTS["bank-1"], who, chance)
            self.tried(lambda page: getattr(reviewing, verb)(page, self.incident.life_id, signed))

    @rule(pick=PICK, who=WHO, chance=RIGHT, hours=st.integers(1, 900))
    def order(self, pick, who, chance, hours):
        hold, until = self.some(Hold, pick), self.now + timedelta(hours=hours)
        if hold is not None:
            by = (self.lead() or who) if chance else who
            act = BasisAdded(
                by=by, at=self.now, basis=BasisKind.POLICE_ORDER, document="order 1", until=until, reason="why"
            )
            self.tried(lambda page: move(page, page.get(Hold, hold.life_id), act))

    @rule(pick=PICK, who=WHO, chance=RIGHT)
    def lift(self, pick, who, chance):
        hold = self.some(Hold, pick)
        if hold is not None:
            act = BasisEnded(
                by=(self.lead() or who) if chance else who, at=self.now, basis=BasisKind.POLICE_ORDER, reason="why"
            )
            self.tried(lambda page: move(page, page.get(Hold, hold.life_id), act))

    @rule(pick=PICK, who=WHO, chance=RIGHT, amount=st.integers(1, 900))
    def release(self, pick, who, chance, amount):
        hold = self.some(Hold, pick)
        if hold is not None:
            by = ANALYSTS[hold.birth.bank] if chance else who
            act = Released(
                by=by, at=self.now, amount_minor=amount, because=ReleaseGround.PROVEN_HONEST, reason="papers"
            )
            self.tried(lambda page: move(page, page.get(Hold, hold.life_id), act))

    @rule(pick=PICK, who=WHO, chance=RIGHT, amount=st.none() | st.integers(1, 900))
    def draft(self, pick, who, chance, amount):
        hold = self.some(Hold, pick)
        if hold is not None:
            wanted = amount or min(hold.held_minor, self.incident.claimed_minor)
            draft = returning.Draft(hold_id=hold.life_id, amount_minor=wanted, prosecution="prosecution")
            signed = self.signed(self.lead(), who, chance)
            self.tried(lambda page: returning.draft_return(page, self.incident.life_id, draft, signed))

    @rule(pick=PICK, who=WHO, chance=RIGHT, yes=st.integers(0, 3))
    def decide_return(self, pick, who, chance, yes):
        order, signed = self.some(ReturnOrder, pick), self.signed(FARIDA, who, chance)
        if order is not None and yes:
            self.tried(lambda page: returning.sanction(page, order.life_id, "s1", signed))
        elif order is not None:
            self.tried(lambda page: returning.refuse_sanction(page, order.life_id, signed))

    @rule(pick=PICK, who=WHO, chance=RIGHT, amount=st.integers(1, 900), again=st.booleans())
    def change_order(self, pick, who, chance, amount, again):
        order, signed = self.some(ReturnOrder, pick), self.signed(self.lead(), who, chance)
        if order is not None and again:
            self.tried(lambda page: returning.redraft(page, order.life_id, amount, signed))
        elif order is not None:
            self.tried(lambda page: returning.cancel(page, order.life_id, signed))

    @rule(pick=PICK, who=WHO, chance=RIGHT)
    def pay(self, pick, who, chance):
        order = self.some(ReturnOrder, pick)
        if order is not None:
            signed = self.signed(ANALYSTS[order.birth.bank], who, chance)
            self.tried(lambda page: returning.execute(page, order.life_id, "p1", signed))

    # ---- what stays true

    @invariant()
    def an_incident_says_what_its_holds_say(self):
        holds, orders = self.all(Hold), self.all(ReturnOrder)
        incident = self.book.read_now(lambda page: page.get(Incident, self.incident.life_id))
        for hold in holds:
            parts = (hold.held_minor, hold.released_minor, hold.refused_minor, hold.returned_minor)
            assert sum(parts) == hold.birth.amount_minor
            assert min(parts) >= 0
        sums = incident.sums
        assert sums.held_minor == sum(hold.held_minor for hold in holds)
        assert sums.released_minor == sum(hold.released_minor for hold in holds)
        assert sums.refused_minor == sum(hold.refused_minor for hold in holds)
        assert sums.returned_minor == sum(hold.returned_minor for hold in holds)
        assert sums.ordered_minor == sum(order.amount_minor for order in orders if order.binds)
        assert sums.ordered_minor <= incident.claimed_minor

    @invariant()
    def nothing_is_returned_without_a_sanction(self):
        orders = self.all(ReturnOrder)
        for hold in self.all(Hold):
            paid = [o for o in orders if o.birth.hold_id == hold.life_id and o.status is ReturnStatus.EXECUTED]
            assert hold.returned_minor == sum(order.amount_minor for order in paid)
            assert all(order.sanction is not None for order in paid)
            waiting = [o for o in orders if o.birth.hold_id == hold.life_id and o.status is ReturnStatus.SANCTIONED]
            assert sum(order.amount_minor for order in waiting) <= hold.held_minor

    @invariant()
    def what_ended_holds_nothing_of_its_own(self):
        incident = self.book.read_now(lambda page: page.get(Incident, self.incident.life_id))
        held = [hold for hold in self.all(Hold) if hold.held_minor]
        if incident.status in (IncidentStatus.RELEASED, IncidentStatus.CLOSED, IncidentStatus.NO_FUNDS):
            assert held == []
        if incident.status in DROPPED:
            assert held
            for hold in held:
                kinds = {basis.kind for basis in hold.bases if basis.ended_at is None}
                assert BasisKind.BANK_SUSPICION not in kinds
        if incident.ended:
            assert all(each.status is InquiryStatus.ENDED for each in self.all(Inquiry))
            assert all(each.status is TaintStatus.CLEARED for each in self.all(Taint))

    @invariant()
    def answers_stay_within_what_arrived_or_say_why(self):
        for each in self.all(Inquiry):
            assert each.asked_minor <= each.arrived_minor
            said = self.book.read_now(lambda page, each=each: page.acts_of(each.life_id))
            if each.held_minor > each.arrived_minor:
                assert any(written.act.reason for written in said if written.act.by.role is not Role.PLATFORM)
            asked = [one.act for one in said if isinstance(one.act, SuspensionAsked | SuspensionAnswered)]
            for place, act in enumerate(asked):  # the police ask, then the bank answers, and so on
                assert isinstance(act, (SuspensionAsked, SuspensionAnswered)[place % 2])
                assert (act.by.role is Role.INVESTIGATOR) == (place % 2 == 0)

    @invariant()
    def money_that_moved_on_waits_for_no_planned_look(self):
        incident = self.book.read_now(self.whole)
        if self.moved_on is not None and incident.status in TRACED and incident.traced_at is not None:
            looked = incident.traced_at >= self.moved_on  # a look at the very moment, before or after, is as good
            planned = incident.trace_at is not None and incident.trace_at <= self.moved_on + self.soon()
            assert looked or planned, "stolen money moved, and nobody looks"

    def soon(self):
        """Return how long after the last movement the next look may be."""
        return max(TRACE_APART, (self.moved_on - self.incident.birth.at) / 60)

    @invariant()
    def no_clock_is_forgotten(self):
        for kind in (Incident, Inquiry, ReturnOrder):
            for each in self.all(kind) if kind is not Incident else [self.book.read_now(self.whole)]:
                far = self.now + timedelta(days=900)
                assert (each.due_at is None) == (each.due(far) is None)

    def whole(self, page):
        return page.get(Incident, self.incident.life_id)

    def teardown(self):
        with self.book.engine.connect() as connection:
            assert verify(connection).problem is None


def test_whatever_people_and_clocks_do_sums_balance_and_rights_hold(new_book, request):
    on_a_server = "postgresql" in request.node.name
    OneIncident.book = new_book()
    run_state_machine_as_test(
        OneIncident,
        settings=settings(
            max_examples=8 if on_a_server else 60,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
