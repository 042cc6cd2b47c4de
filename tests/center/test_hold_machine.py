"""A hold under anything, by anybody, at any time: what stays true."""

from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from antifraud.domain.center.basis import BasisKind
from antifraud.domain.center.calendar import end_of_working_day
from antifraud.domain.center.hold import Hold, HoldStatus
from antifraud.domain.center.hold_acts import (
    BasisAdded,
    BasisEnded,
    ClientAnswered,
    ClientSays,
    Countersigned,
    Expired,
    HeldWhat,
    RefusalGround,
    Refused,
    Released,
    ReleaseGround,
    ReleaseProposed,
    Returned,
    Warned,
)
from antifraud.domain.center.hold_table import OPEN
from antifraud.domain.center.people import ENGINE, Role
from antifraud.domain.errors import AntifraudError
from tests.center.making import ANALYST, INVESTIGATOR, OFFICER, SAME_AS_ANALYST, STRANGER, clocks, held

ORDERS = {BasisKind.POLICE_ORDER, BasisKind.SEIZURE, BasisKind.SANCTIONED_RETURN}
NOON = datetime.fromisoformat("2026-03-19T07:00:00+00:00")


class HeldMoney(RuleBasedStateMachine):
    """Anybody does anything at any time; the engine looks when it looks."""

    @initialize(
        what=st.sampled_from(HeldWhat),
        limit=st.none() | st.integers(0, 1_000),
        safe=st.booleans(),
        kind=st.sampled_from([BasisKind.BANK_SUSPICION, BasisKind.COERCION]),
    )
    def begin(self, what, limit, safe, kind):
        self.now = NOON
        act = held(
            NOON, 1_000, what=what, second_signature_above=limit, safe_account=safe, police="police", incident_id="i1",
            basis=kind,
        )  # fmt: skip
        self.life, self.acts, self.signed_alone = Hold.begin("h1", act), [act], 0

    def tried(self, act):
        """Apply an act as people do: refused or not, the clock has spoken before it if it had to."""
        before = self.life
        try:
            after = before.apply(act)
        except AntifraudError:
            assert self.life is before
            return
        assert after.version == before.version + 1
        orders = [b for b in before.bases if b.kind in ORDERS and b.in_force(self.now)]
        moved = after.released_minor > before.released_minor or after.refused_minor > before.refused_minor
        if moved and not isinstance(act, Expired):
            assert not orders, "money on an order does not move"
        if isinstance(act, Released) and act.by.role is not Role.PLATFORM:
            self.signed_alone = after.released_minor
        if isinstance(act, Released | ReleaseProposed) and act.because is ReleaseGround.CLIENT_INSISTS:
            assert not before.birth.safe_account
        if isinstance(act, Countersigned):
            assert not before.proposal.by.same_person(act.by)
        self.life = after
        self.acts.append(act)

    @rule(hours=st.integers(0, 200), minutes=st.integers(0, 59))
    def time_passes(self, hours, minutes):
        self.now += timedelta(hours=hours, minutes=minutes)

    @rule()
    def the_engine_looks(self):
        for act in clocks(self.life, [self.now]):
            self.tried(act)
        assert self.life.due(self.now) is None
        if self.life.status in OPEN:
            assert any(each.in_force(self.now) for each in self.life.bases), "held without a basis"

    @rule(amount=st.integers(-1, 1_001), because=st.sampled_from(ReleaseGround), by=st.sampled_from([ANALYST, OFFICER]))
    def release(self, amount, because, by):
        kind = ReleaseProposed if self.life.needs_second_signature(amount) else Released
        self.tried(kind(by=by, at=self.now, amount_minor=amount, because=because, ground="g"))

    @rule(by=st.sampled_from([ANALYST, OFFICER, SAME_AS_ANALYST, STRANGER, INVESTIGATOR]))
    def second_person(self, by):
        self.tried(Countersigned(by=by, at=self.now))

    @rule(by=st.sampled_from([ANALYST, OFFICER]), because=st.sampled_from(RefusalGround))
    def refuse(self, by, because):
        self.tried(Refused(by=by, at=self.now, because=because))

    @rule(says=st.sampled_from(ClientSays))
    def client_answers(self, says):
        self.tried(ClientAnswered(by=ANALYST, at=self.now, says=says))

    @rule(
        kind=st.sampled_from(BasisKind),
        by=st.sampled_from([ANALYST, INVESTIGATOR, ENGINE, STRANGER]),
        days=st.none() | st.integers(-1, 40),
        document=st.none() | st.sampled_from(["d1", "d2"]),
    )
    def add(self, kind, by, days, document):
        until = None if days is None else self.now + timedelta(days=days)
        self.tried(BasisAdded(by=by, at=self.now, basis=kind, document=document, until=until, ground="g"))

    @rule(kind=st.sampled_from(BasisKind), by=st.sampled_from([ANALYST, INVESTIGATOR, ENGINE, STRANGER]))
    def take_back(self, kind, by):
        self.tried(BasisEnded(by=by, at=self.now, basis=kind, ground="g"))

    @rule(amount=st.integers(1, 1_000))
    def pay_back(self, amount):
        self.tried(Returned(by=ANALYST, at=self.now, amount_minor=amount, order_id="d1"))

    @invariant()
    def sums_balance(self):
        life = self.life
        parts = (life.held_minor, life.released_minor, life.refused_minor, life.returned_minor)
        assert sum(parts) == life.birth.amount_minor
        assert min(parts) >= 0
        assert (life.held_minor > 0) == (life.status in OPEN)
        assert (life.proposal is not None) == (life.status is HoldStatus.RELEASE_PROPOSED)

    @invariant()
    def no_more_than_the_limit_goes_by_one_signature(self):
        limit = self.life.birth.second_signature_above
        assert limit is None or self.signed_alone <= limit or self.countersigned()

    def countersigned(self):
        return any(isinstance(act, Countersigned) for act in self.acts)

    @invariant()
    def the_clock_never_sleeps(self):
        life = self.life
        assert (life.due_at is None) == (life.due(datetime.max.replace(tzinfo=UTC)) is None)
        if life.status in OPEN and life.free_at is not None:
            assert life.due_at <= life.free_at

    @invariant()
    def each_warning_is_said_once(self):
        said = [(act.ends, act.hours) for act in self.acts if isinstance(act, Warned)]
        assert len(said) == len(set(said))

    @invariant()
    def the_banks_own_bases_end_in_time(self):
        term = end_of_working_day(self.life.birth.at, 5)
        assert all(b.until <= term for b in self.life.bases if b.kind in (BasisKind.BANK_SUSPICION, BasisKind.COERCION))

    def teardown(self):
        """Read again from its acts it is the same life: nothing is in it that no act said."""
        if hasattr(self, "life"):
            again = Hold.begin("h1", self.acts[0])
            for act in self.acts[1:]:
                again = again.apply(act)
            assert again == self.life


HeldMoney.TestCase.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
TestHeldMoney = HeldMoney.TestCase
