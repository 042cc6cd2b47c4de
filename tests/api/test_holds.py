"""Holds over HTTP: who sees what, who may do what, once each, on the version that was seen."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from antifraud.domain.center.hold import Hold
from tests.api import making
from tests.api.everybody import everybody

WHY = {"reason": "The client came with the contract."}
HONEST = {**WHY, "because": "proven_honest"}


def told(story, folder, **settings):
    """Tell a story on an application that holds everything, and return what it returns."""
    making.put_on(folder / "shelf", making.bundle(hold_at=0.0, block_at=1.5))

    async def begin():
        async with everybody(folder, **settings) as who:
            return await story(who)

    return asyncio.run(begin())


async def held(who, number, **fields):
    """Ask about a transfer that is held, and return its hold once it is there."""
    answer = await who["analyst"].post("/v1/decisions", json=making.body(number, **fields))
    assert answer.json()["action"] == "hold"
    key = f"transfer:fictional-bank/t{number}"
    while not (found := await who["analyst"].engine.center.read(lambda page: page.found_by(Hold, key))):
        await asyncio.sleep(0.01)
    return f"/v1/holds/{found[0].life_id}"


async def said(client, path, body, **headers):
    answer = await client.post(path, json=body, headers=headers)
    return answer.status_code, answer.json()


ONE = "/v1/holds/019d05c1-7a00-7000-8000-000000000001"
FUNDS = {
    **WHY,
    "what": "funds",
    "participant": "fictional-bank",
    "transfer_id": "t77",
    "account": "acc-of-a-stranger",
    "amount_minor": 70_000,
    "currency": "KZT",
}


def test_each_sees_what_is_its_own_and_a_counterpart_the_minimum(tmp_path):
    async def story(who):
        mine = await held(who, 1)
        status, funds = await said(who["other"], "/v1/holds", FUNDS)
        assert (status, funds["shown"], funds["account"]) == (201, "whole", "acc-of-a-stranger")
        at_other = f"/v1/holds/{funds['life_id']}"
        seen = {
            name: [(await client.get(path)).status_code for path in (mine, at_other)] for name, client in who.items()
        }
        assert seen == {
            "analyst": [200, 200],
            "officer": [200, 200],
            "other": [404, 200],
            "police": [404, 404],
            "prosecutor": [404, 404],
            "operator": [403, 403],
            "auditor": [200, 200],
        }
        minimum = (await who["analyst"].get(at_other)).json()
        assert (minimum["shown"], minimum["account"], minimum["score"]) == ("minimum", None, None)
        assert minimum["held_minor"] == 70_000
        lists = {name: (await who[name].get("/v1/holds")).json()["items"] for name in ("analyst", "other", "auditor")}
        assert {name: len(items) for name, items in lists.items()} == {"analyst": 2, "other": 1, "auditor": 2}
        refuse = {**WHY, "because": "fraud"}
        assert (await said(who["other"], mine + "/refuse", refuse))[0] == 404
        assert (await said(who["analyst"], at_other + "/release", HONEST))[0] == 403
        assert (await said(who["auditor"], mine + "/release", HONEST))[0] == 403
        assert (await said(who["other"], "/v1/holds", FUNDS))[0] == 409, "money of one transfer is held once"

    told(story, tmp_path)


def test_an_act_is_done_once_and_only_on_what_was_seen(tmp_path):
    async def story(who):
        analyst, path = who["analyst"], await held(who, 1, amount_minor=900)
        etag = (await analyst.get(path)).headers["ETag"]
        part = {**HONEST, "amount_minor": 400}
        headers = {"Idempotency-Key": "k1", "If-Match": etag}
        first = await analyst.post(path + "/release", json=part, headers=headers)
        again = await analyst.post(path + "/release", json=part, headers=headers)
        assert (first.status_code, first.json()["held_minor"], first.headers["ETag"]) == (200, 500, '"2"')
        assert (again.status_code, again.content, again.headers["ETag"]) == (200, first.content, '"2"')
        assert (again.headers.get("Idempotent-Replay"), first.headers.get("Idempotent-Replay")) == ("true", None)
        statuses = {
            "another body": (await said(analyst, path + "/release", {**part, "amount_minor": 1}, **headers))[0],
            "another act": (await said(analyst, path + "/refuse", {**WHY, "because": "fraud"}, **headers))[0],
            "another person": (await said(who["officer"], path + "/release", part, **headers))[0],
            "an old version": (await said(analyst, path + "/release", part, **{"If-Match": etag}))[0],
            "no ETag": (await said(analyst, path + "/release", part, **{"If-Match": "2"}))[0],
            "no key": (await said(analyst, path + "/release", part, **{"Idempotency-Key": "a b"}))[0],
            "no reason": (await said(analyst, path + "/release", {"because": "proven_honest"}))[0],
            "a bare reason": (await said(analyst, path + "/release", {**HONEST, "reason": "    "}))[0],
            "no such hold": (await said(analyst, f"/v1/holds/{UUID(int=7)}/release", HONEST))[0],
        }
        assert statuses == {
            "another body": 409,
            "another act": 409,
            "another person": 409,
            "an old version": 409,
            "no ETag": 422,
            "no key": 422,
            "no reason": 422,
            "a bare reason": 422,
            "no such hold": 404,
        }
        assert (await analyst.get(path)).json()["held_minor"] == 500

    told(story, tmp_path)


def test_a_large_release_takes_an_officer_besides(tmp_path):
    (tmp_path / "center.yaml").write_text("version: low\nsecond_signature_above_minor: 100\n")

    async def story(who):
        path = await held(who, 1, amount_minor=900)
        status, proposed = await said(who["officer"], path + "/release", HONEST)
        assert (status, proposed["status"], proposed["held_minor"]) == (200, "release_proposed", 900)
        assert (await said(who["officer"], path + "/countersign", WHY))[0] == 403, "one person signs once"
        assert (await said(who["analyst"], path + "/countersign", WHY))[0] == 403, "an analyst is no officer"
        _, declined = await said(who["officer"], path + "/decline", WHY)
        assert (declined["status"], declined["proposal"]) == ("held", None)
        await said(who["analyst"], path + "/release", HONEST)
        status, released = await said(who["officer"], path + "/countersign", WHY)
        assert (status, released["status"], released["released_minor"]) == (200, "released", 900)

    told(story, tmp_path, center_policy=tmp_path / "center.yaml")


def test_what_the_client_says_is_noted_and_does_not_clear_a_safe_account_call(tmp_path):
    async def story(who):
        analyst = who["analyst"]
        plain, led = await held(who, 1), await held(who, 2, call_active=True, loan_taken=True)
        insists, confirms = {**WHY, "because": "client_insists"}, {**WHY, "says": "confirms"}
        assert (await said(analyst, plain + "/release", insists))[0] == 409
        for path in (plain, led):
            assert (await said(analyst, path + "/client-answer", confirms))[1]["client"] == "confirms"
        assert (await said(analyst, plain + "/release", insists))[1]["status"] == "released"
        status, problem = await said(analyst, led + "/release", insists)
        assert (status, "does not clear" in problem["detail"]) == (409, True)
        shown = (await analyst.get(led)).json()
        assert [each["kind"] for each in shown["bases"]] == ["coercion"]
        free, begun = (datetime.fromisoformat(shown[name]) for name in ("free_at", "begun_at"))
        assert free - begun == timedelta(hours=24)
        decided = (await analyst.get("/v1/decisions/t2")).json()
        assert datetime.fromisoformat(decided["received_at"]) == begun

    told(story, tmp_path)


def test_bases_are_added_and_ended_on_their_documents(tmp_path):
    async def story(who):
        analyst, path = who["analyst"], await held(who, 1)
        until = (datetime.now(UTC) + timedelta(days=40)).isoformat()
        order = {**WHY, "basis": "police_order", "document": "order 1", "until": until}
        assert (await said(analyst, path + "/bases", order))[0] == 422, "a bank says what it was served with"
        status, ordered = await said(analyst, path + "/bases", {**order, "ground": "served on paper"})
        assert (status, datetime.fromisoformat(ordered["free_at"])) == (200, datetime.fromisoformat(until))
        assert (await said(analyst, path + "/release", HONEST))[0] == 409
        assert (await said(analyst, path + "/refuse", {**WHY, "because": "fraud"}))[0] == 409
        end = {**WHY, "basis": "police_order", "document": "order 1"}
        assert (await said(analyst, path + "/bases/end", end))[0] == 422
        assert (await said(analyst, path + "/bases/end", {**end, "ground": "decision 2"}))[0] == 200
        status, refused = await said(analyst, path + "/refuse", {**WHY, "because": "client_withdraws"})
        assert (refused["status"], refused["refused_minor"], refused["due_at"]) == ("refused", 1_500_000, None)

    told(story, tmp_path)


def test_a_list_goes_page_by_page_with_the_first_clock_in_front(tmp_path):
    async def story(who):
        analyst = who["analyst"]
        paths = [await held(who, number, call_active=number % 2 == 0, loan_taken=True) for number in range(7)]
        await said(analyst, paths[3] + "/refuse", {**WHY, "because": "fraud"})
        found, cursor, pages = [], None, 0
        while cursor is not None or not pages:
            asked = {"limit": 2} | ({} if cursor is None else {"cursor": cursor})
            page = (await analyst.get("/v1/holds", params=asked)).json()
            found += page["items"]
            cursor, pages = page["next"], pages + 1
        assert pages == 3
        assert sorted(f"/v1/holds/{each['life_id']}" for each in found) == sorted({*paths} - {paths[3]})
        assert [each["due_at"] for each in found] == sorted(each["due_at"] for each in found)
        assert {each["transfer_id"] for each in found[:4]} == {"t0", "t2", "t4", "t6"}, "24 hours end first"
        ended = (await analyst.get("/v1/holds", params={"status": ["refused", "expired"]})).json()["items"]
        assert [each["transfer_id"] for each in ended] == ["t3"]
        soon = (datetime.now(UTC) + timedelta(hours=26)).isoformat()
        assert len((await analyst.get("/v1/holds", params={"due_before": soon})).json()["items"]) == 4
        none = await analyst.get("/v1/holds", params={"account": "acc-of-nobody"})
        assert none.json() == {"items": [], "next": None}
        wrong = await analyst.get("/v1/holds", params={"cursor": "!!"})
        assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "cursor")

    told(story, tmp_path)


def test_what_is_social_stays_usable_and_only_the_bank_that_holds_may_ask(tmp_path):
    async def story(who):
        analyst = who["analyst"]
        await held(who, 1, payer="acc-1")
        answer = await analyst.get("/v1/accounts/acc-1/usable")
        assert (answer.status_code, answer.json()["usable_minor"]) == (200, 0)
        assert answer.json()["held_minor"] == {"KZT": 1_500_000}
        assert [(await who[name].get("/v1/accounts/acc-1/usable")).status_code for name in ("other", "auditor")] == [
            404,
            200,
        ]

    told(story, tmp_path)


@pytest.mark.parametrize("path", ["/v1/holds", "/v1/accounts/acc-1/usable", f"/v1/holds/{UUID(int=7)}"])
def test_without_its_book_the_center_says_not_now(tmp_path, path):
    (tmp_path / "blocked").write_text("a file where a folder should be")

    async def story(who):
        return (await who["analyst"].get(path)).status_code

    assert told(story, tmp_path, center_url=f"sqlite:///{tmp_path}/blocked/center.db") == 503


def test_a_case_is_taken_noted_given_on_and_brought_to_the_police(tmp_path):
    async def story(who):
        one = await held(who, 1)
        status, taken = await said(who["analyst"], f"{one}/assign", {**WHY, "to": "erlan"})
        assert (status, "oneself" in taken["detail"]) == (403, True)
        status, taken = await said(who["officer"], f"{one}/assign", {**WHY, "to": "erlan"})
        assert (status, taken["assignee"]) == (200, "erlan")
        status, noted = await said(who["analyst"], f"{one}/notes", {"reason": "Called twice, no answer."})
        assert (status, noted["version"]) == (200, 3)
        status, asked = await said(who["analyst"], f"{one}/escalate", {**WHY, "whom": "officer"})
        assert (status, asked["assignee"], asked["escalated"]) == (200, None, "officer")
        for no_type in ([], {}, [None], True, 1):
            status, _ = await said(who["analyst"], f"{one}/escalate", {**WHY, "whom": "police", "fraud_type": no_type})
            assert status == 422
        status, untold = await said(who["analyst"], f"{one}/escalate", {**WHY, "whom": "police"})
        assert (status, untold["errors"][0]["field"]) == (422, "fraud_type")
        called = {**WHY, "whom": "police", "fraud_type": "scam_call"}
        status, told = await said(who["analyst"], f"{one}/escalate", called)
        assert (status, told["escalated"], told["incident_id"] is None) == (200, "police", False)
        assert (await who["police"].get(f"/v1/incidents/{told['incident_id']}")).json()["shown"] == "minimum"
        again = await said(who["analyst"], f"{one}/escalate", called)
        assert again[0] == 409

    told(story, tmp_path)


def test_money_that_is_held_has_not_moved_before_it_is_let_go(tmp_path):
    async def story(who):
        at = await held(who, 1)
        _, before = await seen_of(who)
        await said(who["analyst"], f"{at}/release", HONEST)
        _, after = await seen_of(who)
        assert [(each["in_minor"], each["attempts"]) for each in (before, after)] == [(0, 1), (1_500_000, 0)]

    async def seen_of(who):
        answer = await who["analyst"].get(f"/v1/accounts/{making.body()['payee']}")
        return answer.status_code, answer.json()["profile"]

    told(story, tmp_path)
