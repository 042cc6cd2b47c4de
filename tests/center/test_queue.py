"""The queue of holds: its order, its filters, page after page, and that it never differs from the holds themselves."""

from datetime import timedelta

from sqlalchemy import select

from antifraud.domain.center.basis import BasisKind
from antifraud.domain.center.hold import Hold
from antifraud.domain.center.hold_acts import RefusalGround, ReleaseGround
from antifraud.store.center.ranks import place, ranked
from antifraud.store.center.schema import hold_ranks, lives
from antifraud.store.migrating import CENTER, downgrade, upgrade
from antifraud.workflow.center import holding
from antifraud.workflow.center.ports import QueueOrder, QueueSelection
from antifraud.workflow.center.seeing import Signed
from tests.center.making import ANALYST, OFFICER, begin_hold

HOUR = timedelta(hours=1)


def some_holds(page, noon):
    """Return ten open holds with different ends, sums and scores, some of them equal."""
    made = []
    for number in range(10):
        more = {
            "transfer_id": f"t{number}",
            "account": f"acc-{number % 3}",
            "score": None if number == 4 else number % 4 / 10,
        }
        if number == 7:
            more |= {"basis": BasisKind.SEIZURE, "document": "d"}
        made.append(begin_hold(page, noon + HOUR * (number % 4) * 24, amount_minor=1_000 * (1 + number % 5), **more))
    return made


def walked(page, **asked):
    """Return the ids of a whole queue, taken in pages of three."""
    found, after = [], None
    while True:
        shown = page.queue(QueueSelection(party="bank-1", after=after, limit=3, **asked))
        found += shown
        if len(shown) < 3:
            return found
        after = place(shown[-1], asked.get("order", QueueOrder.DEADLINE)), shown[-1].life_id


def test_each_order_is_walked_once_through_and_in_order(book, noon):
    made = book.write_now(lambda page: some_holds(page, noon))
    for order in QueueOrder:
        found = book.read_now(lambda page: walked(page, order=order))  # noqa: B023 - called at once
        places = [place(hold, order) for hold in found]
        assert places == sorted(places, reverse=order is not QueueOrder.DEADLINE)
        assert sorted(hold.life_id for hold in found) == sorted(hold.life_id for hold in made)


def test_the_latest_of_an_account_are_read_and_all_are_counted_for_who_takes_part(book, noon):
    def story(page):
        made = [each.life_id for each in some_holds(page, noon) if each.birth.account == "acc-0"]
        key = "account:acc-0"
        latest = [[each.life_id for each in page.latest(Hold, key, party, 3)] for party in (None, "bank-1", "bank-2")]
        return made, latest, [page.count_found(Hold, key, party) for party in (None, "bank-1", "bank-2")]

    made, latest, counts = book.write_now(story)
    assert latest == [sorted(made, reverse=True)[:3]] * 2 + [[]]
    assert counts == [len(made), len(made), 0]


def test_filters_and_numbers_follow_every_act_in_its_transaction(book, noon):
    def story(page):
        first, second, third, *_ = some_holds(page, noon)
        later = Signed(actor=ANALYST, now=noon + 80 * HOUR, reason="a reason")
        holding.assign(page, first.life_id, later, "aliya")
        holding.ask_officer(page, second.life_id, later)
        holding.refuse(page, third.life_id, later, RefusalGround.FRAUD)
        return first, second, third

    first, second, third = book.write_now(story)
    read = book.read_now
    assert [hold.life_id for hold in read(lambda page: walked(page, assignee="aliya"))] == [first.life_id]
    assert [hold.life_id for hold in read(lambda page: walked(page, escalated=True))] == [second.life_id]
    assert [hold.life_id for hold in read(lambda page: walked(page, is_open=False))] == [third.life_id]
    assert len(read(lambda page: walked(page, unassigned=True))) == 8
    assert len(read(lambda page: walked(page, keys=["account:acc-0", "transfer:bank-1/t1"]))) == 5
    assert read(lambda page: page.queue(QueueSelection(party="bank-2", limit=9))) == []
    counts = read(lambda page: page.queue_counts(QueueSelection(party="bank-1", limit=1), "aliya"))
    assert (counts.mine, counts.all, counts.unassigned, counts.escalated) == (1, 9, 8, 1)
    nobody = read(lambda page: page.queue_counts(QueueSelection(party="bank-2", limit=1), "aliya"))
    assert (nobody.mine, nobody.all) == (0, 0)


def test_a_book_from_before_gets_the_same_rows_that_acts_would_have_written(book, noon):
    def story(page):
        made = some_holds(page, noon)
        signed = Signed(actor=OFFICER, now=noon + 80 * HOUR, reason="a reason", ground="d")
        holding.release(page, made[0].life_id, signed, 500, ReleaseGround.PROVEN_HONEST)
        holding.add_basis(page, made[1].life_id, signed, BasisKind.SEIZURE, "d", None)
        holding.end_basis(page, made[2].life_id, signed, BasisKind.BANK_SUSPICION, None)

    book.write_now(story)
    downgrade(book.engine, "0003", CENTER)
    upgrade(book.engine, steps=CENTER)
    with book.engine.connect() as connection:
        rows = {row["life_id"]: dict(row) for row in connection.execute(select(hold_ranks)).mappings()}
        ids = connection.execute(select(lives.c.life_id)).scalars().all()
    holds = book.read_now(lambda page: [page.get(Hold, each) for each in ids])
    assert rows == {hold.life_id: ranked(hold) for hold in holds}
