"""Which acts are verdicts about transfers, and which are not."""

from datetime import timedelta

import pytest

from antifraud.domain.center.hold_acts import (
    ClientAnswered,
    ClientSays,
    Countersigned,
    Declined,
    HeldWhat,
    RefusalGround,
    Refused,
    Released,
    ReleaseGround,
    ReleaseProposed,
)
from antifraud.workflow.center.moving import move
from antifraud.workflow.center.reviewing import deny, review, take_lead
from antifraud.workflow.center.verdicts import VERDICTS, heard
from tests.center.incidents import DANA, confirmed, opened, seed, signed
from tests.center.making import ANALYST, OFFICER, begin_hold
from tests.center.passages import START, passages

NOW = START + timedelta(minutes=30)


def said(page):
    """Return what was said since the last time, as (transfer, fraud or not, type, reporter)."""
    found = heard(page, 1_000)
    page.move_cursor(VERDICTS, found.upto)
    return [(each.transfer_id, each.fraud, each.fraud_type, each.reporter) for each in found.said]


@pytest.mark.parametrize(
    ("act", "verdict"),
    [
        (Refused(by=ANALYST, at=NOW, because=RefusalGround.FRAUD), ("t1", True, "scam", None)),
        (Refused(by=ANALYST, at=NOW, because=RefusalGround.NO_ANSWER), None),
        (Refused(by=ANALYST, at=NOW, because=RefusalGround.CLIENT_WITHDRAWS), None),
        (
            Released(by=ANALYST, at=NOW, amount_minor=5, because=ReleaseGround.PROVEN_HONEST),
            ("t1", False, None, None),
        ),
        (Released(by=ANALYST, at=NOW, amount_minor=5, because=ReleaseGround.CLIENT_INSISTS), None),
        (Released(by=ANALYST, at=NOW, amount_minor=5, because=ReleaseGround.POLICE_DECISION, ground="d"), None),
    ],
)
def test_only_what_was_judged_is_a_verdict(book, act, verdict):
    def story(page):
        hold = begin_hold(page, NOW, fraud_type="scam")
        hold = move(page, hold, ClientAnswered(by=ANALYST, at=NOW, says=ClientSays.CONFIRMS))
        assert said(page) == []
        move(page, hold, act)
        return said(page)

    assert book.write_now(story) == ([] if verdict is None else [verdict])


def test_a_proposal_is_a_verdict_when_it_is_signed_twice(book):
    def story(page):
        hold = begin_hold(page, NOW, second_signature_above=0)
        for because, last in (
            (ReleaseGround.PROVEN_HONEST, Declined),
            (ReleaseGround.PROVEN_HONEST, Countersigned),
            (ReleaseGround.POLICE_DECISION, Countersigned),
        ):
            proposal = ReleaseProposed(by=ANALYST, at=NOW, amount_minor=5, because=because, ground="d")
            hold = move(page, hold, proposal)
            assert said(page) == []
            hold = move(page, hold, last(by=OFFICER, at=NOW))
            yield said(page)

    assert book.write_now(lambda page: list(story(page))) == [[], [("t1", False, None, None)], []]


def test_a_hold_at_another_bank_is_a_verdict_with_a_reporter(book):
    def story(page):
        hold = begin_hold(page, NOW, what=HeldWhat.FUNDS, participant="bank-9", transfer_id="theirs")
        move(page, hold, Released(by=ANALYST, at=NOW, amount_minor=5, because=ReleaseGround.PROVEN_HONEST))
        return said(page)

    assert book.write_now(story) == [("theirs", False, None, "bank-1")]


@pytest.mark.parametrize("fraud", [True, False])
def test_the_end_of_an_investigation_is_one_about_each_transfer_of_the_victim(book, fraud):
    def story(page):
        stolen = passages(("b1:victim", "b2:mule", 900, 0), ("b1:victim", "b3:other", 100, 1))
        seed(page, stolen)
        incident = opened(page, stolen, NOW)
        said(page)
        if fraud:
            confirmed(page, incident, NOW, {})
        else:
            take_lead(page, incident.life_id, signed(DANA, NOW))
            review(page, incident.life_id, signed(DANA, NOW))
            deny(page, incident.life_id, signed(DANA, NOW))
        return said(page), [each.transfer_id for each in stolen]

    told, transfers = book.write_now(story)
    assert [(name, judged) for name, judged, _, _ in told] == [(name, fraud) for name in transfers]
    assert {reporter for *_, reporter in told} == {DANA.participant}
