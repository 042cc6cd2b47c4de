"""Each step of the book's schema keeps what acts say, and leaves a chain that holds, whichever age a book has."""

from dataclasses import replace

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import select

from antifraud.domain.center.hold_acts import Noted
from antifraud.store.center.journal import SEALED, verify
from antifraud.store.center.schema import acts, lives
from antifraud.store.migrating import CENTER, downgrade, upgrade
from tests.center.making import ANALYST, begin_hold

AGES = [each.revision for each in ScriptDirectory(str(CENTER.folder)).walk_revisions()][1:]
WORDS = 'Ұсталды: \N{LINE SEPARATOR}"\\/\x7f\x1f\t é \N{MONEY BAG}'


def contents(book):
    with book.engine.connect() as connection:
        said = connection.execute(select(*(acts.c[name] for name in SEALED)).order_by(acts.c.seq)).all()
        return said, connection.execute(select(lives).order_by(lives.c.life_id)).all(), verify(connection)


@pytest.mark.parametrize("age", AGES)
def test_a_book_of_any_age_says_the_same_after_all_steps_and_its_chain_holds(book, noon, age):
    def story(page):
        for _ in range(12):
            hold = begin_hold(page, noon)
            page.act(hold, hold.apply(act := Noted(by=replace(ANALYST, person="Әлия"), at=noon, reason=WORDS)), act)

    book.write_now(story)
    before = contents(book)
    assert (before[2].acts, before[2].problem) == (24, None)
    downgrade(book.engine, age, CENTER)
    upgrade(book.engine, steps=CENTER)
    assert contents(book) == before, "the same acts, lives and head"
    book.write_now(lambda page: begin_hold(page, noon))
    assert contents(book)[2].problem is None, "and the journal goes on"
