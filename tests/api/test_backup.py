"""A copy made under load and put elsewhere is the deployment: decisions, holds, features and the journal's chain."""

import asyncio
import itertools
import json
import shutil
from contextlib import closing

import pytest

from antifraud.domain.center.hold import Hold
from antifraud.domain.center.people import Role
from antifraud.domain.center.rights import usual_scopes
from antifraud.domain.errors import Conflict, DamagedFile, InvalidValue, NotFound
from antifraud.store import open_store
from antifraud.store.center import open_book
from antifraud.store.center.journal import Head, verify
from antifraud.workflow.center.ports import Auditing, Selection
from api.commands.backup import back_up, put_elsewhere
from api.settings import read_settings
from tests.api import making
from tests.api.inside import running
from tests.api.making import body
from tests.drills.judge import lived_through
from tests.servers import postgres  # noqa: F401 - a fixture


async def holds_of(center, count):
    """Return the holds as they are, by id, once there are so many."""
    while True:
        found = await center.read(lambda page: page.selected(Hold, Selection(party=None, limit=1_000)))
        if len(found) >= count:
            return {each.life_id: each for each in found}
        await asyncio.sleep(0.01)


async def journal_of(center):
    """Return every act, whole, with its place in the chain."""
    return await center.read(lambda page: page.audited(Auditing(after=0, limit=10_000)))


def of_transfers(holds):
    return {each.birth.transfer_id: each for each in holds.values()}


WHY = {"reason": "The client came with the contract.", "ground": "fictional letter 7"}
ACTS = (  # one of each on a hold of its own: its basis, clock, sums, status or who works on it become others
    ("notes", WHY),
    ("client-answer", {**WHY, "says": "confirms"}),
    ("escalate", {**WHY, "whom": "officer"}),
    ("bases", {**WHY, "basis": "police_order", "document": "order 1", "until": "2099-01-01T00:00:00Z"}),
    ("release", {**WHY, "because": "proven_honest", "amount_minor": 400}),
    ("release", {**WHY, "because": "proven_honest"}),
    ("refuse", {**WHY, "because": "client_withdraws"}),
)
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
    desk = Role.BANK_ANALYST
    key = {"X-Api-Key": making.register(here["database_url"], scopes=usual_scopes(desk), role=desk)}
    sent, answered = [], {}

    async def send(client, numbers):
        for number in numbers:
            sent.append(f"t{number}")
            answered[sent[-1]] = (await client.post("/v1/decisions", json=body(number))).content

    async def live(client):
        """Decide some, act on their holds, and hear of a fraud."""
        await send(client, range(40))
        holds = of_transfers(await holds_of(client.engine.center, 40))
        for number, (act, said) in enumerate(ACTS):
            path = f"/v1/holds/{holds[f't{number}'].life_id}/{act}"
            assert (await client.post(path, json=said, headers=key)).status_code == 200
        fraud = {"transfer_id": "t9", "fraud": True, "source": "police"}
        assert (await client.post("/v1/reports", json=fraud)).status_code == 201

    async def before():
        async with running(tmp_path / "here", **here) as client:
            await live(client)
            load = asyncio.create_task(send(client, itertools.count(40)))
            await asyncio.to_thread(back_up, read_settings(**here), tmp_path / "copy")
            assert not load.done(), "the copy was made while decisions went on"
            load.cancel()
            await asyncio.gather(load, return_exceptions=True)
            log, center = client.engine.log, client.engine.center
            return await rows_of(log, sent), await holds_of(center, len(answered)), await journal_of(center)

    async def after():
        async with running(tmp_path / "there", **there) as client:
            log, center = client.engine.log, client.engine.center
            kept = await rows_of(log, sent)
            again = {name: (await client.post("/v1/decisions", json=body(name[1:]))) for name in kept}
            holds, acts = await holds_of(center, len(kept)), await journal_of(center)
            assert (await client.post("/v1/decisions", json=body("following"))).status_code == 201
            every = await log.find_all([("fictional-bank", name) for name in (*kept, "tfollowing")])
            with open_store(there["database_url"], recording=False) as store:
                return kept, again, holds, acts, await lived_through(every, store.history.reports())

    rows, holds, acts = asyncio.run(before())
    put = put_elsewhere(read_settings(**there), tmp_path / "copy")
    kept, again, copied, copied_acts, (served, wanted) = asyncio.run(after())

    names = sorted(kept, key=lambda name: int(name[1:]))
    assert names == [f"t{number}" for number in range(len(names))], "what was decided first is there, without a gap"
    assert len(names) >= 40
    for name in names[:-1]:  # the last may have been copied on its way, before it had its last words
        assert again[name].content == kept[name].answer == answered[name]
        assert kept[name].decision == rows[name].decision
    assert {answer.status_code for answer in again.values()} == {200}
    for name in names:
        assert kept[name].transfer == rows[name].transfer
        assert kept[name].vector.tobytes() == rows[name].vector.tobytes()
    assert [vector.tobytes() for vector in served] == [vector.tobytes() for vector in wanted]
    assert len(served) == len(kept) + 1, "also what follows is decided on all that the copy holds, each once"

    (head,) = [each.head for each in put.contents.values() if each.head is not None]
    seq = int(head.partition(":")[0])
    assert head == f"{seq}:{acts[seq - 1].hash}", "the copy ends where the journal was"
    assert copied_acts[:seq] == acts[:seq]
    assert {act.written.name for act in acts[:seq]} >= {"hold.noted", "hold.basis_added", "hold.released"}
    lived = {act.written.life_id for act in acts[:seq] if act.written.kind == "hold"}
    assert len(lived) >= 40
    assert {life: copied[life] for life in lived} == {life: holds[life] for life in lived}
    assert of_transfers(copied).keys() == kept.keys(), "each decision of the copy has its hold, and there is no other"
    assert len(copied) == len(kept)
    with closing(open_book(read_settings(**there).book_url)) as book, book.engine.connect() as connection:
        assert verify(connection, Head(seq, acts[seq - 1].hash)).problem is None, "it goes on from the end that was"


async def rows_of(log, names):
    found = await log.find_all([("fictional-bank", name) for name in names])
    return {name: row for (_, name), row in found.items()}


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
