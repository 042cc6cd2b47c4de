"""Seats are given in order, never lost, and a flood leaves room for others."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antifraud.workflow.line import Overloaded
from antifraud.workflow.seats import Seats
from tests.waiting import Slow

FAR = 1e12  # by the event loop's time: nobody is in a hurry


@pytest.fixture
def run():
    with asyncio.Runner(loop_factory=Slow) as runner:
        yield runner.run


class Door:
    """Calls at the door, by number: who sits, and who waits as a task."""

    def __init__(self):
        self.seats = Seats()
        self.seated, self.tasks, self.order = [], {}, []

    async def come(self, participant, due=FAR):
        number = len(self.order)
        self.order.append(participant)

        async def sit():
            await self.seats.take(participant, due)
            self.seated.append(number)

        self.tasks[number] = asyncio.create_task(sit())
        await asyncio.sleep(0)
        return number

    async def refuses(self, participant, due):
        task = self.tasks[await self.come(participant, due)]
        return task.done() and isinstance(task.exception(), Overloaded)

    async def go(self, number):
        self.seated.remove(number)
        self.seats.leave(self.order[number])
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def give_up(self, number):
        self.tasks[number].cancel()
        await asyncio.gather(self.tasks[number], return_exceptions=True)

    def of(self, participant, among):
        return [number for number in among if self.order[number] == participant]

    def waiting(self):
        return [number for number, task in self.tasks.items() if not task.done()]


def test_a_participant_alone_has_many_seats_and_its_calls_sit_in_their_order():
    async def scenario():
        door = Door()
        for _ in range(70):
            await door.come("a")
        assert door.seated == list(range(64))
        await door.go(10)
        await door.go(3)
        assert door.seated[-2:] == [64, 65]
        assert door.seats.waiting == 4

    asyncio.run(scenario())


def test_a_flood_waits_at_the_door_as_soon_as_another_one_asks():
    async def scenario():
        door = Door()
        await door.come("calm")
        flood = [await door.come("flood") for _ in range(100)]
        assert len(door.of("flood", door.seated)) == 5
        more = [await door.come("calm") for _ in range(2)]
        assert set(more) <= set(door.seated), "who asks for little sits at once"
        for number in flood[:5]:
            await door.go(number)
        assert len(door.of("flood", door.seated)) == 3

    asyncio.run(scenario())


def test_who_would_wait_until_too_late_is_refused_at_once():
    async def scenario():
        door = Door()
        now = asyncio.get_running_loop().time()
        for _ in range(66):
            await door.come("a")
        for number in range(2):  # the pace becomes known, whatever it is here
            await door.go(number)
        for _ in range(10):
            await door.come("a")
        with pytest.raises(Overloaded, match="10 calls of a wait already"):
            await door.seats.take("a", now)
        assert door.seats.hopeless == 1

    asyncio.run(scenario())


def test_behind_many_a_tenth_of_the_time_is_waited_for_and_behind_few_all_of_it(run):
    async def scenario():
        door, loop = Door(), asyncio.get_running_loop()
        for _ in range(64 + 3):
            await door.come("a")
        for number in range(2):  # one leaves every 4 ms
            await asyncio.sleep(0.004)
            await door.go(number)
        due = loop.time() + 0.3
        for _ in range(7):
            await door.come("a", due)
        assert door.seats.waiting == 8
        assert await door.refuses("a", due)
        assert not await door.refuses("a", loop.time() + 0.37)
        assert door.seats.waiting == 9

    run(scenario())


def test_the_pace_is_that_of_groups_and_not_of_the_last_group_s_end(run):
    async def scenario():
        door = Door()
        for _ in range(64 + 33):
            await door.come("a")
        for group in range(4):
            await asyncio.sleep(0.032)
            for number in range(8 * group, 8 * group + 8):
                await door.go(number)
        assert door.seats.waiting == 1
        for _ in range(7):
            await door.come("a")
        assert await door.refuses("a", asyncio.get_running_loop().time() + 0.3)

    run(scenario())


def test_a_pause_before_the_others_came_is_not_taken_for_their_pace():
    async def scenario():
        began = asyncio.get_running_loop().time()
        door = Door()
        for _ in range(66):
            await door.come("a")
        await door.go(0)
        now = asyncio.get_running_loop().time()
        late = await door.come("a", due=now + 3 * (now - began))
        assert late in door.waiting(), "longer than since the first one waited it cannot take"

    asyncio.run(scenario())


def test_the_first_at_the_door_waits_however_slow_it_was_before():
    async def scenario():
        door = Door()
        for _ in range(66):
            await door.come("a")
        for number in range(2):  # the pace becomes known, whatever it is here, and nobody waits any more
            await door.go(number)
        number = await door.come("a", due=asyncio.get_running_loop().time())
        assert number in door.waiting(), "else it would never be known that it goes faster again"

    asyncio.run(scenario())


STEPS = st.lists(st.tuples(st.sampled_from(["come", "go", "give up"]), st.integers(0, 200)), max_size=150)


@given(STEPS)
def test_no_seat_is_lost_and_nobody_waits_for_nobody(steps):
    async def scenario():
        door, left = Door(), set()
        for what, which in steps:
            waiting = door.waiting()
            if what == "come":
                await door.come("abc"[which % 3])
            elif what == "go" and door.seated:
                await door.go(door.seated[which % len(door.seated)])
            elif what == "give up" and waiting:
                number = waiting[which % len(waiting)]
                await door.give_up(number)
                left.add(number)
            for participant in "abc":
                seated, waiting = door.of(participant, door.seated), door.of(participant, door.waiting())
                assert not waiting or len(seated) >= 3, "it waits although it has fewer seats than its own"
                assert not seated or not waiting or max(seated) < min(waiting), "somebody was passed over"
        while door.seated:
            await door.go(door.seated[0])
        assert not door.waiting()
        assert door.seats.waiting == 0
        assert not left & set(door.seated)

    asyncio.run(scenario())
