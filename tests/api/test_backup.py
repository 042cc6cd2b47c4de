"""A copy made under load, served elsewhere, is the deployment: decisions, holds, features and the journal's chain."""

import asyncio
from contextlib import closing

import numpy as np
import pytest

from antifraud.domain.center.hold import Hold
from antifraud.domain.errors import Conflict, Unavailable
from antifraud.store.center import open_book
from antifraud.store.center.journal import verify
from antifraud.workflow.center.ports import Selection
from api.commands.backup import back_up
from api.settings import read_settings
from tests.api import making
from tests.api.inside import running
from tests.api.making import body


async def holds_of(center, count):
    """Return the holds, by transfer, once there are so many."""
    while True:
        found = await center.read(lambda page: page.selected(Hold, Selection(party=None, limit=1_000)))
        if len(found) >= count:
            return {each.birth.transfer_id: each.birth.amount_minor for each in found}
        await asyncio.sleep(0.01)


def test_a_copy_made_under_load_and_served_elsewhere_is_the_deployment(tmp_path):
    here, copy = tmp_path / "here", tmp_path / "copy"
    making.put_on(here / "shelf", making.bundle(hold_at=0.0, block_at=1.0))
    answered = {}

    async def send(client, numbers):
        for number in numbers:
            answered[number] = (await client.post("/v1/decisions", json=body(number))).content

    async def before():
        async with running(here) as client:
            await send(client, range(40))
            known = dict(answered)
            holds = await holds_of(client.engine.center, len(known))
            settings = read_settings(database_url=f"sqlite:///{here}/engine.db", shelf=here / "shelf")
            load = asyncio.create_task(send(client, range(40, 400)))
            await asyncio.to_thread(back_up, settings, copy)
            assert not load.done(), "the copy was made while decisions went on"
            await load
            vectors = [(await client.engine.log.find("fictional-bank", f"t{number}")).vector for number in known]
            return known, holds, vectors

    async def after(known, holds):
        async with running(copy) as client:
            again = [await client.post("/v1/decisions", json=body(number)) for number in known]
            assert {each.status_code for each in again} == {200}
            kept = await client.engine.log.find_all([("fictional-bank", f"t{number}") for number in range(400)])
            found = await holds_of(client.engine.center, len(kept))
            vectors = [(await client.engine.log.find("fictional-bank", f"t{number}")).vector for number in known]
            following = (await client.post("/v1/decisions", json=body(1_000))).status_code
            row = await client.engine.log.find("fictional-bank", "t1000")
            return [each.content for each in again], kept, found, vectors, following, row

    known, holds, vectors = asyncio.run(before())
    again, kept, found, copied, following, row = asyncio.run(after(known, holds))
    assert again == list(known.values())
    assert {name: found[name] for name in holds} == holds
    assert set(found) == {name for _, name in kept}, "each decision of the copy has its hold, and there is no other"
    assert all(np.array_equal(mine, theirs, equal_nan=True) for mine, theirs in zip(vectors, copied, strict=True))
    assert following == 201
    seen = making.names(making.CATALOGUE).index("payer_sent_count_1h")
    assert row.vector[seen] == len(kept), "the state has seen what the copy holds, each transfer once"
    with closing(open_book(f"sqlite:///{copy}/center.db")) as book, book.engine.connect() as connection:
        verify(connection)


def test_a_folder_that_holds_something_and_a_server_of_databases_are_refused(tmp_path):
    making.register(f"sqlite:///{tmp_path}/engine.db")
    with closing(open_book(f"sqlite:///{tmp_path}/center.db")):
        pass
    settings = read_settings(database_url=f"sqlite:///{tmp_path}/engine.db", shelf=tmp_path / "none")
    back_up(settings, tmp_path / "one")
    assert all((tmp_path / "one" / name).stat().st_mode & 0o077 == 0 for name in ("engine.db", "center.db"))
    with pytest.raises(Conflict, match="holds something"):
        back_up(settings, tmp_path / "one")
    with pytest.raises(Unavailable, match="pg_dump"):
        back_up(read_settings(database_url="postgresql://ana@db/engine"), tmp_path / "two")
