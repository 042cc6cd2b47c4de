"""More than it can do: a real server answers what it takes, refuses the rest at once, and is well again after it."""

import asyncio
import contextlib
import sqlite3
from collections import Counter

import httpx
import pytest

from tests.api import making
from tests.api.conftest import environment, wait_until_ready
from tests.api.everybody import everybody
from tests.forked import Forked
from tests.servers import free_port
from tests.waiting import until

FLOODING, CALLS = 48, 25  # clients of one bank that never wait, and what each sends
SHARE = 8
MOST_AT_THE_DOOR = 500  # of one participant, behind 64 seats at most


@pytest.fixture(scope="module")
def narrow(tmp_path_factory):
    """Serve two participants with little room."""
    folder, port = tmp_path_factory.mktemp("narrow"), free_port()
    making.put_on(folder / "shelf", making.bundle(hold_at=1.0, block_at=1.0))
    url = f"sqlite:///{folder}/engine.db"
    keys = [making.register(url, name) for name in ("fictional-bank", "fictional-wallet")]
    room = {"ANTIFRAUD_MAX_ON_THE_WAY": "16", "ANTIFRAUD_MAX_ON_THE_WAY_EACH": str(SHARE)}
    room |= {"ANTIFRAUD_PATIENCE_MS": "20000"}  # for a disk that a test keeps from writing
    with Forked(environment(folder, port, **room)) as process:
        base = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=base) as client:
            wait_until_ready(process, client)
        yield base, keys, folder / "engine.db"
        process.terminate()


@contextlib.contextmanager
def nothing_durable(database):
    """Keep whoever writes waiting until the block ends; what is read is read."""
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        yield
        writer.execute("ROLLBACK")


def test_a_flood_is_refused_at_once_and_the_other_participant_is_always_answered(narrow):
    base, (flooding, calm), database = narrow
    answered, statuses = [], Counter()

    async def flood(client, number):
        for call in range(CALLS):
            answer = await client.post("/v1/decisions", json=making.body(f"flood-{number}-{call}"))
            statuses[answer.status_code] += 1
            if answer.status_code == 503:
                assert answer.headers["retry-after"] == "1"
                assert answer.json()["type"] == "urn:antifraud:problem:unavailable"
            else:
                answered.append(answer.json()["transfer_id"])

    async def burst(client):
        """Send from every client at once; whoever is refused hears so while nobody is decided yet."""

        async def one(number):
            answer = await client.post("/v1/decisions", json=making.body(f"burst-{number}"))
            statuses[answer.status_code] += 1

        with nothing_durable(database):
            left = {asyncio.create_task(one(number)) for number in range(FLOODING)}
            while len(left) > SHARE:
                _, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.gather(*left)

    async def ask(client, count):
        for call in range(count):
            answer = await client.post("/v1/decisions", json=making.body(f"calm-{count}-{call}"))
            assert answer.status_code == 201, "there is always room for who asks for little"

    async def scenario():
        limits = httpx.Limits(max_connections=FLOODING)
        with_key = [{"X-Api-Key": key} for key in (flooding, calm)]
        async with (
            httpx.AsyncClient(base_url=base, headers=with_key[0], limits=limits, timeout=30) as many,
            httpx.AsyncClient(base_url=base, headers=with_key[1], timeout=30) as one,
        ):
            await burst(many)
            assert statuses == {503: FLOODING - SHARE, 201: SHARE}
            await asyncio.gather(ask(one, 20), *(flood(many, number) for number in range(FLOODING)))
            after = await asyncio.gather(
                *(many.post("/v1/decisions", json=making.body(f"after-{number}")) for number in range(SHARE))
            )
            known = [await many.get(f"/v1/decisions/{name}") for name in answered[:50]]
            page = (await many.get("/metrics")).text
            return [each.status_code for each in after], [each.status_code for each in known], page

    after, known, page = asyncio.run(scenario())
    assert set(statuses) == {201, 503}
    assert statuses.total() == FLOODING * (1 + CALLS)
    assert set(after) == {201}, "it is well again as soon as the flood is over"
    assert set(known) == {200}
    refusals = [line.split() for line in page.splitlines() if line.startswith("antifraud_overloaded_")]
    assert sum(float(count) for name, count in refusals if name.endswith("_total")) == statuses[503]
    assert "antifraud_at_the_door 0.0" in page
    assert "antifraud_on_the_way 0.0" in page


