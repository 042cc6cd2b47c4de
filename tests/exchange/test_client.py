"""The client against the engine: answers by name, refusals by field, and once whatever gets lost on the way."""

import json
from contextlib import contextmanager

import httpx
import pytest
from standardwebhooks import WebhookVerificationError

from antifraud.client import Client, Patience, Refused, Unanswered, verified
from tests.api import making
from tests.api.test_holds import HONEST, WHY, held, told
from tests.exchange.receiver import receiving
from tests.waiting import until


class Losing(httpx.AsyncBaseTransport):
    """Loses the first answers: what was asked is done, and nobody hears of it. Then says `statuses`, one each."""

    def __init__(self, inner, lost=0, statuses=()):
        self.inner, self.lost, self.statuses, self.asked = inner, lost, list(statuses), 0

    async def handle_async_request(self, request):
        self.asked += 1
        if self.statuses:
            return httpx.Response(self.statuses.pop(0), headers={"Retry-After": "7"}, text="not now")
        response = await self.inner.handle_async_request(request)
        if self.lost:
            self.lost -= 1
            raise httpx.ReadError("the line broke")
        return response


@contextmanager
def client_of(who, name="analyst", **losing):
    """Yield a client of somebody whose waits are written down and not waited for, and the line to the engine."""
    line = Losing(who[name]._transport, **losing)
    line.waits = []

    async def sleep(seconds):
        line.waits.append(seconds)

    http = httpx.AsyncClient(transport=line, base_url="http://engine")
    patience = Patience(attempts=4, sleep=sleep, chance=lambda: 1.0)
    yield Client("http://engine", who[name].headers["X-Api-Key"], patience=patience, http=http), line


def test_decisions_reports_and_holds_by_name(tmp_path):
    async def story(who):
        with client_of(who) as (client, _):
            decision = await client.decide(making.body(1))
            assert (decision.transfer_id, decision.action, decision.repeated) == ("t1", "hold", False)
            assert (await client.decide(making.body(1))).repeated
            assert (await client.decision("t1")).body == decision.body
            first, second = await client.decide_batch([making.body(2), making.body(3, payee="KZ00")])
            assert first.transfer_id == "t2"
            assert isinstance(second, Refused)
            assert [each.field for each in second.errors] == ["payee"]
            report = await client.report("t1", fraud=True, source="police", fraud_type="call")
            assert (report.repeated, report.body["fraud"]) == (False, True)
            await held(who, 4)
            found = [each async for each in client.find("holds", limit="1")]
            assert {each["transfer_id"] for each in found} >= {"t4"}
            hold = await client.get("holds", found[0].life_id)
            after = await client.act("holds", hold.life_id, "release", HONEST, version=hold.version)
            assert (after.status, after.version, after.whole) == ("released", hold.version + 1, True)
            with pytest.raises(Refused, match="409 conflict") as refused:
                await client.act("holds", hold.life_id, "release", HONEST, version=hold.version)
            assert refused.value.status == 409
            assert await client.listed("account", "KZ86125KZT5004100100") == []
            with pytest.raises(Refused) as wrong:
                await client.begin("holds", {**WHY, "what": "money"})
            assert {each.field for each in wrong.value.errors} >= {"what", "transfer_id"}

    told(story, tmp_path)


def test_what_gets_lost_on_the_way_is_done_once(tmp_path):
    async def story(who):
        with client_of(who, lost=2) as (client, line):
            decision = await client.decide(making.body(1))
            assert (decision.action, decision.repeated, line.asked) == ("hold", True, 3)
            assert line.waits == [0.2, 0.4]
        await held(who, 2)
        with client_of(who) as (client, line):
            hold = [each async for each in client.find("holds")][-1]
            line.lost = 2
            body = {**HONEST, "amount_minor": 1}
            after = await client.act("holds", hold.life_id, "release", body)
            assert after["released_minor"] == 1, "an act under one Idempotency-Key is done once"
        with client_of(who, statuses=[503, 502]) as (client, line):
            assert (await client.decide(making.body(3))).action == "hold"
            assert line.waits == [7.0, 7.0], "the engine says how long"
        with client_of(who, statuses=[503] * 9) as (client, line):
            with pytest.raises(Unanswered, match="503 not now"):
                await client.decide(making.body(4))
            assert line.asked == 4

    told(story, tmp_path)


def test_who_follows_events_and_dies_goes_on_where_it_was(tmp_path):
    async def story(who):
        for number in range(5):
            await held(who, number)
        with client_of(who) as (client, _):
            seen = []
            for _ in range(3):
                begin = seen[-1].sequence if seen else 0
                async for event in client.events(after=begin, types=["antifraud.hold.held"]):
                    seen.append(event)
                    if len(seen) % 2 == 0:
                        break
            assert [each.data["said"]["transfer_id"] for each in seen] == [f"t{number}" for number in range(5)]
            assert seen[0].subject == f"hold/{seen[0].data['life_id']}"

    told(story, tmp_path)


def test_what_is_pushed_is_believed_only_with_its_signature(tmp_path):
    async def story(who):
        with receiving() as receiver, client_of(who) as (client, _):
            made = await client.begin("webhooks", {**WHY, "url": receiver.url})
            await held(who, 1)
            await until(lambda: receiver.posts)
            return made["secret"], *receiver.posts[0]

    secret, headers, body = told(story, tmp_path, webhooks_to_loopback=True)
    event = verified(secret, headers, body)
    assert event.type == "antifraud.hold.held"
    changed = json.dumps(json.loads(body) | {"type": "antifraud.hold.released"}).encode()
    for wrong in ((secret, headers, changed), ("whsec_" + "AAAA" * 8, headers, body), (secret, {}, body)):
        with pytest.raises(WebhookVerificationError):
            verified(*wrong)
