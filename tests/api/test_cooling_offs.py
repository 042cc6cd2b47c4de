"""Online loans over HTTP: announced with the borrower's number, kept as its keyed hash, paid out not before time."""

import asyncio
from datetime import datetime, timedelta

from antifraud.domain.center.policy import CenterPolicy
from tests.api.everybody import everybody

WHY = {"reason": "The client signed in the app."}
IIN = "001399500016"  # of nobody: month 13


def test_a_loan_is_announced_and_waits(tmp_path):
    async def story(who):
        lender = who["analyst"]
        mrp = CenterPolicy().indicator(lender.engine.center.now()).minor
        body = {"loan_id": "l1", "iin": IIN, "kind": "loan", "amount_minor": 255 * mrp, "currency": "KZT"}
        first = await lender.post("/v1/cooling-offs", json=body, headers={"Idempotency-Key": "a"})
        again = await lender.post("/v1/cooling-offs", json=body, headers={"Idempotency-Key": "a"})
        assert (first.status_code, again.content) == (201, first.content)
        life = first.json()
        over, at = (datetime.fromisoformat(life[name]) for name in ("over_at", "announced_at"))
        assert (life["status"], life["hours"], over - at) == ("waiting", 8, timedelta(hours=8))
        path = f"/v1/cooling-offs/{life['life_id']}"
        for act in ("confirm", "pay-out"):
            refused = await lender.post(f"{path}/{act}", json=WHY)
            assert (refused.status_code, "8 hours in all" in refused.json()["detail"]) == (409, True)
        other = await who["other"].post("/v1/cooling-offs", json=body | {"loan_id": "x", "amount_minor": mrp})
        assert (other.status_code, other.json()["hours"]) == (201, 24)
        assert (await lender.get(path)).json()["hours"] == 24
        statuses = {name: (await client.get(path)).status_code for name, client in who.items()}
        assert statuses == {
            "analyst": 200, "officer": 200, "other": 404, "police": 404, "operator": 403, "auditor": 200,
                "prosecutor": 404,
        }  # fmt: skip
        mine = (await lender.get("/v1/cooling-offs")).json()
        assert [each["loan_id"] for each in mine["items"]] == ["l1"]
        withdrawn = await lender.post(f"{path}/withdraw", json=WHY, headers={"If-Match": '"2"'})
        assert (withdrawn.status_code, withdrawn.json()["status"]) == (200, "withdrawn")
        assert (await lender.get("/v1/cooling-offs")).json()["items"] == []
        wrong = await lender.post("/v1/cooling-offs", json=body | {"iin": "001399500017", "loan_id": "l2"})
        assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "iin")

    async def begin():
        async with everybody(tmp_path) as who:
            await story(who)

    asyncio.run(begin())
    for file in tmp_path.glob("center.db*"):
        assert IIN.encode() not in file.read_bytes(), "the book keeps no borrower's number"


def test_without_the_key_for_hashes_nothing_is_announced(tmp_path):
    async def begin():
        async with everybody(tmp_path, identifier_key=None) as who:
            body = {"loan_id": "l1", "iin": IIN, "kind": "loan", "amount_minor": 1, "currency": "KZT"}
            return (await who["analyst"].post("/v1/cooling-offs", json=body)).status_code

    assert asyncio.run(begin()) == 503