@pytest.mark.parametrize("budget", ["0", "301", "-1", "1.5", "", "many", "9999999999"])
@pytest.mark.parametrize("path", ["/v1/decisions"])
def test_a_budget_that_cannot_be_given_names_the_header(narrow, path, budget):
    base, (key, _), _ = narrow
    headers = {"X-Api-Key": key, "Antifraud-Budget-Ms": budget}
    answer = httpx.post(base + path, headers=headers, json=making.body("-budget"))
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == "Antifraud-Budget-Ms"
    assert error["was"] == budget


def test_less_time_may_be_asked_for_and_a_batch_may_have_more(narrow):
    base, (key, _), _ = narrow
    for path, budget, body, status in [
        ("/v1/decisions", "300", making.body("-enough"), 201),
        ("/v1/decisions/batch", "10000", [making.body("-batched")], 200),
        ("/v1/decisions/batch", "10001", [making.body("-batched")], 422),
    ]:
        answer = httpx.post(base + path, headers={"X-Api-Key": key, "Antifraud-Budget-Ms": budget}, json=body)
        assert answer.status_code == status


@pytest.mark.parametrize(
    ("path", "kind"),
    [("decisions", "json"), ("decisions/batch", "json"), ("iso20022/pacs.008", "xml"), ("reports", "json")],
)
def test_nothing_is_read_without_a_seat_and_who_brings_nonsense_leaves_its_own(tmp_path, path, kind):
    async def scenario():
        async with everybody(tmp_path) as who:
            client, headers = who["analyst"], {"Content-Type": f"application/{kind}"}
            seats, bank = client.engine.door.seats, "fictional-bank"
            for _ in range(64):
                await seats.take(bank, float("inf"))
            for _ in range(2):
                asked = asyncio.create_task(client.post(f"/v1/{path}", content=b"nonsense", headers=headers))
                while not (seats.waiting or asked.done()):
                    await asyncio.sleep(0)
                assert not asked.done()
                seats.leave(bank)
                assert (await asked).status_code == 400
                await seats.take(bank, float("inf"))

    asyncio.run(scenario())


def test_a_flood_of_reports_has_its_seats_and_the_other_participant_is_answered(tmp_path):
    async def scenario():
        async with everybody(tmp_path, budget_ms=60_000) as who:
            flooding, calm, engine = who["analyst"], who["other"], who["analyst"].engine
            find, let_go, inside = engine.log.find, asyncio.Event(), 0

            async def slow(participant, transfer_id):
                nonlocal inside
                if participant == "fictional-bank":
                    inside += 1
                    await let_go.wait()
                return await find(participant, transfer_id)

            engine.log.find = slow

            async def report(client, name):
                return await client.post("/v1/reports", json={"transfer_id": name, "fraud": True, "source": "police"})

            reports = 64 + MOST_AT_THE_DOOR + 20
            flood = [asyncio.create_task(report(flooding, f"never-{number}")) for number in range(reports)]
            refused = []
            while inside + engine.door.seats.waiting + len(refused) < reports:
                await asyncio.sleep(0)
                refused = [each.result() for each in flood if each.done()]
            assert inside <= 64
            assert len(refused) >= 20
            assert {each.status_code for each in refused} == {503}
            assert {each.headers["retry-after"] for each in refused} == {"1"}
            assert (await calm.post("/v1/decisions", json=making.body("-calm"))).status_code == 201
            assert (await report(calm, "t-calm")).status_code == 201
            taken = [each for each in flood if not each.done()]
            let_go.set()
            statuses = {each.status_code for each in await asyncio.gather(*taken)}
            assert statuses == {404}, "who was let in is answered"

    asyncio.run(scenario())


def test_a_report_that_is_not_durable_in_time_is_no_wait_without_end_and_counts_once(tmp_path):
    async def scenario():
        async with everybody(tmp_path, budget_ms=1, patience_ms=1) as who:
            client = who["analyst"]
            engine, said = client.engine, {"transfer_id": "t-1", "fraud": True, "source": "police"}
            engine.desk.patience_s = 60
            assert (await client.post("/v1/decisions", json=making.body("-1"))).status_code == 201
            engine.desk.patience_s = 0
            with nothing_durable(tmp_path / "engine.db"):
                refused = [await client.post("/v1/reports", json=said) for _ in range(2)]
                assert engine.reports.under_way == 1
            assert {each.status_code for each in refused} == {503}
            assert {each.headers["retry-after"] for each in refused} == {"1"}
            assert engine.live.closed_because is None, "the state hears no more than the log"
            await until(lambda: not engine.reports.under_way)
            engine.desk.patience_s = 60
            again = await client.post("/v1/reports", json=said)
            assert (again.status_code, again.headers["idempotent-replay"]) == (200, "true")
            page = (await client.get("/metrics")).text
            assert "antifraud_not_durable_in_time_total 2.0" in page

    asyncio.run(scenario())
