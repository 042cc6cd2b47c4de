"""Acts in the Center are let in one by one, and leave time to decisions that are on the way."""

import asyncio

import pytest

from antifraud.workflow.line import Overloaded
from api.turns import Turns
from tests.api import making
from tests.api.inside import running
from tests.waiting import Slow

BANK = "fictional-bank"


@pytest.fixture
def run():
    with asyncio.Runner(loop_factory=Slow) as runner:
        yield runner.run


async def acts(turns, took, count, participant=BANK):
    """Let one participant act so many times at once; return when each was let in, and left."""
    seen = []

    async def act():
        async with turns.one(participant):
            began = asyncio.get_running_loop().time()
            await asyncio.sleep(took)
            seen.append((began, asyncio.get_running_loop().time()))

    await asyncio.gather(*(act() for _ in range(count)))
    return seen


def test_one_acts_at_a_time_and_none_waits_longer_while_nothing_is_decided(run):
    seen = run(acts(Turns(lambda: False), 3, 4))
    assert [began - 1_000 for began, _ in seen] == [0, 3, 6, 9]


def test_decisions_on_the_way_have_twice_the_time_of_an_act_without_the_next(run):
    seen = run(acts(Turns(lambda: True), 3, 3))
    assert [began - 1_000 for began, _ in seen] == [0, 9, 18]


def test_participants_take_turns_and_the_requests_of_each_keep_their_order(run):
    async def scenario():
        turns, order = Turns(lambda: False), []

        async def act(name):
            async with turns.one(name[0]):
                order.append(name)
                await asyncio.sleep(1)

        await asyncio.gather(*(act(name) for name in ("a1", "a2", "a3", "a4", "b1", "b2", "c1")))
        return order

    assert run(scenario()) == ["a1", "a2", "b1", "c1", "a3", "b2", "a4"]


def test_who_goes_before_his_turn_takes_nobody_elses(run):
    async def scenario():
        turns, order, acting = Turns(lambda: False), [], {}

        async def act(name):
            async with turns.one(name[0]):
                order.append(name)
                await asyncio.sleep(1)
            if name == "a1":  # its turn was passed on to one that has not heard of it yet
                acting["c1"].cancel()

        for name in ("a1", "b1", "b2", "c1", "c2"):
            acting[name] = asyncio.create_task(act(name))
        await asyncio.sleep(0.5)
        acting["b1"].cancel()
        await asyncio.gather(*acting.values(), return_exceptions=True)
        return order

    assert run(scenario()) == ["a1", "b2", "c2"]


def test_an_act_that_fails_or_is_given_up_ends_its_turn(run):
    async def scenario():
        turns = Turns(lambda: False)
        with pytest.raises(ValueError, match="refused"):
            async with turns.one(BANK):
                raise ValueError("refused")
        async with turns.one(BANK):
            waiting = asyncio.create_task(acts(turns, 1, 1))
            await asyncio.sleep(1)
            waiting.cancel()
        return await acts(turns, 1, 1)

    assert len(run(scenario())) == 1


def test_who_comes_behind_too_many_is_refused_at_once(run):
    async def scenario():
        turns = Turns(lambda: False)
        crowd = [asyncio.create_task(acts(turns, 1, 1)) for _ in range(501)]
        await asyncio.sleep(0.5)
        with pytest.raises(Overloaded, match="500 requests of fictional-bank wait"):
            await acts(turns, 1, 1)
        ((began, _),) = await acts(turns, 1, 1, "another-bank")
        assert began == 1_002, "behind one of the crowd, not behind all"
        await asyncio.gather(*crowd)
        return await acts(turns, 1, 1)

    assert len(run(scenario())) == 1


def test_whoever_acts_waits_for_his_turn_and_nobody_else_does(tmp_path):
    key = making.register(f"sqlite:///{tmp_path}/engine.db", scopes=("incidents:write", "holds:write"))
    acting_as = {"X-Api-Key": key}
    paths = ("/v1/incidents", "/v1/holds", "/v1/inquiries/i/answer", "/v1/cooling-offs")

    async def scenario():
        async with running(tmp_path) as client:
            async with client.engine.turns.one(BANK):
                acting = [asyncio.create_task(client.post(path, json={}, headers=acting_as)) for path in paths]
                assert (await client.post("/v1/decisions", json=making.body(1))).status_code == 201
                assert (await client.post("/v1/incidents", json={})).status_code == 403, "a stranger takes no turn"
                assert not any(each.done() for each in acting)
            assert [each.status_code for each in await asyncio.gather(*acting)] == [422] * len(paths)

    asyncio.run(scenario())
