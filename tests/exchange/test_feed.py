"""The feed: in order, without a gap whoever writes meanwhile, and of each act what its reader may see."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from antifraud.domain.center.audience import ANY_POLICE, MINIMUM, reads_as
from antifraud.domain.center.basis import BasisKind
from antifraud.domain.center.hold import Hold
from antifraud.domain.center.hold_acts import BasisAdded, HeldWhat, RefusalGround, Refused, Released, ReleaseGround
from antifraud.domain.center.people import Role
from antifraud.store.center import open_book
from antifraud.workflow.center.moving import move
from antifraud.workflow.center.ports import Listening
from api.exchange.events import event_of, event_types
from api.exchange.page import main
from tests.center.incidents import opened, seed
from tests.center.making import ANALYST, STRANGER, begin_hold
from tests.center.passages import passages

PAGE = Path(__file__).parents[2] / "docs" / "events.md"
WRITERS, ACTS = 4, 15


def opened_of_seeded(page, now):
    stolen = passages(("victim", "b2:dropper", 1_000_000, 0))
    seed(page, stolen)
    return opened(page, stolen, now)


def told(book, participant, role=Role.BANK_ANALYST, after=0, limit=100, names=()):
    asked = Listening(readers=reads_as(participant, role), after=after, limit=limit, names=names)
    return book.read_now(lambda page: page.told(asked))


def follow(book, participant, after=0, limit=3):
    """Yield what somebody reads who keeps the cursor, page by page."""
    while found := told(book, participant, after=after, limit=limit):
        yield from found
        after = found[-1].written.seq


def test_who_follows_the_cursor_meets_every_act_once_in_order(book, noon):
    for number in range(10):
        book.write_now(lambda page, number=number: begin_hold(page, noon, transfer_id=f"t{number}"))
    seen = [each.written.seq for each in follow(book, "bank-1")]
    assert seen == list(range(1, 11))
    assert [each.written.seq for each in told(book, "bank-1", after=4, limit=2)] == [5, 6]
    assert told(book, "bank-1", after=10) == []


def test_no_act_appears_before_one_that_was_read_however_many_write_at_once(book, noon):
    """Each writer has a book of its own, as another process has: numbers are given and committed in one order."""
    others = [open_book(book.engine.url.render_as_string(hide_password=False)) for _ in range(WRITERS)]
    done = threading.Event()

    def write(own, writer):
        for number in range(ACTS):
            own.write_now(lambda page: begin_hold(page, noon, transfer_id=f"w{writer}-{number}"))  # noqa: B023

    seen, wrong = [], []

    def read():
        while True:
            last = done.is_set()
            for each in follow(book, "bank-1", after=len(seen)):
                if each.written.seq != len(seen) + 1:
                    wrong.append((len(seen), each.written.seq))
                seen.append(each.written.seq)
            if last:
                return

    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=write, args=(own, number)) for number, own in enumerate(others)]
    for each in (reader, *writers):
        each.start()
    for each in writers:
        each.join()
    done.set()
    reader.join()
    for own in others:
        own.close()
    assert wrong == []
    assert len(seen) == WRITERS * ACTS


def test_a_counterpart_reads_the_minimum_and_a_stranger_nothing(book, noon):
    def of_another(page):
        hold = begin_hold(page, noon, what=HeldWhat.FUNDS, participant="bank-2", account="acc-secret", score=0.9)
        return move(page, hold, BasisAdded(by=ANALYST, at=noon, basis=BasisKind.COERCION, reason="she said why"))

    book.write_now(of_another)
    whole, counterpart = ([event_of(each) for each in told(book, bank)] for bank in ("bank-1", "bank-2"))
    assert [each.type for each in whole] == ["antifraud.hold.held", "antifraud.hold.basis_added"]
    assert [each.type for each in counterpart] == [each.type for each in whole]
    assert whole[0].data.said["account"] == "acc-secret"
    assert whole[1].data.said["reason"] == "she said why"
    assert whole[0].data.by.person == "aliya"
    text = " ".join(each.model_dump_json() for each in counterpart)
    for secret in ("acc-secret", "0.9", "aliya", "she said why"):
        assert secret not in text
    assert counterpart[0].data.shown == "minimum"
    assert {name for each in counterpart for name in each.data.said} <= MINIMUM
    assert told(book, "bank-3") == []
    assert len(told(book, "auditor", Role.AUDITOR)) == 2


def test_what_was_told_stays_as_it_was_told(book, noon):
    hold = book.write_now(lambda page: begin_hold(page, noon, what=HeldWhat.FUNDS, participant="bank-2"))
    before = told(book, "bank-1"), told(book, "bank-2")
    free = Released(by=ANALYST, at=noon + timedelta(hours=1), amount_minor=1, because=ReleaseGround.PROVEN_HONEST)
    book.write_now(lambda page: move(page, page.get(Hold, hold.life_id), free))
    assert (told(book, "bank-1", limit=1), told(book, "bank-2", limit=1)) == before


def test_an_incident_that_nobody_leads_is_told_to_any_police_once(book, noon):
    incident = book.write_now(lambda page: opened_of_seeded(page, noon))
    of = [each for each in told(book, "police-7", Role.INVESTIGATOR) if each.written.life_id == incident.life_id]
    assert of[0].written.name == "incident.opened"
    assert not any(each.whole for each in of)
    assert told(book, "police-7", Role.BANK_ANALYST) == []
    assert reads_as("police-7", Role.INVESTIGATOR) == {"police-7", ANY_POLICE}


def test_types_narrow_what_is_read_and_leave_its_order(book, noon):
    for number in range(4):
        hold = book.write_now(lambda page, number=number: begin_hold(page, noon, transfer_id=f"t{number}"))
        refused = Refused(by=ANALYST, at=noon, because=RefusalGround.FRAUD)
        book.write_now(lambda page, hold=hold, act=refused: move(page, page.get(Hold, hold.life_id), act))
    assert [each.written.seq for each in told(book, "bank-1", names=["hold.refused"], after=2, limit=2)] == [4, 6]


@pytest.mark.parametrize("actor", [ANALYST, STRANGER])
def test_every_type_is_one_of_the_acts_that_are_written(book, noon, actor):
    book.write_now(lambda page: begin_hold(page, noon, by=actor, bank=actor.participant, participant=actor.participant))
    (one,) = told(book, actor.participant)
    assert event_of(one).type in event_types()


def test_the_page_in_the_tree_is_the_one_that_the_acts_write(tmp_path):
    main(tmp_path / "events.md")
    assert PAGE.read_text(encoding="utf-8") == (tmp_path / "events.md").read_text(encoding="utf-8"), (
        "run: antifraud events --doc docs/events.md"
    )
