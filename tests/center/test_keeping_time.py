"""The task that keeps time: nothing is forgotten, nothing done twice, nothing stops it."""

import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest
from sqlalchemy import text

from antifraud.domain.center.hold import Hold, HoldStatus
from antifraud.domain.center.policy import CenterPolicy
from antifraud.domain.errors import Unavailable
from antifraud.store.center.journal import verify
from api.center import Center
from api.metrics import Metrics
from tests.center.making import begin_hold
from tests.waiting import until


@asynccontextmanager
async def center(url, now, passed=lambda: 0.0, metrics=None):
    made = Center(url, CenterPolicy(), now, metrics or Metrics(), passed=passed)
    task = asyncio.create_task(made.keep_time())
    try:
        yield made
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await made.close()


def url_of(book):
    return book.engine.url.render_as_string(hide_password=False)


def status_of(book, hold):
    return book.read_now(lambda page: page.get(Hold, hold.life_id)).status


def test_holds_end_by_themselves_and_two_processes_do_it_once(book, noon):
    holds = book.write_now(lambda page: [begin_hold(page, noon, transfer_id=f"t{n}") for n in range(250)])
    end = holds[0].free_at

    async def both():
        async with center(url_of(book), lambda: end) as one, center(url_of(book), lambda: end) as other:
            await asyncio.wait_for(until(lambda: one.clock_acts + other.clock_acts >= 250), 60)
            return one.clock_acts + other.clock_acts

    assert asyncio.run(both()) == 250
    assert {status_of(book, hold) for hold in holds} == {HoldStatus.EXPIRED}
    with book.engine.connect() as connection:
        assert verify(connection).acts == 500


def test_one_damaged_life_does_not_stop_the_clocks_of_others(book, noon):
    broken, sound = book.write_now(lambda page: [begin_hold(page, noon - timedelta(days=1)), begin_hold(page, noon)])
    with book.engine.begin() as connection:
        connection.execute(text("UPDATE lives SET body = '{}' WHERE life_id = :id"), {"id": broken.life_id})

    async def one():
        async with center(url_of(book), lambda: sound.free_at) as made:
            await asyncio.wait_for(until(lambda: made.clock_failures), 60)

    asyncio.run(one())
    assert status_of(book, sound) is HoldStatus.EXPIRED


def test_a_book_that_is_away_is_opened_as_soon_as_it_is_there(tmp_path, noon):
    folder = tmp_path / "later"
    folder.write_text("a file where a folder should be")

    async def later():
        async with center(f"sqlite:///{folder}/center.db", lambda: noon) as made:
            await asyncio.wait_for(until(lambda: made.clock_failures), 60)
            with pytest.raises(Unavailable):
                await made.read(lambda page: page.next_due())
            folder.unlink()
            await asyncio.wait_for(until(lambda: made._book is not None), 60)
            return await made.read(lambda page: page.next_due())

    assert asyncio.run(later()) is None


def test_a_url_that_can_be_no_book_is_said_at_once(noon):
    with pytest.raises(Unavailable, match="sqlite"):
        Center("mysql://nowhere/db", CenterPolicy(), lambda: noon, Metrics())


class Machine:
    """A clock that may be set, and the seconds that pass whatever it is set to."""

    def __init__(self, now):
        self.now, self.passed = now, 0.0


def test_a_clock_that_was_set_forward_ends_nothing_until_as_much_time_has_passed(book, noon):
    hold = book.write_now(lambda page: begin_hold(page, noon))
    machine, metrics = Machine(noon), Metrics()

    async def stepped():
        async with center(url_of(book), lambda: machine.now, lambda: machine.passed, metrics) as made:
            await asyncio.wait_for(until(lambda: made._book is not None), 60)
            machine.now = hold.free_at
            await asyncio.wait_for(until(lambda: made.clock_failures), 60)
            stood_still = status_of(book, hold), metrics.value("antifraud_center_clock_ahead_seconds")
            machine.passed = (hold.free_at - noon).total_seconds()
            await asyncio.wait_for(until(lambda: made.clock_acts), 60)
            return stood_still, metrics.value("antifraud_center_clock_ahead_seconds")

    assert asyncio.run(stepped()) == ((HoldStatus.HELD, (hold.free_at - noon).total_seconds()), 0.0)
    assert status_of(book, hold) is HoldStatus.EXPIRED
