"""An account's movements are found in whatever part of the log they are noted, on both databases."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select

from antifraud.store.center import beside, ends, movements
from antifraud.store.center.schema import movement_ends
from antifraud.store.center.schema import movements as table
from antifraud.store.migrating import CENTER, downgrade, upgrade
from tests.center.passages import START

ACCOUNTS = st.sampled_from("ab")
MINUTES = st.integers(0, 12)  # few: many rows at one moment
# Moments run back as clocks do; the log has gaps, as one that is followed late.
ROWS = st.lists(st.tuples(st.sampled_from([1, 1, 1, 9]), ACCOUNTS, ACCOUNTS, MINUTES), min_size=9, max_size=80)
SIDES = st.sampled_from([ends.PAYS, ends.IS_PAID])


def rows_of(drawn):
    """Return rows of the table, each some numbers of the log after the one before."""
    rows, seq = [], 0
    for step, payer, payee, minute in drawn:
        seq += step
        at = round((START + timedelta(minutes=minute)).timestamp() * 1e6)
        rows.append((seq, "bank-1", f"t{seq}", payer, payee, 1, "KZT", 1, at, "allow", None, "bank-1", "bank-1"))
    return rows


def plainly(rows, side, account, since, until):
    """Return the numbers of the rows that are meant, oldest first, by looking at each."""
    begin, end = (round(moment.timestamp() * 1e6) for moment in (since, until))
    return [
        seq for at, seq in sorted((row[8], row[0]) for row in rows if row[3 + side] == account) if begin <= at < end
    ]


@pytest.fixture
def small_parts(monkeypatch):
    """Let parts be so small that some dozens of rows fill parts of the last level."""
    monkeypatch.setattr(ends, "_BITS", (1, 3, 5))
    monkeypatch.setattr(ends, "_WAYS", 4)
    monkeypatch.setattr(ends, "_STEP", 4)
    ends._noting.cache_clear()
    yield
    ends._noting.cache_clear()


def check_is_found(connection, rows, side, account, since, until, limit):
    expected = plainly(rows, side, account, since, until)
    found = movements.between(connection, side, account, since, until, limit)
    assert [each.seq for each in found] == expected[:limit]
    assert movements.count(connection, side, account, since, until, limit) == min(limit, len(expected))


def levels(connection):
    """Return how many ends each level has."""
    return Counter(part // ends._LEVEL for part in connection.execute(select(movement_ends.c.part)).scalars())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(
    ROWS, SIDES, MINUTES, st.integers(1, 12), st.integers(1, 3) | st.just(99), st.integers(0, 40), st.integers(1, 9),
    st.integers(0, 40),
)  # fmt: skip
def test_they_are_those_that_a_look_at_each_finds(
    small_parts, book, drawn, side, first, minutes, limit, gone, block, most
):
    rows, since = rows_of(drawn), START + timedelta(minutes=first)
    until = since + timedelta(minutes=minutes)
    with book.engine.connect() as connection:
        for start in range(0, len(rows), block):
            movements.keep(connection, rows[start : start + block], START)
            ends.merge(connection, most)
            check_is_found(connection, rows[: start + block], side, "a", since, until, limit)
        forgotten = movements.forget(connection, START + timedelta(minutes=6), gone) if gone else 0
        kept = set(connection.execute(select(table.c.seq)).scalars())
        left = [row for row in rows if row[0] in kept]
        assert len(rows) - len(left) <= forgotten
        check_is_found(connection, left, side, "a", since, until, limit)
        connection.rollback()


@pytest.mark.usefixtures("small_parts")
def test_ends_go_up_level_by_level_and_leave_with_what_they_are_of(book):
    rows = rows_of([(1, "ab"[number % 2], "ba"[number % 2], number // 20) for number in range(200)])
    with book.engine.connect() as connection:
        for row in rows:
            movements.keep(connection, [row], START)
        by_level = levels(connection)
        assert sum(by_level.values()) == 2 * len(rows)
        assert by_level[2] > 200, "hardly anything came to the last level"
        assert by_level[0] < 60, "what is done was left where it was"
        while movements.forget(connection, START + timedelta(minutes=7), 30):
            pass
        assert connection.execute(select(func.min(table.c.seq))).scalar_one() == 141
        assert sum(levels(connection).values()) < 2 * 60 + 2 * 32, "ends of more than a part that is partly gone"
        while movements.forget(connection, START + timedelta(minutes=70), 30):
            pass
        assert levels(connection) == {}


def test_what_another_release_kept_is_noted_with_the_next_block(book):
    rows = rows_of([(1, "a", "b", minute) for minute in range(5)])
    always = (START, START + timedelta(hours=1), 9)
    with book.engine.connect() as connection:
        movements.keep(connection, rows[:1], START)
        connection.execute(insert(table), [dict(zip(movements.COLUMNS, row, strict=True)) for row in rows[1:4]])
        movements.keep(connection, rows[4:], START)
        check_is_found(connection, rows, ends.PAYS, "a", *always)


def test_the_step_to_parts_and_back_finds_what_was_there(book):
    rows = rows_of([(1, "ab"[number % 3 > 1], "ab"[number % 2], number % 13) for number in range(60)])
    always = (START, START + timedelta(hours=1), 99)
    with book.engine.begin() as connection:
        movements.keep(connection, rows[:40], START)
    downgrade(book.engine, "0008", CENTER)
    upgrade(book.engine, steps=CENTER)
    with book.engine.connect() as connection:
        assert beside.cursor(connection, "movement ends") == 40
        movements.keep(connection, rows[40:], START)
        for side in (ends.PAYS, ends.IS_PAID):
            check_is_found(connection, rows, side, "a", *always)
