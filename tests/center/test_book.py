"""The book keeps acts and lives together, on both databases, and nothing in it changes unseen."""

from dataclasses import MISSING, fields, is_dataclass
from datetime import timedelta
from typing import get_args, get_type_hints
from uuid import UUID

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from antifraud.domain.center.hold import Hold, HoldStatus
from antifraud.domain.center.hold_acts import Expired, RefusalGround, Refused, Warned
from antifraud.domain.center.lives import KINDS
from antifraud.domain.errors import NotFound, StaleVersion
from antifraud.store.center.journal import Head, head_of, verify, verify_end
from antifraud.store.center.schema import metadata
from antifraud.workflow.center.moving import move, tick
from tests.center.making import ANALYST, begin_hold


def checked(book, expected=None):
    with book.engine.connect() as connection:
        return verify(connection, expected)


def test_the_steps_lead_to_the_schema_that_the_code_uses(book):
    with book.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "center_version"})
        assert compare_metadata(context, metadata) == []


def test_a_life_is_read_back_as_it_was_written_and_found_by_its_keys(book, noon):
    hold = book.write_now(lambda page: begin_hold(page, noon))
    assert UUID(hold.life_id).version == 7
    assert book.read_now(lambda page: page.get(Hold, hold.life_id)) == hold
    assert book.read_now(lambda page: page.found_by(Hold, "transfer:bank-1/t1")) == [hold]
    assert book.read_now(lambda page: page.found_by(Hold, "account:another")) == []


def parts_of(kind):
    """Yield a dataclass and every one that stands in its fields."""
    yield kind
    for hint in get_type_hints(kind).values():
        for part in (hint, *get_args(hint), *(deep for each in get_args(hint) for deep in get_args(each))):
            if is_dataclass(part) and part is not kind:
                yield from parts_of(part)


def test_what_may_be_absent_may_be_left_out():
    """The book writes no absent values, so reading one back must not ask for it."""
    classes = {part for kind in KINDS for root in (kind.life, *kind.acts.values()) for part in parts_of(root)}
    assert len(classes) > 20
    assert [
        f"{each.__name__}.{field.name}"
        for each in classes
        for field in fields(each)
        if type(None) in get_args(get_type_hints(each)[field.name])
        and field.default is not None
        and field.default_factory is MISSING
    ] == []


def test_a_transaction_that_fails_leaves_nothing(book, noon):
    def half(page):
        begin_hold(page, noon)
        raise KeyError("after the act")

    with pytest.raises(KeyError):
        book.write_now(half)
    assert checked(book).acts == 0
    assert book.read_now(lambda page: page.found_by(Hold, "transfer:bank-1/t1")) == []


def test_who_looked_before_somebody_else_acted_is_refused(book, noon):
    hold = book.write_now(lambda page: begin_hold(page, noon))
    refuse = Refused(by=ANALYST, at=noon, because=RefusalGround.FRAUD)
    book.write_now(lambda page: move(page, page.get(Hold, hold.life_id, version=1), refuse))
    with pytest.raises(StaleVersion, match="at version 2 by now, not 1"):
        book.read_now(lambda page: page.get(Hold, hold.life_id, version=1))
    with pytest.raises(NotFound):
        book.read_now(lambda page: page.get(Hold, "nothing"))


def test_clocks_are_never_forgotten_however_late_the_engine_looks(book, noon):
    hold = book.write_now(lambda page: begin_hold(page, noon))
    assert hold.free_at.isoformat() == "2026-03-31T19:00:00+00:00"  # Nauryz takes three of the days between
    done = []
    for now in (hold.free_at - timedelta(hours=24), hold.free_at - timedelta(microseconds=1), hold.free_at):
        book.write_now(lambda page, now=now: tick(page, now, 10, lambda _page, _life, act: done.append(act)))
    assert [type(act) for act in done] == [Warned, Warned, Expired]
    assert [done[0].hours, done[1].hours, done[2].ended] == [24, 4, hold.free_at]
    assert book.read_now(lambda page: page.get(Hold, hold.life_id)).status is HoldStatus.EXPIRED
    assert book.write_now(lambda page: tick(page, hold.free_at + timedelta(days=9), 10)) == 0


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE acts SET body = replace(body, '1000000', '9000000') WHERE seq = 2",
        "UPDATE acts SET person = 'somebody' WHERE seq = 3",
        "DELETE FROM acts WHERE seq = 2",
        "DELETE FROM acts WHERE seq = 1",
        "UPDATE acts SET seq = 99 WHERE seq = 1",
    ],
)
def test_any_change_of_the_past_is_found(book, noon, harm):
    for number in range(4):
        book.write_now(lambda page, number=number: begin_hold(page, noon, transfer_id=f"t{number}"))
    assert checked(book).problem is None
    with book.engine.begin() as connection:
        connection.execute(text(harm))
    assert checked(book).problem is not None


@pytest.mark.parametrize("most", [0, 1, 2, 3, 9])
def test_the_last_acts_are_looked_through_from_the_hash_before_them(book, noon, most):
    for number in range(3):
        book.write_now(lambda page, number=number: begin_hold(page, noon, transfer_id=f"t{number}"))
    with book.engine.begin() as connection:
        assert verify_end(connection, most).problem is None
        assert verify_end(connection, most).acts == min(most, 3)
        connection.execute(text("UPDATE acts SET name = 'other' WHERE seq = 2"))
        assert (verify_end(connection, most).problem is not None) == (most >= 2)


def test_an_end_that_was_cut_off_is_found_by_whoever_keeps_a_head(book, noon):
    book.write_now(lambda page: begin_hold(page, noon))
    book.write_now(lambda page: begin_hold(page, noon))
    with book.engine.connect() as connection:
        head = head_of(connection)
    assert checked(book, head).problem is None
    with book.engine.begin() as connection:
        connection.execute(text("DELETE FROM acts WHERE seq = 2"))
    assert checked(book).problem is None
    assert "ends at act 1" in checked(book, head).problem
    assert "made anew" in checked(book, Head(1, "f" * 64)).problem


_WAITS = {"sqlite": "PRAGMA synchronous", "postgresql": "SHOW synchronous_commit"}


def test_what_is_written_lightly_waits_for_the_disk_only_when_it_acts(book, noon):
    asked = _WAITS[book.engine.dialect.name]

    def follow(page, acting, waits):
        waits.append(page.connection.exec_driver_sql(asked).scalar_one())
        page.move_cursor("another log", page.cursor("another log") + 1)
        return begin_hold(page, noon, transfer_id=f"t{len(waits)}") if acting else None

    light, heavy = {"sqlite": (1, 2), "postgresql": ("off", "on")}[book.engine.dialect.name]
    for acting, expected in ((False, [light]), (True, [light, heavy]), (False, [light])):
        waits = []
        book.write_lightly_now(lambda page: follow(page, acting, waits))  # noqa: B023
        assert waits == expected
    waits = []
    book.write_now(lambda page: follow(page, False, waits))
    assert waits == [heavy]
    assert book.read_now(lambda page: page.cursor("another log")) == 4
    assert checked(book).acts == 1, "what was done again was done once"
