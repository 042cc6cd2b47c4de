"""What must be true of incidents between banks, whatever else changes: by the numbers of the domain brief."""

from dataclasses import replace
from datetime import timedelta

import pytest

from antifraud.domain.center.basis import BasisKind
from antifraud.domain.center.hold import Hold, HoldStatus
from antifraud.domain.center.hold_acts import BasisAdded, Released, ReleaseGround, Returned
from antifraud.domain.center.incident import Incident
from antifraud.domain.center.incident_steps import IncidentStatus
from antifraud.domain.center.inquiry import InquiryStatus, Suspension
from antifraud.domain.center.return_order import ReturnStatus
from antifraud.domain.center.taint import Taint
from antifraud.domain.errors import AntifraudError, IllegalTransition, InvalidValue, NotPermitted
from antifraud.workflow.center.answering import ask_suspension
from antifraud.workflow.center.moving import move
from antifraud.workflow.center.returning import execute, refuse_sanction, sanction
from antifraud.workflow.center.reviewing import review, take_lead, withdraw
from tests.center.incidents import (
    ANALYSTS,
    DANA,
    ERLAN,
    FARIDA,
    answered,
    confirmed,
    drafted,
    fresh,
    inquiries,
    opened,
    seed,
    signed,
)
from tests.center.passages import START, passages

NOW = START + timedelta(minutes=30)


def three_accounts():
    """Return a theft of 900, mixed with 300 of others' money on the mule's account, and split to three banks."""
    return passages(
        ("b1:victim", "b2:mule", 900, 0),
        ("b4:friend", "b2:mule", 300, 1),
        ("b2:mule", "b1:x", 400, 5),
        ("b2:mule", "b3:y", 200, 6),
        ("b2:mule", "b4:z", 200, 7),
    )


def one_hold(page, amount_minor=900):
    """Return an incident in review, with one hold of all that was lost."""
    stolen = passages(("b1:victim", "b2:mule", amount_minor, 0))
    seed(page, stolen)
    incident = opened(page, stolen, NOW)
    answered(page, inquiries(page, incident)["b2:mule"], NOW)
    [hold] = page.found_by(Hold, f"incident:{incident.life_id}")
    return fresh(page, incident), hold


def test_4_a_return_is_impossible_without_sanction(book):
    incident, hold = book.write_now(one_hold)
    paid = Returned(by=ANALYSTS["bank-2"], at=NOW, amount_minor=900, order_id="any")
    with pytest.raises(IllegalTransition, match="no return of it is sanctioned"):
        book.write_now(lambda page: move(page, page.get(Hold, hold.life_id), paid))
    book.write_now(lambda page: take_lead(page, incident.life_id, signed(DANA, NOW)))
    with pytest.raises(InvalidValue, match="at most what is confirmed of it, 0"):
        book.write_now(lambda page: drafted(page, incident, hold, NOW))
    book.write_now(lambda page: confirmed(page, incident, NOW, {hold.life_id: 900}, lead=False))
    order = book.write_now(lambda page: drafted(page, incident, hold, NOW))
    pay = signed(ANALYSTS["bank-2"], NOW)
    with pytest.raises(IllegalTransition, match="drafted"):
        book.write_now(lambda page: execute(page, order.life_id, "p1", pay))
    by_hand = BasisAdded(by=ANALYSTS["bank-2"], at=NOW, basis=BasisKind.SANCTIONED_RETURN, document="d", ground="g")
    with pytest.raises(NotPermitted, match="nobody adds it by hand"):
        book.write_now(lambda page: move(page, page.get(Hold, hold.life_id), by_hand))
    for nobody in (DANA, ANALYSTS["bank-2"]):
        with pytest.raises(NotPermitted, match="for prosecutor"):
            book.write_now(lambda page, nobody=nobody: sanction(page, order.life_id, "s1", signed(nobody, NOW)))
    book.write_now(lambda page: refuse_sanction(page, order.life_id, signed(FARIDA, NOW)))
    with pytest.raises(IllegalTransition, match="refused"):
        book.write_now(lambda page: execute(page, order.life_id, "p1", pay))
    assert book.read_now(lambda page: page.get(Hold, hold.life_id)).returned_minor == 0


