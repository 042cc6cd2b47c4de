"""A real server killed ten times under load: nothing answered is lost, nothing is doubled, nothing is otherwise."""

import asyncio
import random
import signal
import subprocess
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import numpy as np
import orjson

from antifraud.domain.report import Report, ReportSource
from antifraud.store import open_store
from antifraud.workflow.ports import Recorded
from api.restore import Snapshots, restored
from features.catalogue import CATALOGUE
from features.online import OnlineState
from features.schema import names
from models.scorer import LightGbmScorer
from tests.api import making
from tests.api.conftest import SERVE, client_says, environment, wait_until_ready
from tests.api.inside import running
from tests.servers import free_port

KILLS = 10
BANK = "fictional-bank"
ACCOUNTS = [f"a:{number}" for number in range(12)]


class Ledger:
    """What the clients sent and what they were answered; every client writes, all may wait."""

    def __init__(self):
        self.changed = threading.Condition()
        self.sent = {}  # transfer id -> body
        self.answered = {}  # transfer id -> first answer, bytes
        self.said = []  # reports in the order in which they were sent
        self.heard = {}  # index of a report in `said` -> answer, bytes
        self.repeats = 0
        self.steps = 0  # sendings and answers, of whatever kind

    def step(self):
        with self.changed:
            self.steps += 1
            self.changed.notify_all()

    def wait_for(self, steps, clients):
        """Return after so many more steps, or as soon as every client has ended."""
        with self.changed:
            goal = self.steps + steps
            self.changed.wait_for(lambda: self.steps >= goal or not any(each.is_alive() for each in clients), 60)
            assert self.steps >= goal, "the clients ended by themselves"

    def answer(self, transfer_id, content):
        """Keep a first answer; a repeated one must be the same bytes."""
        first = self.answered.setdefault(transfer_id, content)
        assert content == first
        self.repeats += content is not first
        self.step()

    def unanswered(self):
        return [body for transfer_id, body in self.sent.items() if transfer_id not in self.answered]


class Client(threading.Thread):
    """Does its work over and over until the server dies; any other failure is kept for the test."""

    def __init__(self, work):
        super().__init__()
        self._work, self.failure = work, None

    def run(self):
        try:
            while True:
                self._work()
        except httpx.TransportError:
            pass
        except Exception as failure:  # a thread's assertion must reach the test
            self.failure = failure


class Bank:
    """What one client of the bank does; `draw` is its own."""

    def __init__(self, http, ledger, name, seed):
        self.http, self.ledger, self.name, self.draw = http, ledger, name, random.Random(seed)
        self.count = 0

    def fresh(self):
        self.count += 1
        payer, payee = self.draw.sample(ACCOUNTS, 2)
        occurred = datetime.now(UTC) - timedelta(seconds=self.draw.choice([0, 0, 0.7, 90]))
        body = making.body(
            f"-{self.name}-{self.count}",
            payer=payer,
            payee=payee,
            amount_minor=self.draw.choice([1, 500_00, 1_000_000_00, 10**12]),
            occurred_at=occurred.isoformat(),
        )
        if self.draw.random() < 0.5:
            body["device_id"] = f"d{self.draw.randrange(4)}"
        self.ledger.sent[body["transfer_id"]] = body
        return body

    def one(self):
        """Send one transfer, now and then one that was answered before."""
        again = self.draw.random() < 0.2 and len(self.ledger.answered) > 0
        body = self.ledger.sent[self.draw.choice(list(self.ledger.answered))] if again else self.fresh()
        self.ledger.step()
        answer = self.http.post("/v1/decisions", json=body)
        assert answer.status_code == (200 if again else 201), answer.text
        self.ledger.answer(body["transfer_id"], answer.content)

    def batch(self):
        """Send a batch of fresh transfers, one of them twice; some are longer than what is decided at a stretch."""
        bodies = [self.fresh() for _ in range(self.draw.choice([1, 7, 40, 250]))]
        bodies.append(self.draw.choice(bodies))
        self.ledger.step()
        for transfer_id, status, content in send_batch(self.http, bodies):
            assert status in (200, 201)
            self.ledger.answer(transfer_id, content)

    def report(self):
        """Report a transfer that was answered, or withdraw what was said; one at a time."""
        with self.ledger.changed:
            self.ledger.changed.wait_for(lambda: self.ledger.answered, 60)
        transfer_id = self.draw.choice(list(self.ledger.answered))
        fraud = not last_said(self.ledger, transfer_id)
        self.ledger.said.append({"transfer_id": transfer_id, "fraud": fraud, "source": "police"})
        self.ledger.step()
        self.say(len(self.ledger.said) - 1, 201)

    def say(self, number, *statuses):
        answer = self.http.post("/v1/reports", json=self.ledger.said[number])
        assert answer.status_code in statuses, answer.text
        assert self.ledger.heard.setdefault(number, answer.content) == answer.content
        self.ledger.step()


