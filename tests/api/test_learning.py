"""A held transfer becomes a hold, and what people decide about it becomes a label, over a whole running engine."""

import asyncio

from antifraud.domain.center.hold import Hold
from antifraud.domain.center.hold_acts import (
    Countersigned,
    RefusalGround,
    Refused,
    Released,
    ReleaseGround,
    ReleaseProposed,
)
from antifraud.domain.center.people import Actor, Role
from antifraud.domain.report import ReportSource
from antifraud.workflow.center import verdicts
from antifraud.workflow.center.moving import move
from api.following import tell_verdicts
from tests.api import making
from tests.api.inside import running

BANK = "fictional-bank"
ANALYST = Actor(BANK, Role.BANK_ANALYST, "aliya")
OFFICER = Actor(BANK, Role.BANK_OFFICER, "bolat")
MONEY = [{}, {}, {"amount_minor": 200_000_000}, {}]  # the third needs two signatures


async def held(client, number, **fields):
    """Ask about a transfer that is held, and return its hold once it is there."""
    answer = await client.post("/v1/decisions", json=making.body(number, **fields))
    assert answer.json()["action"] == "hold", answer.text
    key = f"transfer:{BANK}/t{number}"
    while not (found := await client.engine.center.read(lambda page: page.found_by(Hold, key))):
        await asyncio.sleep(0.01)
    return found[0]


async def acted(client, hold, kind, by=ANALYST, **fields):
    now = client.engine.center.now()
    act = kind(by=by, at=now, **fields)
    return await client.engine.center.write(lambda page: move(page, page.get(Hold, hold.life_id), act))


async def reported(client, number):
    while (report := await client.engine.log.find_report(BANK, f"t{number}")) is None:
        await asyncio.sleep(0.01)
    return report


def test_verdicts_are_learnt_once(tmp_path):
    making.put_on(tmp_path / "shelf", making.bundle(hold_at=0.0, block_at=1.5))

    async def story():
        async with running(tmp_path) as client:
            stolen, honest, large, asked = [await held(client, n, **MONEY[n]) for n in range(4)]
            await acted(client, stolen, Refused, because=RefusalGround.FRAUD)
            await acted(client, honest, Released, amount_minor=honest.held_minor, because=ReleaseGround.PROVEN_HONEST)
            because = ReleaseGround.PROVEN_HONEST
            await acted(client, large, ReleaseProposed, amount_minor=large.held_minor, because=because)
            await acted(client, asked, Refused, because=RefusalGround.NO_ANSWER)
            told = [await reported(client, n) for n in (0, 1)]
            assert [(each.fraud, each.source) for each in told] == [
                (True, ReportSource.VERDICT),
                (False, ReportSource.VERDICT),
            ]
            head = (await client.engine.center.read(lambda page: page.acts_after(0, 1_000)))[-1].seq
            while await client.engine.center.read(lambda page: page.cursor(verdicts.VERDICTS)) < head:
                await asyncio.sleep(0.01)
            assert await client.engine.log.find_report(BANK, "t2") is None  # only proposed
            assert await client.engine.log.find_report(BANK, "t3") is None  # no answer is no verdict
            await acted(client, large, Countersigned, by=OFFICER)
            assert (await reported(client, 2)).fraud is False

            # As after a crash between the reports and the cursor: all of it again, and nothing changes.
            await client.engine.center.write(lambda page: page.move_cursor(verdicts.VERDICTS, 0))
            while await tell_verdicts(client.engine.center, client.engine.reports):
                pass
            return told, [await reported(client, n) for n in (0, 1)]

    before, after = asyncio.run(story())
    assert before == after