def test_4_with_it_the_money_goes_back_once_and_whole(book):
    incident, hold = book.write_now(one_hold)
    book.write_now(lambda page: confirmed(page, incident, NOW, {hold.life_id: 900}))
    order = book.write_now(lambda page: drafted(page, incident, hold, NOW))
    assert book.read_now(lambda page: fresh(page, incident)).status is IncidentStatus.RETURN_DRAFTED
    book.write_now(lambda page: sanction(page, order.life_id, "s1", signed(FARIDA, NOW)))
    assert book.read_now(lambda page: fresh(page, incident)).status is IncidentStatus.RETURN_SANCTIONED
    letting_go = Released(
        by=ANALYSTS["bank-2"], at=NOW, amount_minor=900, because=ReleaseGround.PROVEN_HONEST, reason="papers"
    )
    with pytest.raises(IllegalTransition, match="sanctioned_return"):
        book.write_now(lambda page: move(page, page.get(Hold, hold.life_id), letting_go))
    pay = signed(ANALYSTS["bank-2"], NOW)
    done = book.write_now(lambda page: execute(page, order.life_id, "p1", pay))
    assert done.status is ReturnStatus.EXECUTED
    with pytest.raises(IllegalTransition):
        book.write_now(lambda page: execute(page, order.life_id, "p1", pay))
    paid, after = book.read_now(lambda page: (page.get(Hold, hold.life_id), fresh(page, incident)))
    assert (paid.status, paid.returned_minor) == (HoldStatus.RETURNED, 900)
    assert (after.status, after.sums.returned_minor) == (IncidentStatus.RETURNED, 900)


def test_6_opened_twice_is_one_incident(book):
    def twice(page):
        stolen = passages(("b1:victim", "b2:mule", 900, 0))
        seed(page, stolen)
        first = opened(page, stolen, NOW)
        asked = inquiries(page, first)
        again = opened(page, stolen, NOW + timedelta(minutes=1))
        assert again.life_id == first.life_id
        joined = opened(page, stolen, NOW + timedelta(minutes=2), by=ANALYSTS["bank-2"])
        assert joined.life_id == first.life_id
        assert joined.complainants == ("bank-1", "bank-2")
        assert inquiries(page, first) == asked
        return [each.name for each in page.acts_of(first.life_id)]

    names = book.write_now(twice)
    assert names.count("incident.opened") == 1
    assert names.count("incident.opened_again") == 1
    assert names.count("incident.complaint_joined") == 1


def test_6_an_end_to_end_id_says_that_two_transfers_are_one(book):
    def twice(page):
        [sent] = passages(("b1:victim", "b2:mule", 900, 0))
        sent = replace(sent, end_to_end_id="e2e-1")
        first = opened(page, [sent], NOW)
        arrived = replace(sent, participant="bank-2", transfer_id="in-7")
        return first, opened(page, [arrived], NOW, by=ANALYSTS["bank-2"])

    first, second = book.write_now(twice)
    assert first.life_id == second.life_id
    assert second.claimed_minor == 900


def test_6_what_was_withdrawn_is_not_opened_again_but_followed_by_another(book):
    def again(page):
        stolen = passages(("b1:victim", "b2:mule", 900, 0))
        seed(page, stolen)
        first = opened(page, stolen, NOW)
        withdraw(page, first.life_id, signed(ANALYSTS["bank-1"], NOW))
        return fresh(page, first), opened(page, stolen, NOW)

    first, second = book.write_now(again)
    assert first.status is IncidentStatus.RELEASED
    assert second.birth.parent_incident == first.life_id != second.life_id


def test_7_money_split_to_three_accounts_is_traced_and_held_pro_rata(book):
    all_of_them = three_accounts()
    book.write_now(lambda page: seed(page, all_of_them))
    incident = book.write_now(lambda page: opened(page, all_of_them[:1], NOW))
    asked = book.read_now(lambda page: inquiries(page, incident))
    # 1,200 came in and 900 of it was stolen: three quarters of each sum that left, and of what stayed.
    wanted = {account: (each.birth.bank, each.asked_minor) for account, each in asked.items()}
    assert wanted == {
        "b2:mule": ("bank-2", 300),
        "b1:x": ("bank-1", 300),
        "b3:y": ("bank-3", 150),
        "b4:z": ("bank-4", 150),
    }
    for each in asked.values():
        book.write_now(lambda page, each=each: answered(page, each, NOW))
    holds, after = book.read_now(
        lambda page: (page.found_by(Hold, f"incident:{incident.life_id}"), fresh(page, incident))
    )
    assert {each.birth.account: each.held_minor for each in holds} == {
        "b2:mule": 300,
        "b1:x": 300,
        "b3:y": 150,
        "b4:z": 150,
    }
    assert (after.status, after.sums.held_minor) == (IncidentStatus.FUNDS_HELD, 900)
    marked = book.read_now(lambda page: page.found_by(Taint, "account:b3:y"))
    assert [(each.still_minor, each.share_ppm) for each in marked] == [(150, 750_000)]