def last_said(ledger, transfer_id):
    """Return what the last report about a transfer said, False if there was none."""
    return next((said["fraud"] for said in reversed(ledger.said) if said["transfer_id"] == transfer_id), False)


def send_batch(http, bodies):
    """Yield id, status and the very bytes of each answer."""
    answer = http.post("/v1/decisions/batch", json=bodies)
    assert answer.status_code == 200, answer.text
    items = answer.content[1:-1].split(b",\n")
    for body, item in zip(bodies, items, strict=True):
        status = orjson.loads(item)["status"]
        yield body["transfer_id"], status, item.removeprefix(b'{"status":%d,"decision":' % status)[:-1]


def send_again(http, ledger, draw):
    """Ask again for all that was under way when the server died, and for some of what was answered."""
    bodies = ledger.unanswered() + [ledger.sent[each] for each in draw.sample(sorted(ledger.answered), 20)]
    draw.shuffle(bodies)
    for body in bodies[::2]:
        answer = http.post("/v1/decisions", json=body)
        assert answer.status_code in (200, 201)
        ledger.answer(body["transfer_id"], answer.content)
    for transfer_id, _, content in send_batch(http, bodies[1::2]):
        ledger.answer(transfer_id, content)
    for number in range(len(ledger.said)):
        if number not in ledger.heard:
            Bank(http, ledger, "again", 0).say(number, 200, 201)
    assert not ledger.unanswered()


@contextmanager
def living(folder, port, key):
    """Run a server until it is killed or told to stop."""
    settings = environment(folder, port)
    with (
        subprocess.Popen(SERVE, env=settings, stderr=subprocess.DEVNULL) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"X-Api-Key": key}, timeout=30) as http,
    ):
        try:
            yield process, http
        finally:
            process.kill()


def until_it_is_killed(process, http, ledger, draw, life):
    """Load the server from four sides and kill it at some step of theirs."""
    banks = [Bank(http, ledger, f"{life}-{number}", draw.random()) for number in range(4)]
    clients = [Client(work) for work in (banks[0].one, banks[1].one, banks[2].batch, banks[3].report)]
    for client in clients:
        client.start()
    ledger.wait_for(draw.randint(1, 400), clients)
    process.send_signal(signal.SIGKILL)
    for client in clients:
        client.join()
        if client.failure is not None:
            raise client.failure


def leave_snapshot(folder, url):
    """Keep a snapshot of what the log holds, as a server does that is told to stop."""
    with open_store(url, recording=False) as store:
        snapshots = Snapshots(folder / "state")
        snapshots.save(restored(store, snapshots, CATALOGUE).state, store.history.span().last)


