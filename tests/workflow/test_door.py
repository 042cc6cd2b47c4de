"""The door lets in who has a seat, and lets refusals of one participant go out one after another."""

import asyncio

import pytest

from antifraud.workflow.door import Door
from antifraud.workflow.line import Overloaded
from antifraud.workflow.seats import Seats
from tests.waiting import Slow
from tests.workflow.desks import Office

FAR = 1e12  # by the event loop's time


def test_refusals_of_one_participant_go_out_in_turn_and_keep_no_seat():
    async def scenario():
        office = await Office.opened(room=0)
        door, ended = Door(office.desk, Seats()), []

        async def ask(participant, number):
            with pytest.raises(Overloaded, match="0 transfers are on the way already"):
                async with door.seat(participant, FAR):
                    pytest.fail("there is no room")
            ended.append((participant, number))

        flood = [asyncio.create_task(ask("flood", number)) for number in range(100)]
        calm = asyncio.create_task(ask("calm", 0))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert ended == [("flood", 0), ("calm", 0)], "each first refusal goes out at once, and no second one"
        await asyncio.gather(calm, *flood)
        assert len(ended) == 101
        assert door.desk.no_room == 101
        await asyncio.gather(*(door.seats.take("flood", 0.0) for _ in range(3)))

    asyncio.run(scenario())


def test_the_log_names_who_is_refused_once_a_minute_and_says_how_often(caplog):
    async def scenario():
        door = Door((await Office.opened(room=0)).desk, Seats())

        async def refuse(participant, times):
            for _ in range(times):
                with pytest.raises(Overloaded):
                    await door.enter(participant, FAR)

        await refuse("flood", 40)
        await refuse("calm", 1)
        assert [record.args for record in caplog.records] == [("flood", 1), ("calm", 1)]
        await asyncio.sleep(60)
        await refuse("flood", 2)
        assert [record.args for record in caplog.records[2:]] == [("flood", 40)]

    with asyncio.Runner(loop_factory=Slow) as runner:
        runner.run(scenario())


def test_a_seat_is_left_however_the_block_ends():
    async def scenario():
        office = await Office.opened()
        door = Door(office.desk, Seats())

        async def fail():
            async with door.seat("bank", 0.0) as desk:
                assert desk is office.desk
                raise ZeroDivisionError

        for _ in range(200):
            with pytest.raises(ZeroDivisionError):
                await fail()

    asyncio.run(scenario())
