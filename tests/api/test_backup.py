"""A copy made under load and put elsewhere is the deployment: decisions, holds, features and the journal's chain."""

import asyncio
import itertools
import json
import shutil
from contextlib import closing

import numpy as np
import pytest

from antifraud.domain.center.hold import Hold
from antifraud.domain.errors import Conflict, DamagedFile, InvalidValue, NotFound
from antifraud.store.center import open_book
from antifraud.store.center.journal import Head, verify
from antifraud.workflow.center.ports import Selection
from api.commands.backup import back_up, put_elsewhere
from api.settings import read_settings
from tests.api import making
from tests.api.inside import running
from tests.api.making import body
from tests.servers import postgres  # noqa: F401 - a fixture


async def holds_of(center, count):
    """Return the holds, by transfer, once there are so many."""
    while True:
        found = await center.read(lambda page: page.selected(Hold, Selection(party=None, limit=1_000)))
        if len(found) >= count:
            return {each.birth.transfer_id: each.birth.amount_minor for each in found}
        await asyncio.sleep(0.01)


NUMBER = itertools.count()


@pytest.fixture(params=["sqlite", "postgresql"])
def places(request, tmp_path):
    """Return where a deployment is, and where nothing is yet."""
    if request.param == "sqlite":
        urls = [f"sqlite:///{tmp_path}/{name}/engine.db" for name in ("here", "there")]
    else:
        server = request.getfixturevalue("postgres")
        urls = [server.create_database(f"backup_{next(NUMBER)}") for _ in range(2)]
    return [
        {"database_url": url, "shelf": tmp_path / name / "shelf", "state_dir": tmp_path / name / "state"}
        for name, url in zip(("here", "there"), urls, strict=True)
    ]


def test_a_copy_made_under_load_and_put_elsewhere_is_the_deployment(tmp_path, places):
    here, there = places
    making.put_on(here["shelf"], making.bundle(hold_at=0.0, block_at=1.0))
    answered = {}

    async def send(client, numbers):
        for number in numbers:
            answered[number] = (await client.post("/v1/decisions", json=body(number))).content

    async def before():
        async with running(tmp_path / "here", **here) as client:
            await send(client, range(40))
            known = dict(answered)
            holds = await holds_of(client.engine.center, len(known))
            load = asyncio.create_task(send(client, itertools.count(40)))
            await asyncio.to_thread(back_up, read_settings(**here), tmp_path / "copy")
            assert not load.done(), "the copy was made while decisions went on"
            load.cancel()
            await asyncio.gather(load, return_exceptions=True)
            vectors = [(await client.engine.log.find("fictional-bank", f"t{number}")).vector for number in known]
            return known, holds, vectors

    async def after(known):
        async with running(tmp_path / "there", **there) as client:
            again = [await client.post("/v1/decisions", json=body(number)) for number in known]
            assert {each.status_code for each in again} == {200}
            named = [("fictional-bank", f"t{number}") for number in answered]
            kept = await client.engine.log.find_all(named)
            found = await holds_of(client.engine.center, len(kept))
            vectors = [(await client.engine.log.find("fictional-bank", f"t{number}")).vector for number in known]
            following = (await client.post("/v1/decisions", json=body("following"))).status_code
            row = await client.engine.log.find("fictional-bank", "tfollowing")
            return [each.content for each in again], kept, found, vectors, following, row

    known, holds, vectors = asyncio.run(before())
    put = put_elsewhere(read_settings(**there), tmp_path / "copy")
    again, kept, found, copied, following, row = asyncio.run(after(known))
    assert again == list(known.values())
    assert {name: found[name] for name in holds} == holds
    assert set(found) == {name for _, name in kept}, "each decision of the copy has its hold, and there is no other"
    assert all(np.array_equal(mine, theirs, equal_nan=True) for mine, theirs in zip(vectors, copied, strict=True))
    assert following == 201
    seen = making.names(making.CATALOGUE).index("payer_sent_count_1h")
    assert row.vector[seen] == len(kept), "the state has seen what the copy holds, each transfer once"
    with closing(open_book(read_settings(**there).book_url)) as book, book.engine.connect() as connection:
        (head,) = [each.head for each in put.contents.values() if each.head is not None]
        seq, _, noted = head.partition(":")
        assert verify(connection, Head(int(seq), noted)).problem is None, "it goes on from the end that was copied"


