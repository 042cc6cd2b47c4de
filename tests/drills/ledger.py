"""A bank under load with its ledger: what was sent, what was acknowledged, and in which words."""

import random
import threading
from datetime import UTC, datetime, timedelta

import httpx
import orjson

from tests.api import making

ACCOUNTS = [f"a:{number}" for number in range(12)]
TRIES = 600  # of what is refused for now, a twentieth of a second apart
_MOST_STEPS = 100_000  # sent and answered before what is waited for comes to pass
_SILENCE_S = 120  # nothing is sent or answered any more
PAUSE_S = 0.01  # between two requests of a client: a fault is to meet some on their way, not to be hidden by a flood


class Ledger:
    """What the clients sent and what they were answered; every client writes, all may wait."""

    def __init__(self):
        self.changed = threading.Condition()
        self.sent = {}  # transfer id -> body
        self.answered = {}  # transfer id -> first answer, bytes
        self.said = []  # reports in the order in which they were sent
        self.heard = {}  # index of a report in `said` -> answer, bytes
        self.altered = set()  # transfers that were answered twice, and otherwise
        self.steps = 0  # sendings and answers, of whatever kind
        self.refused = 0  # requests that got 503
        self.whole = 0  # first answers for which nothing was missing

    def step(self, refused=0):
        with self.changed:
            self.steps += 1
            self.refused += refused
            self.changed.notify_all()

    def answer(self, transfer_id, content):
        """Keep a first answer; a repeated one must be the same bytes."""
        if (first := self.answered.setdefault(transfer_id, content)) != content:
            self.altered.add(transfer_id)
        self.whole += first is content and b'"degraded":[]' in content
        self.step()

    def unanswered(self):
        return [body for transfer_id, body in self.sent.items() if transfer_id not in self.answered]

    def unheard(self):
        return [number for number in range(len(self.said)) if number not in self.heard]

    def last_said(self, transfer_id):
        """Return what the last report about a transfer said, False if there was none."""
        return next((said["fraud"] for said in reversed(self.said) if said["transfer_id"] == transfer_id), False)


class Bank:
    """What one client of the bank does; `draw` is its own. What is refused for now is sent again later."""

    def __init__(self, http, ledger, name, seed=0):
        self.http, self.ledger, self.name, self.draw = http, ledger, name, random.Random(seed)
        self.count = 0
        self.stopped = threading.Event()

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
        self.send(body, 200 if again else 201)

    def send(self, body, *statuses):
        answer = self._post("/v1/decisions", body, *statuses)
        if answer is not None:
            self.ledger.answer(body["transfer_id"], answer.content)

    def batch(self):
        """Send a batch of fresh transfers, one of them twice; some are longer than what is decided at a stretch."""
        bodies = [self.fresh() for _ in range(self.draw.choice([1, 1, 7, 7, 40, 250]))]
        self.send_batch([*bodies, self.draw.choice(bodies)])

    def send_batch(self, bodies):
        """Keep the very bytes of each answer in the batch's."""
        answer = self._post("/v1/decisions/batch", bodies, 200)
        if answer is None:
            return
        for body, item in zip(bodies, answer.content[1:-1].split(b",\n"), strict=True):
            status = orjson.loads(item)["status"]
            assert status in (200, 201), item
            decision = item.removeprefix(b'{"status":%d,"decision":' % status)[:-1]
            self.ledger.answer(body["transfer_id"], decision)

    def report(self):
        """Report a transfer that was answered, or withdraw what was said; one at a time."""
        if self.ledger.unheard():
            return self.say_unheard()
        with self.ledger.changed:
            self.ledger.changed.wait_for(lambda: self.ledger.answered or self.stopped.is_set(), 60)
        if self.ledger.answered:
            transfer_id = self.draw.choice(list(self.ledger.answered))
            fraud = not self.ledger.last_said(transfer_id)
            self.ledger.said.append({"transfer_id": transfer_id, "fraud": fraud, "source": "police"})
            self.say(len(self.ledger.said) - 1, 201)

    def say(self, number, *statuses):
        answer = self._post("/v1/reports", self.ledger.said[number], *statuses)
        if answer is not None:
            assert self.ledger.heard.setdefault(number, answer.content) == answer.content

    def say_unheard(self):
        for number in self.ledger.unheard():  # in order, as they were meant
            self.say(number, 200, 201)
            if number not in self.ledger.heard:
                return

    def _post(self, path, body, *statuses):
        """Return the answer, or None for a refusal that asks to come again."""
        self.ledger.step()
        answer = self.http.post(path, json=body)
        if answer.status_code == 503:
            assert answer.headers["retry-after"] == "1"
            self.ledger.step(refused=1)
            self.stopped.wait(0.05)
            return None
        assert answer.status_code in statuses, answer.text
        self.ledger.step()
        return answer