def test_killed_ten_times_under_load_it_loses_nothing_doubles_nothing_and_remembers_everything(tmp_path):
    making.put_on(tmp_path / "shelf", making.bundle())
    url, port = f"sqlite:///{tmp_path}/engine.db", free_port()
    key = making.register(url)
    draw, ledger = random.Random(20_260_301), Ledger()
    under_way = 0
    for life in range(KILLS):
        with living(tmp_path, port, key) as (process, http):
            if life % 4 == 3:  # killed while it restores; the next life finds what this one left
                while client_says(http, "/health/live") != 204:
                    assert process.poll() is None
                process.send_signal(signal.SIGKILL)
                continue
            wait_until_ready(process, http)
            if life > 0:
                send_again(http, ledger, draw)
            until_it_is_killed(process, http, ledger, draw, life)
        under_way += len(ledger.unanswered())
        if life % 4 == 1:
            leave_snapshot(tmp_path, url)
    assert under_way > 0, "no kill hit a transfer on its way"
    with living(tmp_path, port, key) as (process, http):
        wait_until_ready(process, http)
        send_again(http, ledger, draw)
        for transfer_id, content in ledger.answered.items():
            assert http.get(f"/v1/decisions/{transfer_id}").content == content
        process.terminate()
        assert process.wait(30) == 0
    check_log(url, ledger)


class SlowToExplain(LightGbmScorer):
    """Explains only when told, or half a second later: who waits for what is up to the desk."""

    told, asked = threading.Event(), threading.Event()

    def explain(self, vector):
        self.asked.set()
        self.told.wait(0.5)
        return super().explain(vector)


def test_what_an_answered_transfer_saw_is_in_the_log_before_it_is_answered(tmp_path):
    async def scenario():
        async with running(tmp_path) as client:
            scorer = SlowToExplain(making.bundle(hold_at=0.0, block_at=1.0))
            client.engine.desk.scorer = scorer
            held = asyncio.create_task(client.post("/v1/decisions", json=making.body("held")))
            await asyncio.to_thread(scorer.asked.wait)
            client.engine.desk.scorer = LightGbmScorer(making.bundle(hold_at=1.0, block_at=1.0))
            await client.post("/v1/decisions", json=making.body("allowed"))
            before = await client.engine.log.find(BANK, "theld")
            scorer.told.set()
            await held
            saw = (await client.engine.log.find(BANK, "tallowed")).vector[
                names(CATALOGUE).index("payee_received_count_30d")
            ]
            return saw, before

    saw, before = asyncio.run(scenario())
    assert saw == 0 or before is not None


def check_log(url, ledger):
    with open_store(url, recording=False) as store:
        counts = store.history.counts()
        rows = asyncio.run(store.log.find_all([(BANK, transfer_id) for transfer_id in ledger.sent]))
        reports = store.history.reports()
    assert {transfer_id for _, transfer_id in rows} == set(ledger.sent)
    assert counts.decisions == len(ledger.sent), "nothing is doubled"
    for (_, transfer_id), row in rows.items():
        assert row.answer == ledger.answered[transfer_id]
        # Killed between a hold and its explanation, the decision stands without one.
        assert row.decision.degraded in ((), ("explanation",))
    in_order = [(row["transfer_id"], row["fraud"]) for row in reports.iter_rows(named=True)]
    assert in_order == [(said["transfer_id"], said["fraud"]) for said in ledger.said]
    known = [orjson.loads(ledger.heard[number])["known_at"] for number in range(len(ledger.said))]
    assert [datetime.fromisoformat(each) for each in known] == reports["known_at"].to_list()
    served, wanted = asyncio.run(lived_through(rows, reports))
    for column, name in enumerate(names(CATALOGUE)):
        same = np.array_equal(served[:, column], wanted[:, column], equal_nan=True)
        assert same, f"{name} differs in {np.count_nonzero(served[:, column] != wanted[:, column])} rows"


async def lived_through(rows, reports):
    """Return the vectors as served, and as one state gives them that sees everything without a pause."""
    events = [(row.transfer.received_at, row) for row in rows.values()]
    events += [(said["known_at"], said) for said in reports.iter_rows(named=True)]
    assert len({moment for moment, _ in events}) == len(events), "every stamp is given once"
    state, served, wanted = OnlineState(CATALOGUE), [], []
    for _, event in sorted(events, key=lambda event: event[0]):
        if isinstance(event, Recorded):
            served.append(event.vector)
            wanted.append((await state.read_then_observe([event.transfer]))[0])
        else:
            report = Report(**event | {"source": ReportSource(event["source"])})
            await state.observe_report(report, rows[report.participant, report.transfer_id].transfer)
    return np.array(served), np.array(wanted)
