"""Killed at any moment of several incidents, before answers too: each act is done once, and told to all."""

import random
import threading
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from antifraud.domain.center.incident import Incident
from antifraud.domain.center.people import ParticipantKind
from antifraud.store.center import open_book
from antifraud.store.center.journal import verify
from antifraud.workflow.center.ports import Listening
from api.settings import read_settings
from tests.api import making
from tests.api.everybody import KEY
from tests.drills.world import BANK, World
from tests.exchange.receiver import receiving
from tests.servers import postgres  # noqa: F401 - a fixture

WHY = {"reason": "A false bank called.", "ground": "fictional case 26-1"}
OTHER, POLICE, PROSECUTION = "other-bank", "fictional-police", "fictional-prosecution"
KINDS = {OTHER: ParticipantKind.BANK, POLICE: ParticipantKind.POLICE, PROSECUTION: ParticipantKind.PROSECUTION}
KILLS, FRAUDS, HELD = 2, 3, 900_000


class Fraud:
    """One fraud from the transfer until the money is back; what was answered is never asked anew, what was not, is."""

    def __init__(self, number, keys, pace):
        self.number, self.keys, self.pace = number, keys, pace
        self.answers, self.unanswered = [], 0

    @property
    def incident(self):
        return f"/v1/incidents/{self.answers[1]['life_id']}"

    def steps(self):
        """Yield who asks for what, each step from the answers before it."""
        transfer = making.body(self.number, payer=f"v{self.number}", payee=f"m{self.number}", payee_bank=OTHER)
        yield BANK, "/v1/decisions", transfer
        claimed = [{"transfer_id": transfer["transfer_id"]}]
        yield BANK, "/v1/incidents", {**WHY, "source": "complaint", "fraud_type": "scam_call", "transfers": claimed}
        yield OTHER, f"/v1/inquiries/{self.asked()}/answer", {**WHY, "held_minor": HELD}
        part = {"hold_id": self.answers[2]["hold_ids"][0], "amount_minor": HELD}
        yield POLICE, f"{self.incident}/lead", WHY
        yield POLICE, f"{self.incident}/review", WHY
        yield POLICE, f"{self.incident}/confirm", {**WHY, "parts": [part]}
        yield POLICE, f"{self.incident}/returns", {**WHY, **part, "prosecution": PROSECUTION}
        order = f"/v1/returns/{self.answers[6]['life_id']}"
        yield PROSECUTION, f"{order}/sanction", {**WHY, "document": "fictional S-1"}
        yield OTHER, f"{order}/execute", {**WHY, "payment": f"back-{self.number}"}

    def asked(self):
        (inquiry,) = self.http.get(
            "/v1/inquiries", params={"account": f"m{self.number}"}, headers={"X-Api-Key": self.keys[OTHER]}
        ).json()["items"] or [{"life_id": self.answers[2]["life_id"]}]  # answered in full, in a life before
        return inquiry["life_id"]

    def go_on(self, http):
        """Do what is left, until the server dies."""
        self.http = http
        for place, (who, path, body) in enumerate(self.steps()):
            if place < len(self.answers):
                continue
            self.pace.step()
            headers = {"X-Api-Key": self.keys[who], "Idempotency-Key": f"{self.number}-{place}"}
            try:
                answer = http.post(path, json=body, headers=headers)
            except httpx.TransportError:
                self.unanswered += 1
                raise
            assert answer.status_code in (200, 201), (path, answer.text)
            self.answers.append(answer.json())
            self.pace.step()


class Pace:
    """Counts what was begun and answered by all, so that a kill can come at any of it."""

    def __init__(self):
        self.changed, self.steps = threading.Condition(), 0

    def step(self):
        with self.changed:
            self.steps += 1
            self.changed.notify_all()

    def wait_for(self, steps, clients, and_s):
        """Wait for so many more steps, or until all have ended; then a moment longer."""
        with self.changed:
            goal = self.steps + steps
            self.changed.wait_for(lambda: self.steps >= goal or not any(each.is_alive() for each in clients), 60)
            self.changed.wait(and_s)


class Client(threading.Thread):
    """Goes on with one fraud in one life of the server; what is no death of it reaches the test."""

    def __init__(self, fraud, url):
        super().__init__()
        self.fraud, self.url, self.failure = fraud, url, None

    def run(self):
        try:
            with httpx.Client(base_url=self.url, timeout=30) as http:
                self.fraud.go_on(http)
        except httpx.TransportError:
            pass
        except Exception as failure:
            self.failure = failure