@pytest.fixture
def copy(tmp_path):
    """A copy of a deployment that has registered one participant, and where to put it."""
    making.register(f"sqlite:///{tmp_path}/engine.db")
    with closing(open_book(f"sqlite:///{tmp_path}/center.db")):
        pass
    making.put_on(tmp_path / "shelf", making.bundle())
    back_up(read_settings(database_url=f"sqlite:///{tmp_path}/engine.db", shelf=tmp_path / "shelf"), tmp_path / "copy")
    return tmp_path / "copy"


def elsewhere(folder, **more):
    return read_settings(**{"database_url": f"sqlite:///{folder}/there/engine.db", "shelf": folder / "new"} | more)


def test_a_copy_is_its_owner_s_and_no_folder_is_copied_into_twice(copy, tmp_path):
    assert all((copy / name).stat().st_mode & 0o077 == 0 for name in ("engine.db", "center.db"))
    with pytest.raises(Conflict, match="holds something"):
        back_up(read_settings(database_url=f"sqlite:///{tmp_path}/engine.db"), copy)


@pytest.mark.parametrize("there", ["there/engine.db", "there/center.db-wal", "new/lineup.json"])
def test_a_copy_is_put_only_where_nothing_is(copy, tmp_path, there):
    path = tmp_path / there
    path.parent.mkdir()
    path.write_bytes(b"somebody's")
    with pytest.raises(Conflict, match="only where nothing is"):
        put_elsewhere(elsewhere(tmp_path), copy)
    assert path.read_bytes() == b"somebody's"
    assert [each for each in (tmp_path / "there").glob("*") if each != path] == []


def test_a_copy_that_is_not_as_it_was_made_is_not_put_anywhere(copy, tmp_path):
    def harm(change):
        shutil.rmtree(tmp_path / "harmed", ignore_errors=True)
        shutil.copytree(copy, tmp_path / "harmed")
        change(tmp_path / "harmed")
        with pytest.raises((DamagedFile, NotFound)) as refused:
            put_elsewhere(elsewhere(tmp_path), tmp_path / "harmed")
        assert not (tmp_path / "there").exists() or not any((tmp_path / "there").iterdir())
        return str(refused.value)

    def told(manifest, **more):
        said = json.loads(manifest.read_text())
        said["contents"]["engine.db"] |= more
        manifest.write_text(json.dumps(said))

    assert "engine.db is not the file" in harm(lambda at: (at / "engine.db").write_bytes(b"x"))
    assert "center.db is not the file" in harm(lambda at: (at / "center.db").unlink())
    assert "is not the file" in harm(lambda at: (at / "shelf" / "more.json").write_bytes(b""))
    assert "has no manifest" in harm(lambda at: (at / "manifest.json").unlink())
    assert "cannot be read" in harm(lambda at: (at / "manifest.json").write_bytes(b"{}"))
    assert "decisions 0, not 7" in harm(lambda at: told(at / "manifest.json", decisions=7))
    put_elsewhere(elsewhere(tmp_path), copy)
    assert (tmp_path / "there" / "engine.db").stat().st_mode & 0o077 == 0


def test_a_copy_of_files_goes_into_no_server_of_databases(copy, tmp_path):
    with pytest.raises(InvalidValue, match=r"center\.db, engine\.db"):
        put_elsewhere(elsewhere(tmp_path, database_url="postgresql://ana@db/engine"), copy)