class Client(threading.Thread):
    """Does its work over and over until it is stopped or the server dies; any other failure is kept."""

    def __init__(self, bank, work):
        super().__init__()
        self.bank, self._work, self.failure = bank, work, None

    def run(self):
        try:
            while not self.bank.stopped.is_set():
                self._work(self.bank)
                self.bank.stopped.wait(PAUSE_S)
        except httpx.TransportError:
            pass
        except Exception as failure:  # a thread's assertion must reach whoever waits
            self.failure = failure
        self.bank.ledger.step()


class Load:
    """The server loaded from four sides for as long as the block lasts, or the server lives."""

    def __init__(self, http, ledger, draw):
        self._ledger = ledger
        name = f"{draw.randrange(10**9)}"
        works = (Bank.one, Bank.one, Bank.batch, Bank.report)
        self._clients = [
            Client(Bank(http, ledger, f"{name}-{number}", draw.random()), work) for number, work in enumerate(works)
        ]

    def __enter__(self):
        for client in self._clients:
            client.start()
        return self

    def __exit__(self, *_):
        for client in self._clients:
            client.bank.stopped.set()
        self._ledger.step()
        for client in self._clients:
            client.join()
            if client.failure is not None:
                raise client.failure

    def steps(self, count):
        """Return after so many more sendings and answers."""
        goal = self._ledger.steps + count
        self._until(lambda: self._ledger.steps >= goal)

    def answers(self, count):
        """Return after so many more first answers."""
        goal = len(self._ledger.answered) + count
        self._until(lambda: len(self._ledger.answered) >= goal)

    def whole_answers(self, count):
        """Return after so many more first answers for which nothing was missing."""
        goal = self._ledger.whole + count
        self._until(lambda: self._ledger.whole >= goal)

    def refusals(self, count):
        """Return after so many more refusals."""
        goal = self._ledger.refused + count
        self._until(lambda: self._ledger.refused >= goal)

    def _until(self, reached):
        """Wait as long as anything is sent or answered: a slow machine is no fault, a thousand times too much is."""
        ledger, clients = self._ledger, self._clients
        most = ledger.steps + _MOST_STEPS
        with ledger.changed:
            while not reached() and ledger.steps < most and any(each.is_alive() for each in clients):
                if not ledger.changed.wait(_SILENCE_S):
                    break
            ended = not any(each.is_alive() for each in clients)
            failed = [each.failure for each in clients if each.failure]
            assert reached() or failed, "the clients ended" if ended else f"not after {ledger.steps} steps, or silence"


def send_again(http, ledger, draw):
    """Ask again for all that was under way when something failed, and for some of what was answered."""
    bank = Bank(http, ledger, "again")
    for _ in range(TRIES):
        bank.say_unheard()
        bodies = ledger.unanswered()
        if not bodies and not ledger.unheard():
            break
        draw.shuffle(bodies)
        for body in bodies[:20]:
            bank.send(body, 200, 201)
        for start in range(20, len(bodies), 500):
            bank.send_batch(bodies[start : start + 500])
    for name in draw.sample(sorted(ledger.answered), min(20, len(ledger.answered))):
        bank.send(ledger.sent[name], 200)
    assert not ledger.unanswered()
    assert not ledger.unheard()