def read_on(life, key, told):
    """Follow the feed to its end from where it was read to, as a system of the bank does."""
    while True:
        after = told[-1]["sequence"] if told else 0
        page = life.http.get("/v1/events", params={"after": after, "limit": 7}, headers={"X-Api-Key": key}).json()
        told += page
        if not page:
            return


def forget_claims(world, hook):
    """Let the time pass for which another process would believe that whoever was killed is still pushing."""
    with closing(open_book(read_settings(database_url=world.url).book_url)) as book:
        long_ago = datetime(2026, 1, 1, tzinfo=UTC)
        book.write_now(
            lambda page: page.keep_progress(replace(page.progress(hook), claimed_until=long_ago, next_at=long_ago))
        )


def all_are_pushed(life, told, receiver):
    """Wait until everything that was told was pushed too, at least once: all but the webhook's own registration."""
    wanted = {f"{each['source']}:{each['id']}" for each in told if each["type"] != "antifraud.webhook.registered"}
    life.until(lambda: wanted <= set(receiver.names), "not all that was told was pushed")


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_killed_at_any_moment_every_act_is_done_once_told_in_order_and_pushed(tmp_path, request, database):
    url = None if database == "sqlite" else request.getfixturevalue("postgres").create_database("killed_center")
    given = {"ANTIFRAUD_IDENTIFIER_KEY": KEY, "ANTIFRAUD_WEBHOOKS_TO_LOOPBACK": "true", "ANTIFRAUD_KEEPER": "beside"}
    world = World(tmp_path / "world", url, hold_at=1.5, block_at=1.6, **given)
    keys = {BANK: making.register(world.url, BANK, None)}
    keys |= {name: making.register(world.url, name, None, kind=kind) for name, kind in KINDS.items()}
    draw, pace, told = random.Random(26_11), Pace(), []
    frauds = [Fraud(number, keys, pace) for number in range(FRAUDS)]
    with receiving() as receiver:
        for number in range(KILLS + 1):
            with world.living() as life:
                if number == 0:
                    listening = {**WHY, "url": receiver.url}
                    made = life.http.post("/v1/webhooks", json=listening, headers={"X-Api-Key": keys[OTHER]})
                    hook = made.json()["life_id"]
                read_on(life, keys[OTHER], told)
                clients = [Client(fraud, str(life.http.base_url)) for fraud in frauds]
                for client in clients:
                    client.start()
                if number < KILLS:
                    pace.wait_for(draw.randint(5, 20), clients, draw.random() / 50)
                    life.kill()
                    forget_claims(world, hook)
                for client in clients:
                    client.join()
                    if client.failure is not None:
                        raise client.failure
                if number == KILLS:
                    read_on(life, keys[OTHER], told)
                    all_are_pushed(life, told, receiver)
                    life.stop()
    assert sum(each.unanswered for each in frauds) > 0, "no kill hit a request on its way"
    check(world, frauds, told)


def check(world, frauds, told):
    """Compare the book, and what was told of it through all lives, with what was asked for."""
    with closing(open_book(read_settings(database_url=world.url).book_url)) as book:
        with book.engine.connect() as connection:
            assert verify(connection).problem is None
        listening = Listening(readers={OTHER}, after=0, limit=100_000)
        acts = book.read_now(lambda page: page.told(listening))
        for fraud in frauds:
            name = fraud.answers[1]["life_id"]
            incident = book.read_now(lambda page, name=name: page.get(Incident, name))
            sums = incident.sums
            assert (incident.status.value, sums.returned_minor, sums.held_minor) == ("returned", HELD, 0)
            did = [each.name for each in book.read_now(lambda page, name=name: page.acts_of(name))]
            for act in ("opened", "lead_taken", "review_begun", "confirmed"):
                assert did.count(f"incident.{act}") == 1, did
        incidents = book.read_now(lambda page: page.count(Incident, ["returned"]))
    assert incidents == FRAUDS
    assert [int(each["sequence"]) for each in told] == [each.written.seq for each in acts], (
        "nothing missing, nothing twice"
    )
    assert [each["journalhash"] for each in told] == [each.hash for each in acts]
    for act in ("hold.held", "hold.returned", "return_order.executed"):
        assert [each["type"] for each in told].count(f"antifraud.{act}") == FRAUDS
