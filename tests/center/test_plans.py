"""How the book answers a page, as its database plans it: from indexes, in order, whatever its size."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import event

from antifraud.domain.center.hold import Hold
from antifraud.domain.center.identifiers import IdentifierKind
from antifraud.store.center import open_book
from antifraud.store.center.page import SqlPage
from antifraud.workflow.center.ports import QueueOrder, QueueSelection
from tests.center.incidents import seed
from tests.center.passages import START, passages

LARGE = "hold_ranks|lives|life_keys|acts|movements|movement_ends|sightings|flows"
WHOLE = re.compile(rf"^SCAN ({LARGE})\b(?! USING COVERING INDEX)")  # an index that has all columns is no table
SORTED = re.compile(r"USE TEMP B-TREE FOR (LAST|ORDER BY)")
BANK = QueueSelection(party="bank-1", limit=51)
SINCE, UNTIL = START, START + timedelta(days=90)
QUEUES = [
    replace(BANK, order=order, is_open=is_open, after=after)
    for order in QueueOrder
    for is_open in (True, False)
    for after in (None, (7, "a"))
]
ALL = [replace(each, party=None) for each in QUEUES]


@pytest.fixture
def plans(tmp_path):
    """Return a function that says how what a page asks is planned, statement by statement."""
    book = open_book(f"sqlite:///{tmp_path}/center.db")
    book.write_now(lambda page: seed(page, passages(("a", "b", 1, 0))))

    def planned(work):
        asked = []

        def note(connection, cursor, statement, parameters, *_):
            if statement.lstrip().startswith("SELECT"):
                asked.append((statement, parameters))

        event.listen(book.engine, "before_cursor_execute", note)
        try:
            book.read_now(work)
        finally:
            event.remove(book.engine, "before_cursor_execute", note)
        with book.engine.connect() as connection:
            explained = [
                [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)]
                for text, values in asked
            ]
        assert explained, "something was asked"
        return [line for lines in explained for line in lines]

    yield planned
    book.close()


@pytest.mark.parametrize("asked", QUEUES + ALL + [replace(BANK, leads=True)], ids=str)
def test_a_page_of_a_queue_is_read_from_an_index_in_its_order(plans, asked):
    lines = plans(lambda page: page.queue(asked))
    assert not [line for line in lines if WHOLE.search(line) or SORTED.search(line)], lines


@pytest.mark.parametrize("asked", [BANK, replace(BANK, leads=True)], ids=["bank", "police"])
def test_how_many_wait_is_counted_from_an_index_alone(plans, asked):
    lines = plans(lambda page: page.queue_counts(asked, "aliya"))
    ranks = [line for line in lines if "hold_ranks" in line]  # where the journal ends is read at its end
    assert all(line.startswith("SEARCH") and "COVERING INDEX" in line for line in ranks), lines
    assert ranks


@pytest.mark.parametrize("work", [SqlPage.movements, SqlPage.count_movements])
@pytest.mark.parametrize("end", ["payer", "payee"])
def test_which_movements_are_meant_is_looked_up_in_each_part(plans, work, end):
    searched = "SEARCH movement_ends USING PRIMARY KEY (part=? AND account=? AND side=? AND at>? AND at<?)"
    assert searched in plans(lambda page: work(page, SINCE, UNTIL, **{end: "a"}, limit=9))


@pytest.mark.parametrize(
    "work",
    [
        lambda page: page.movements(SINCE, UNTIL, payer="a", limit=9),
        lambda page: page.movements(SINCE, UNTIL, payee="a", limit=9),
        lambda page: page.count_movements(SINCE, UNTIL, payee="a", limit=9),
        lambda page: page.found_by(Hold, "account:a"),
        lambda page: page.acts_of("a"),
        lambda page: page.sightings(kind=IdentifierKind.DEVICE, ident="d", party=None, limit=9),
        lambda page: page.sightings(account="a", party="bank-1", limit=9),
        lambda page: page.flows(SINCE, "bank-1"),
        lambda page: page.flows(SINCE, None),
        lambda page: page.tallies(date(2026, 3, 1), "bank-1"),
        lambda page: page.held_now("bank-1"),
        lambda page: page.waiting(BANK, [SINCE, UNTIL]),
    ],
)
def test_nothing_of_a_case_an_account_or_an_overview_reads_a_whole_table(plans, work):
    lines = plans(work)
    assert not [line for line in lines if WHOLE.search(line)], lines
