"""Stolen money that moves on is looked for at once: no bank waits for the planned look, and no look is wasted."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antifraud.domain.center.hold import Hold
from antifraud.domain.center.hold_acts import Noted, Released, ReleaseGround
from antifraud.domain.center.incident import TRACE_AGAIN_AFTER, TRACE_APART, Incident
from antifraud.domain.center.incident_acts import IncidentSource, MoneyMoved, Opened, Traced, TraceDue
from antifraud.domain.center.inquiry import Inquiry
from antifraud.domain.center.people import ENGINE
from antifraud.domain.center.policy import CenterPolicy
from antifraud.domain.center.taint import Taint
from antifraud.domain.decision import Action
from antifraud.domain.moment import micros
from antifraud.domain.typology import FraudType
from antifraud.workflow.center.clocks import after_clock
from antifraud.workflow.center.follow import Block, take
from antifraud.workflow.center.moving import move, tick
from tests.center.incidents import ANALYSTS, POLICY, opened, seed
from tests.center.making import begin_hold
from tests.center.passages import START, bank_of, passage, passages

NOW = START + timedelta(minutes=30)
SOON = NOW + TRACE_APART


def followed(page, now, *moved, action=Action.ALLOW):
    """Let the follower bring transfers of that moment into the book."""
    after = page.cursor("decisions")
    rows = [
        (seq, bank_of(payer), f"m{seq}", payer, payee, amount, "KZT", amount, micros(now), action.value, None,
         bank_of(payer), bank_of(payee))
        for seq, (payer, payee, amount) in enumerate(moved, after + 1_000_000)
    ]  # fmt: skip
    payers = {payer for payer, _, _ in moved} if action is Action.ALLOW else set()
    block = Block(after=after, upto=rows[-1][0], payers=payers, rows=rows, held=[])
    assert take(page, block, CenterPolicy(), now)


def clocks(page, now):
    return tick(page, now, 50, lambda page, life, act: after_clock(page, life, act, POLICY))


def begun(page):
    """Return an incident whose money lies on the mule's account, traced when it was opened."""
    stolen = passages(("b1:victim", "b2:mule", 900, 0))
    seed(page, stolen)
    return opened(page, stolen, NOW)


def test_banks_that_money_went_on_to_are_asked_within_seconds(book):
    def story(page):
        incident = begun(page)
        key = f"incident:{incident.life_id}"
        followed(page, NOW, ("b2:mule", "b3:second", 500), ("b4:friend", "b1:shop", 70))
        assert page.get(Incident, incident.life_id).due_at == SOON
        clocks(page, SOON)
        followed(page, SOON, ("b3:second", "b4:third", 300))
        clocks(page, SOON + TRACE_APART)
        asked = {each.birth.account: each.arrived_minor for each in page.found_by(Inquiry, key)}
        marked = {each.birth.account: each.still_minor for each in page.found_by(Taint, key)}
        return asked, marked

    asked, marked = book.write_now(story)
    assert asked == {"b2:mule": 900, "b3:second": 500, "b4:third": 300}
    assert marked == {"b2:mule": 400, "b3:second": 200, "b4:third": 300}


def test_only_money_that_left_an_account_with_stolen_money_makes_it_look(book):
    def story(page):
        incident = begun(page)
        version = page.get(Incident, incident.life_id).version
        followed(page, NOW, ("b2:mule", "b3:second", 500), action=Action.HOLD)
        followed(page, NOW, ("b2:mule", "b3:second", 500), action=Action.BLOCK)
        followed(page, NOW, ("b4:friend", "b2:mule", 500))
        return page.get(Incident, incident.life_id).version - version

    assert book.write_now(story) == 0


def test_an_instruction_that_was_held_and_is_let_go_is_money_that_moved(book):
    def story(page):
        incident = begun(page)
        seed(page, [passage(7, "b2:mule", "b3:second", 500, 29)], Action.HOLD)
        hold = begin_hold(
            page, NOW, amount_minor=500, by=ANALYSTS["bank-2"], bank="bank-2", participant="bank-2",
            transfer_id="t7", account="b2:mule",
        )  # fmt: skip
        clocks(page, NOW + timedelta(minutes=1))
        before = [each.birth.account for each in page.found_by(Inquiry, f"incident:{incident.life_id}")]
        at = NOW + timedelta(minutes=2)
        let_go = Released(
            by=ANALYSTS["bank-2"], at=at, amount_minor=500, because=ReleaseGround.PROVEN_HONEST, reason="papers"
        )
        move(page, page.get(Hold, hold.life_id), let_go)
        clocks(page, at + TRACE_APART)
        return before, [each.birth.account for each in page.found_by(Inquiry, f"incident:{incident.life_id}")]

    before, after = book.write_now(story)
    assert before == ["b2:mule"]
    assert after == ["b2:mule", "b3:second"]