def test_7_a_bank_whose_account_passed_all_of_it_on_is_told_and_owes_no_answer(book):
    passed_on = passages(("b1:victim", "b2:mule", 900, 0), ("b2:mule", "b3:y", 900, 5))
    book.write_now(lambda page: seed(page, passed_on))
    incident = book.write_now(lambda page: opened(page, passed_on[:1], NOW))
    asked = book.read_now(lambda page: inquiries(page, incident))
    assert {account: (each.status, each.asked_minor) for account, each in asked.items()} == {
        "b2:mule": (InquiryStatus.INFORMED, 0),
        "b3:y": (InquiryStatus.NOTIFIED, 900),
    }
    mule = asked["b2:mule"]
    assert (mule.waits, mule.due_at) == (False, None)
    book.write_now(lambda page: take_lead(page, incident.life_id, signed(DANA, NOW)))
    suspended = book.write_now(lambda page: ask_suspension(page, mule.life_id, signed(DANA, NOW)))
    assert suspended.suspension is Suspension.ASKED  # which is why it is told at all
    book.write_now(lambda page: answered(page, asked["b3:y"], NOW, 0))
    assert book.read_now(lambda page: fresh(page, incident)).status is IncidentStatus.NO_FUNDS, "nobody owes more"
    found = book.write_now(lambda page: answered(page, suspended, NOW, 100))
    assert (found.status, found.held_minor) == (InquiryStatus.ANSWERED_FULL, 100)


def test_7_a_bank_that_was_only_told_is_asked_when_stolen_money_comes_again(book):
    passed_on = passages(("b1:victim", "b2:mule", 900, 0), ("b2:mule", "b3:y", 900, 5), ("b1:victim", "b2:mule", 50, 9))
    book.write_now(lambda page: seed(page, passed_on))
    incident = book.write_now(lambda page: opened(page, passed_on[:1], NOW))
    book.write_now(lambda page: opened(page, [passed_on[0], passed_on[2]], NOW))
    mule = book.read_now(lambda page: inquiries(page, incident))["b2:mule"]
    assert (mule.status, mule.asked_minor, mule.answer_by) == (InquiryStatus.NOTIFIED, 50, NOW + timedelta(hours=1))


def test_7_only_what_is_confirmed_stays_held(book):
    all_of_them = three_accounts()
    book.write_now(lambda page: seed(page, all_of_them))
    incident = book.write_now(lambda page: opened(page, all_of_them[:1], NOW))
    asked = book.read_now(lambda page: inquiries(page, incident))
    for account, held_minor in (("b1:x", 300), ("b3:y", 100), ("b4:z", 0), ("b2:mule", 0)):
        reply = book.write_now(lambda page, a=account, h=held_minor: answered(page, asked[a], NOW, h))
        full = {300: InquiryStatus.ANSWERED_FULL, 100: InquiryStatus.ANSWERED_PART, 0: InquiryStatus.ANSWERED_NONE}
        assert reply.status is full[held_minor]
    holds = book.read_now(
        lambda page: {h.birth.account: h for h in page.found_by(Hold, f"incident:{incident.life_id}")}
    )
    assert book.read_now(lambda page: fresh(page, incident)).status is IncidentStatus.PARTIALLY_HELD
    parts = {holds["b1:x"].life_id: 250}
    after = book.write_now(lambda page: confirmed(page, incident, NOW, parts))
    held = book.read_now(
        lambda page: {h.birth.account: h.held_minor for h in page.found_by(Hold, f"incident:{incident.life_id}")}
    )
    assert held == {"b1:x": 250, "b3:y": 0}
    assert (after.sums.held_minor, after.sums.released_minor) == (250, 150)


def test_no_bank_acts_in_an_incident_that_it_has_no_complaint_in(book):
    incident, hold = book.write_now(one_hold)
    for nobody in (ANALYSTS["bank-2"], ANALYSTS["bank-3"], ERLAN, FARIDA):
        with pytest.raises(AntifraudError):
            book.write_now(lambda page, nobody=nobody: review(page, incident.life_id, signed(nobody, NOW)))
    assert book.read_now(lambda page: page.get(Incident, incident.life_id)).version == incident.version
    assert hold.held_minor == 900
