"""A running engine: what it survives, and what it never does meanwhile."""

import asyncio
import signal
import sqlite3
import subprocess
import threading
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import numpy as np
import orjson
import yaml

from antifraud.domain.policy import Policy
from antifraud.store import open_store
from api.restore import catch_up
from features.catalogue import CATALOGUE
from features.online import OnlineState
from models.lineup import JOURNAL, Choice
from models.policies import PolicyFile, write_policy
from models.shelf import put_policy, put_rules
from tests.api import making
from tests.api.conftest import SERVE, environment, wait_until_ready
from tests.api.inside import ready, running
from tests.api.making import body
from tests.servers import free_port

MINUTE = "2026-03-01T12:{:02}:00Z"
SAME = {"X-Request-Id": "always-the-same"}


def stream():
    """Return transfers among few accounts, some of them repeated, changed or wrong."""
    draw = np.random.default_rng(5)
    transfers = []
    for number in range(120):
        payer, payee = draw.integers(0, 6, 2)
        transfer = body(number, payer=f"a:{payer}", payee=f"a:{payee}", amount_minor=int(draw.integers(1, 10**9)))
        transfer["occurred_at"] = MINUTE.format(number // 4)
        match number % 10:
            case 3:
                transfer = transfers[number // 2]
            case 5:
                transfer = transfers[number // 2] | {"amount_minor": 3}
            case 7:
                transfer["currency"] = "ZZZ"
        transfers.append(transfer)
    return transfers


def test_a_batch_is_answered_like_its_transfers_one_by_one(tmp_path):
    async def one_by_one():
        async with running(tmp_path / "a", clock="occurred_at") as client:
            return [await client.post("/v1/decisions", json=transfer, headers=SAME) for transfer in stream()]

    async def at_once():
        async with running(tmp_path / "b", clock="occurred_at") as client:
            return (await client.post("/v1/decisions/batch", json=stream(), headers=SAME)).json()

    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    singles, items = asyncio.run(one_by_one()), asyncio.run(at_once())
    assert [item["status"] for item in items] == [single.status_code for single in singles]
    assert {item["status"] for item in items} == {200, 201, 409, 422}
    assert [item.get("decision") or item["problem"] for item in items] == [single.json() for single in singles]


def vectors_served(url):
    """Return what the log says was served, and what a state that saw the same would serve."""
    with open_store(url, recording=False) as store:
        served = list(store.history.served(None, None, making.fingerprint(CATALOGUE)))
        transfers = [
            asyncio.run(store.log.find(*name)).transfer
            for part in served
            for name in part.transfers.select("participant", "transfer_id").iter_rows()
        ]
    again = OnlineState(CATALOGUE)
    return np.concatenate([part.vectors for part in served]), np.array(
        [again.take([each], observe=True)[0] for each in transfers]
    )


def test_killed_at_any_moment_it_lost_nothing_it_answered_and_goes_on_as_if_nothing_had_happened(tmp_path):
    making.put_on(tmp_path / "shelf", making.bundle())
    url, port = f"sqlite:///{tmp_path}/engine.db", free_port()
    key = making.register(url)
    answered = {}
    for life in range(2):
        with (
            subprocess.Popen(SERVE, env=environment(tmp_path, port), stderr=subprocess.DEVNULL) as process,
            httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"X-Api-Key": key}, timeout=30) as client,
        ):
            wait_until_ready(process, client)
            for transfer_id, content in answered.items():
                assert client.get(f"/v1/decisions/{transfer_id}").content == content
            threads = [
                threading.Thread(target=send_until_it_dies, args=(client, f"{life}-{number}", answered))
                for number in range(4)
            ]
            for thread in threads:
                thread.start()
            while len(answered) < 100 * (life + 1):
                threads[0].join(0.01)
            process.send_signal(signal.SIGKILL)
            for thread in threads:
                thread.join()
    served, wanted = vectors_served(url)
    assert len(served) >= len(answered)
    assert np.array_equal(served, wanted, equal_nan=True)


def send_until_it_dies(client, name, answered):
    number = 0
    while True:
        number += 1
        now = datetime.now(UTC).isoformat()
        transfer = body(f"{name}-{number}", payer=f"a:{number % 5}", payee=f"a:{number % 7}", occurred_at=now)
        try:
            answer = client.post("/v1/decisions", json=transfer)
        except httpx.TransportError:
            return
        assert answer.status_code == 201
        answered[transfer["transfer_id"]] = answer.content


def test_a_stop_leaves_a_snapshot_from_which_the_next_start_goes_on(tmp_path):
    async def scenario():
        for life in range(2):
            async with running(tmp_path) as client:
                for number in range(5):
                    await client.post("/v1/decisions", json=body(f"{life}-{number}"))
                await client.post("/v1/reports", json={"transfer_id": f"t{life}-0", "fraud": True, "source": "police"})

    asyncio.run(scenario())
    assert len(list((tmp_path / "state").glob("state-*.npz"))) == 2
    with open_store(f"sqlite:///{tmp_path}/engine.db", recording=False) as store:
        whole = OnlineState(CATALOGUE)
        catch_up(whole, store.history, None)
        rows = [asyncio.run(store.log.find("fictional-bank", f"t1-{number}")) for number in range(5)]
    received, reported = (
        making.names(CATALOGUE).index(name) for name in ("payee_received_count_30d", "payee_reports_30d")
    )
    assert [row.vector[received] for row in rows] == [5, 6, 7, 8, 9]
    assert [row.vector[reported] for row in rows] == [1] * 5
    assert whole.transfers == 10


def test_when_nothing_can_be_recorded_nothing_is_answered_until_it_can_again(tmp_path):
    async def scenario():
        async with running(tmp_path) as client:
            await client.post("/v1/decisions", json=body(1))
            with sqlite3.connect(tmp_path / "engine.db") as other:
                other.execute("ALTER TABLE decisions RENAME TO gone")
            refused = [await client.post("/v1/decisions", json=body(number)) for number in (2, 3)]
            readiness = await client.get("/health/ready")
            with sqlite3.connect(tmp_path / "engine.db") as other:
                other.execute("ALTER TABLE gone RENAME TO decisions")
            await ready(client)
            answered = [await client.post("/v1/decisions", json=body(number)) for number in (1, 2, 3)]
            rows = [await client.engine.log.find("fictional-bank", f"t{number}") for number in (1, 2, 3)]
            return refused, readiness, answered, rows

    refused, readiness, answered, rows = asyncio.run(scenario())
    assert [each.status_code for each in refused] == [503, 503]
    assert all(each.headers["retry-after"] == "1" for each in refused)
    assert orjson.loads(refused[0].content)["type"].endswith(":not-durable")
    assert b"no such table" not in refused[0].content + refused[1].content + readiness.content
    assert readiness.status_code == 503
    assert readiness.json()["missing"]
    assert [each.status_code for each in answered] == [200, 201, 201]
    count = making.names(CATALOGUE).index("payee_received_count_30d")
    assert [row.vector[count] for row in rows] == [0, 1, 2]  # the refused ones left no trace


def always_firing(folder, rule_id):
    """Put a book with one rule, which fires on every transfer, on the shelf; return its version."""
    rule = {"rule_id": rule_id, "version": 1, "state": "active", "action": "hold", "condition": "amount_minor > 0"}
    book = folder / f"{rule_id}.yaml"
    book.write_text(yaml.safe_dump({"rules": [rule | {"text": dict.fromkeys(("kk", "ru", "en"), rule_id)}]}))
    return put_rules(folder / "shelf", book, CATALOGUE)


def thresholds(folder, version):
    """Put a policy on the shelf; return its digest."""
    policy = PolicyFile(policy=Policy(version=version, hold_at=0.5, block_at=0.9))
    write_policy(policy, folder / "policy.yaml")
    return put_policy(folder / "shelf", folder / "policy.yaml")


def test_a_new_lineup_takes_over_as_one_under_load_and_a_wrong_one_never_does(tmp_path):
    shelf = tmp_path / "shelf"
    making.put_on(shelf, making.bundle(), rules=None)

    async def scenario():
        async with running(tmp_path, shelf_poll_s=0.01) as client:
            said, statuses, number = [], [], 0

            def spoke(answer):
                codes = {reason["code"] for reason in answer["reasons"] if reason["kind"] == "rule"}
                return answer["model_version"], answer["policy_version"], answer["rules_version"], "watcher@1" in codes

            async def send_until(done):
                nonlocal number
                while not done():
                    batch = [body(f"s-{number + each}") for each in range(8)]
                    number += len(batch)
                    answers = await asyncio.gather(*(client.post("/v1/decisions", json=each) for each in batch))
                    statuses.extend(answer.status_code for answer in answers)
                    said.extend(spoke(answer.json()) for answer in answers)

            async def send_more(count=100):
                enough = number + count
                await send_until(lambda: number > enough)

            await send_more(8)
            chosen = Choice(
                champion=making.bundle(seed=1).version,
                policy=thresholds(tmp_path, "approved-7"),
                rules=always_firing(tmp_path, "watcher"),
            )
            making.bundle(seed=1).write(shelf)
            making.decide_with(shelf, chosen)
            successor = (chosen.champion, "approved-7", chosen.rules, True)
            await send_until(lambda: said[-1] == successor)
            foreign = replace(making.bundle(seed=2), fingerprint="0" * 16)
            making.put_on(shelf, foreign, fits=lambda choice, now: None)  # as an engine with another catalogue would
            await send_more()
            damaged = making.bundle(seed=3)
            cut_off = shelf / damaged.version / "model.txt"
            making.put_on(shelf, damaged, fits=lambda choice, now: cut_off.write_text("tree"))
            await send_more()
            with (shelf / JOURNAL).open("ab") as journal:
                journal.write(b'{"torn')
            await send_more()
            return said, statuses, successor, (await client.get("/metrics")).text

    said, statuses, successor, metrics = asyncio.run(scenario())
    assert set(statuses) == {201}
    assert set(said) == {said[0], successor}  # model, thresholds and rules of one lineup, never of two
    assert said == sorted(said, key=lambda one: one == successor)  # once, and for good
    assert "antifraud_lineup 4.0" in metrics


def test_a_report_over_http_changes_the_next_vector_about_the_payee_and_no_earlier_one(tmp_path):
    async def scenario():
        async with running(tmp_path) as client:
            for number in (1, 2):
                await client.post("/v1/decisions", json=body(number))
            earlier = await client.get("/v1/decisions/t1")
            await client.post("/v1/reports", json={"transfer_id": "t1", "fraud": True, "source": "police"})
            await client.post("/v1/decisions", json=body(3))
            await client.post("/v1/reports", json={"transfer_id": "t1", "fraud": False, "source": "police"})
            await client.post("/v1/decisions", json=body(4))
            rows = [await client.engine.log.find("fictional-bank", f"t{number}") for number in (1, 2, 3, 4)]
            return earlier.content, rows

    earlier, rows = asyncio.run(scenario())
    reported = making.names(CATALOGUE).index("payee_reports_30d")
    assert [row.vector[reported] for row in rows] == [0, 0, 1, 0]
    assert rows[0].answer == earlier


def test_a_held_transfer_says_why_in_three_languages(tmp_path):
    async def scenario():
        making.put_on(tmp_path / "shelf", making.bundle(hold_at=0.0))
        async with running(tmp_path) as client:
            return (await client.post("/v1/decisions", json=body(1, amount_minor=10**12))).json()

    answer = asyncio.run(scenario())
    assert answer["action"] != "allow"
    assert answer["evidence"], answer
    for said in (*answer["reasons"], *answer["evidence"]):
        assert all(said["text"][language] for language in ("kk", "ru", "en"))