@pytest.mark.parametrize(("end", "moved"), [("released", 900), ("released", 400), ("expired", 900)])
def test_the_victims_own_transfer_is_followed_once_it_is_carried_out_after_all(book, end, moved):
    """However late: long after the last planned look, when no clock of the incident would look again."""

    def story(page):
        stolen = passages(("b1:victim", "b2:mule", 900, 0))
        seed(page, stolen, Action.HOLD)
        (passed,) = stolen
        hold = begin_hold(
            page, NOW, amount_minor=900, participant=passed.participant, transfer_id=passed.transfer_id,
            account="b1:victim",
        )  # fmt: skip
        incident = opened(page, stolen, NOW)
        key = f"incident:{incident.life_id}"
        late = NOW + TRACE_AGAIN_AFTER[-1] + timedelta(minutes=1)
        clocks(page, late)
        assert not page.found_by(Inquiry, key)  # nothing moved: nobody has anything to answer
        assert page.get(Incident, incident.life_id).trace_at is None
        if end == "released":
            at = late
            said = {"because": ReleaseGround.PROVEN_HONEST, "reason": "papers"}
            let_go = Released(by=ANALYSTS["bank-1"], at=at, amount_minor=moved, **said)
            move(page, page.get(Hold, hold.life_id), let_go)
        else:
            at = page.get(Hold, hold.life_id).free_at
            clocks(page, at)
        clocks(page, at + timedelta(hours=3))
        return [(each.birth.account, each.birth.bank, each.asked_minor) for each in page.found_by(Inquiry, key)]

    assert book.write_now(story) == [("b2:mule", "bank-2", moved)]


def test_what_was_let_go_is_followed_once_not_at_each_later_act_of_its_hold(book):
    def story(page):
        stolen = passages(("b1:victim", "b2:mule", 900, 0))
        seed(page, stolen, Action.HOLD)
        (passed,) = stolen
        hold = begin_hold(
            page, NOW, amount_minor=900, participant=passed.participant, transfer_id=passed.transfer_id,
            account="b1:victim",
        )  # fmt: skip
        incident = opened(page, stolen, NOW)
        at = NOW + TRACE_AGAIN_AFTER[-1] + timedelta(minutes=1)
        clocks(page, at)
        aliya = ANALYSTS["bank-1"]
        for minor in (400, 100):
            said = {"because": ReleaseGround.PROVEN_HONEST, "reason": "papers"}
            move(page, page.get(Hold, hold.life_id), Released(by=aliya, at=at, amount_minor=minor, **said))
            at += timedelta(days=1)
            clocks(page, at)
            move(page, page.get(Hold, hold.life_id), Noted(by=aliya, at=at, reason="the client called again"))
        clocks(page, at + timedelta(days=1))
        return [each.name for each in page.acts_of(incident.life_id) if isinstance(each.act, MoneyMoved)]

    assert len(book.write_now(story)) == 2  # each part that moved, and no word about it


def test_a_clock_that_was_set_back_hides_no_money_that_moved_by_the_clock_before(book):
    def story(page):
        stolen = passages(("b1:victim", "b2:mule", 900, 0))
        seed(page, [*stolen, passage(7, "b2:mule", "b3:second", 500, 29)])
        incident = opened(page, stolen, START - timedelta(hours=1))
        found = page.found_by(Inquiry, f"incident:{incident.life_id}")
        return {each.birth.account: each.asked_minor for each in found}

    assert book.write_now(story) == {"b2:mule": 400, "b3:second": 500}


@given(gaps=st.lists(st.integers(0, 90_000), min_size=1, max_size=60))
def test_however_often_money_moves_each_is_looked_at_and_looks_stay_apart(gaps):
    """One second after another or days apart: every movement is followed by a look, looks come apart as it ages."""
    at = NOW
    said = {"source": IncidentSource.COMPLAINT, "fraud_type": FraudType.SCAM_CALL}
    stolen = tuple(passages(("b1:victim", "b2:mule", 900, 0)))
    incident = Incident.begin("i", Opened(by=ANALYSTS["bank-1"], at=NOW, transfers=stolen, **said))
    looks, moved = [], []
    for gap in gaps:
        until = at + timedelta(seconds=gap)
        while incident.due_at is not None and incident.due_at <= until:
            at = max(incident.due_at, at)
            act = incident.due(at)
            assert isinstance(act, TraceDue)
            looked = Traced(by=ENGINE, at=at, until=at, rule="pro_rata", accounts=1, still_minor=900, came_back_minor=0)
            incident = incident.apply(act).apply(looked)
            looks.append(at)
        at = until
        if incident.traced_sooner(at) is not None:
            incident = incident.apply(MoneyMoved(by=ENGINE, at=at, accounts=("b2:mule",)))
        moved.append(at)
        assert incident.due_at is not None
        assert incident.due_at - at <= max(TRACE_APART, (at - NOW) / 60)
    assert moved[-1] <= incident.due_at
    assert len(looks) <= len(moved) + 4
