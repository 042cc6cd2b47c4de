"""Webhooks over HTTP: a secret is shown once and stands nowhere, and nobody sees another's."""

import asyncio
import json
import sqlite3
from datetime import UTC, datetime

from tests.api.everybody import everybody
from tests.api.test_holds import HONEST, held, said, told
from tests.exchange.receiver import receiving, signed
from tests.waiting import until

WHY = {"reason": "our case system listens"}


def asked(receiver, **more):
    return {**WHY, "url": receiver.url, **more}


def test_from_the_registration_to_the_end(tmp_path):
    async def story(who):
        with receiving() as receiver:
            bank = who["analyst"]
            types = ["antifraud.hold.released"]
            first = await bank.post(
                "/v1/webhooks", json=asked(receiver, types=types), headers={"Idempotency-Key": "w1"}
            )
            again = await bank.post(
                "/v1/webhooks", json=asked(receiver, types=types), headers={"Idempotency-Key": "w1"}
            )
            made = first.json()
            assert (first.status_code, again.json()["secret"]) == (201, made["secret"])
            assert first.headers["cache-control"] == "no-store"
            path = f"/v1/webhooks/{made['life_id']}"
            assert (await said(bank, f"{path}/ping", {})) == (200, {"status": 204, "problem": None})
            hold = await held(who, 1)
            assert (await said(bank, f"{hold}/release", HONEST))[0] == 200
            await until(lambda: len(receiver.posts) == 2)
            assert [body["type"] for body in map(json_of, receiver.posts)] == ["antifraud.webhook.ping", *types]
            assert signed_now(receiver.posts[1], made["secret"])
            while not (page := (await bank.get(f"{path}/deliveries")).json())["items"]:
                await asyncio.sleep(0.01)
            (delivery,) = page["items"]
            assert (delivery["outcome"], delivery["attempts"]) == ("delivered", 1)
            sequence = {"sequence": delivery["sequence"]}
            assert (await said(bank, f"{path}/redeliver", sequence))[1]["attempts"] == 2
            assert (await said(bank, f"{path}/redeliver", {"sequence": "1"}))[0] == 404
            status, rotated = await said(bank, f"{path}/rotate", WHY)
            assert status == 200
            assert rotated["secret"] != made["secret"]
            for act, then in (("disable", "disabled"), ("enable", "active"), ("remove", "removed")):
                assert (await said(bank, f"{path}/{act}", WHY))[1]["status"] == then
            assert (await bank.get("/v1/webhooks")).json() == {"items": []}
            assert (await said(bank, f"{path}/enable", WHY))[0] == 409
            return made["secret"], rotated["secret"]

    secrets = told(story, tmp_path, webhooks_to_loopback=True)
    with sqlite3.connect(tmp_path / "center.db") as database:
        everything = "\n".join(database.iterdump())
    assert "webhook.registered" in everything
    assert not any(secret.removeprefix("whsec_") in everything for secret in secrets)


def json_of(post):
    return json.loads(post[1])


def signed_now(post, secret):
    return signed(post, secret, datetime.fromtimestamp(int(post[0]["webhook-timestamp"]), UTC))


def test_nobody_reaches_another_s_webhook_and_refusals_name_the_field(tmp_path):
    async def story(who):
        status, refused = await said(who["analyst"], "/v1/webhooks", {**WHY, "url": "https://127.0.0.1/x"})
        assert (status, refused["errors"][0]["field"]) == (422, "url")
        status, refused = await said(who["analyst"], "/v1/webhooks", {**WHY, "url": "http://127.0.0.1:1/x"})
        assert (status, refused["errors"][0]["problem"]) == (422, "must be https://")
        wrong = {**WHY, "url": "https://[2606:4700::1111]/x", "types": ["antifraud.hold.eaten"]}
        status, refused = await said(who["analyst"], "/v1/webhooks", wrong)
        assert (status, refused["errors"][0]["field"]) == (422, "types")
        status, made = await said(who["analyst"], "/v1/webhooks", {**wrong, "types": []})
        assert status == 201
        path = f"/v1/webhooks/{made['life_id']}"
        for stranger in ("other", "police", "operator"):
            assert (await who[stranger].get(path)).status_code == 404
            assert (await said(who[stranger], f"{path}/disable", WHY))[0] == 404
            assert (await said(who[stranger], f"{path}/ping", {}))[0] == 404
        assert (await who["auditor"].get("/v1/webhooks")).status_code == 403

    told(story, tmp_path)


def test_without_the_engine_s_key_there_are_no_webhooks_and_it_says_how_to_have_them(tmp_path):
    async def story():
        async with everybody(tmp_path, identifier_key=None) as who:
            return await said(who["analyst"], "/v1/webhooks", {**WHY, "url": "https://bank.example/"})

    status, refused = asyncio.run(story())
    assert status == 503
    assert "ANTIFRAUD_IDENTIFIER_KEY" in refused["detail"]
