"""A fraud between banks over HTTP: opened, asked about, followed, confirmed, returned; each sees what is its own."""

import asyncio

from antifraud.domain.center.banks import BankCodes
from antifraud.domain.center.people import Actor, Role
from antifraud.domain.center.taint import Taint
from tests.api import making
from tests.api.everybody import everybody

WHY = {"reason": "The client was called by a false bank.", "ground": "case 26-1"}
OPEN = {**WHY, "source": "complaint", "fraud_type": "scam_call"}


def told(story, folder):
    """Tell a story on an application that allows everything, and return what it returns."""
    making.put_on(folder / "shelf", making.bundle(hold_at=1.5, block_at=1.6), rules=None)

    async def begin():
        async with everybody(folder) as who:
            return await story(who)

    return asyncio.run(begin())


async def passed(client, number, payer, payee, amount, **fields):
    """Let a transfer pass, and wait until it is known where money is followed."""
    sent = making.body(number, payer=payer, payee=payee, amount_minor=amount, **fields)
    answer = await client.post("/v1/decisions", json=sent)
    assert answer.json()["action"] == "allow"
    center = client.engine.center
    while await center.read(lambda page: page.cursor("decisions")) < number:
        await asyncio.sleep(0.01)
    return answer.json()


async def said(client, path, body=WHY, **headers):
    answer = await client.post(path, json=body, headers=headers)
    return answer.status_code, answer.json()


async def read(client, path):
    answer = await client.get(path)
    return answer.status_code, answer.json()


async def two_hops(who):
    """Let a victim's money go to another bank, and some of it on; return the incident as the victim's bank sees it."""
    await passed(who["analyst"], 1, "victim", "mule", 1_000_000, payee_bank="other-bank", end_to_end_id="e2e-1")
    await passed(who["other"], 2, "mule", "second-mule", 400_000, payee_bank="other-bank")
    status, incident = await said(who["analyst"], "/v1/incidents", {**OPEN, "transfers": [{"transfer_id": "t1"}]})
    assert (status, incident["shown"], incident["status"]) == (201, "whole", "notified")
    return incident


def test_money_is_found_held_confirmed_and_returned_with_a_sanction(tmp_path):
    async def story(who):
        incident = await two_hops(who)
        at = f"/v1/incidents/{incident['life_id']}"
        _, trace = await read(who["analyst"], f"{at}/trace")
        still = {each["account"]: (each["bank"], each["hop"], each["still_minor"]) for each in trace["accounts"]}
        assert still == {"mule": ("other-bank", 1, 600_000), "second-mule": ("other-bank", 2, 400_000)}
        assert trace["stolen_minor"] == sum(each["hold_minor"] for each in trace["accounts"])

        _, asked = await read(who["other"], "/v1/inquiries")
        answers = {each["account"]: each for each in asked["items"]}
        status, held = await said(
            who["other"], f"/v1/inquiries/{answers['mule']['life_id']}/answer", {**WHY, "held_minor": 600_000}
        )
        assert (status, held["status"]) == (200, "answered_full")
        status, part = await said(
            who["other"], f"/v1/inquiries/{answers['second-mule']['life_id']}/answer", {**WHY, "held_minor": 100_000}
        )
        assert (status, part["status"]) == (200, "answered_part")
        _, trace = await read(who["analyst"], f"{at}/trace")
        assert {each["account"]: each["hold_minor"] for each in trace["accounts"]} == {
            "mule": 0,
            "second-mule": 300_000,
        }

        assert (await said(who["police"], f"{at}/lead"))[1]["police"] == "fictional-police"
        assert (await said(who["police"], f"{at}/review"))[0] == 200
        (hold,) = held["hold_ids"]
        parts = {**WHY, "parts": [{"hold_id": hold, "amount_minor": 600_000}]}
        assert (await said(who["analyst"], f"{at}/confirm", parts))[0] == 403
        status, confirmed = await said(who["police"], f"{at}/confirm", parts)
        assert (status, confirmed["status"], confirmed["sums"]["held_minor"]) == (200, "confirmed", 600_000)
        assert confirmed["sums"]["released_minor"] == 100_000  # what was not confirmed is free at once

        draft = {**WHY, "hold_id": hold, "amount_minor": 600_000, "prosecution": "fictional-prosecution"}
        status, order = await said(who["police"], f"{at}/returns", draft)
        assert (status, order["status"], order["to_account"]) == (201, "drafted", "victim")
        order_at = f"/v1/returns/{order['life_id']}"
        assert (await said(who["other"], f"{order_at}/execute", {**WHY, "payment": "back-1"}))[0] == 409
        sanction = {**WHY, "document": "S-1"}
        assert (await said(who["police"], f"{order_at}/sanction", sanction))[0] == 403
        assert (await said(who["prosecutor"], f"{order_at}/sanction", sanction))[1]["status"] == "sanctioned"
        status, paid = await said(who["other"], f"{order_at}/execute", {**WHY, "payment": "back-1"})
        assert (status, paid["status"]) == (200, "executed")
        _, ended = await read(who["analyst"], at)
        assert (ended["status"], ended["sums"]["returned_minor"], ended["sums"]["held_minor"]) == (
            "returned",
            600_000,
            0,
        )
        _, trace = await read(who["analyst"], f"{at}/trace")
        left = {each["account"]: each["hold_minor"] for each in trace["accounts"]}
        assert left["mule"] == 0, "what was paid back is there no more"

    told(story, tmp_path)


def test_the_same_fraud_is_one_incident_and_others_see_the_minimum_or_nothing(tmp_path):
    async def story(who):
        incident = await two_hops(who)
        at = f"/v1/incidents/{incident['life_id']}"
        again = {**OPEN, "transfers": [{"transfer_id": "t1"}]}
        assert (await said(who["analyst"], "/v1/incidents", again))[1]["life_id"] == incident["life_id"]
        _, minimum = await read(who["other"], at)
        assert (minimum["shown"], minimum["transfers"], minimum["sums"]) == ("minimum", None, None)
        assert (await read(who["other"], f"{at}/trace"))[0] == 403
        joined = {**OPEN, "transfers": [{"transfer_id": "t1", "participant": "fictional-bank"}]}
        _, whole = await said(who["other"], "/v1/incidents", joined)
        assert (whole["life_id"], whole["complainants"]) == (incident["life_id"], ["fictional-bank", "other-bank"])
        assert [each["life_id"] for each in (await read(who["police"], "/v1/incidents?unled=true"))[1]["items"]] == [
            incident["life_id"]
        ]
        assert (await read(who["police"], "/v1/incidents"))[1]["items"] == []
        assert (await read(who["analyst"], "/v1/incidents?unled=true"))[0] == 403
        assert (await read(who["operator"], at))[0] == 403
        assert (await read(who["auditor"], at))[1]["shown"] == "whole"
        _, found = await read(who["analyst"], "/v1/incidents?end_to_end_id=e2e-1")
        assert [each["life_id"] for each in found["items"]] == [incident["life_id"]]

    told(story, tmp_path)


def test_a_refusal_names_the_field_and_tells_nothing_of_others(tmp_path):
    async def story(who):
        await passed(who["other"], 1, "stranger", "shop", 5_000)
        for transfer in ({"transfer_id": "t9"}, {"transfer_id": "t1", "participant": "other-bank"}):
            status, problem = await said(who["analyst"], "/v1/incidents", {**OPEN, "transfers": [transfer]})
            assert (status, problem["errors"][0]["field"]) == (422, "transfers.0.transfer_id")
            assert problem["errors"][0]["problem"] == "names no transfer from or to you"
        opened = {**OPEN, "source": "police", "transfers": [{"transfer_id": "t1", "participant": "other-bank"}]}
        status, incident = await said(who["police"], "/v1/incidents", opened)
        assert (status, incident["police"]) == (201, "fictional-police")
        at = f"/v1/incidents/{incident['life_id']}"
        status, problem = await said(who["police"], f"{at}/hand-over", {**WHY, "police": "other-bank"})
        assert (status, problem["errors"][0]["field"]) == (422, "police")
        draft = {**WHY, "hold_id": "x", "amount_minor": 1, "prosecution": "fictional-police"}
        status, problem = await said(who["police"], f"{at}/returns", draft)
        assert (status, problem["errors"][0]["field"]) == (422, "prosecution")
        assert (await said(who["analyst"], f"{at}/review"))[0] == 404  # none of its business
        assert (await said(who["police"], f"{at}/review", WHY, **{"If-Match": '"1"'}))[0] == 409  # acts came since
        assert (await said(who["police"], f"{at}/review"))[0] == 200
        assert (await said(who["police"], f"{at}/close"))[0] == 409  # it is neither confirmed nor denied

    told(story, tmp_path)


def test_one_key_opens_once(tmp_path):
    async def story(who):
        await passed(who["analyst"], 1, "victim", "mule", 1_000_000, payee_bank="other-bank")
        body = {**OPEN, "transfers": [{"transfer_id": "t1"}]}
        first = await who["analyst"].post("/v1/incidents", json=body, headers={"Idempotency-Key": "k1"})
        again = await who["analyst"].post("/v1/incidents", json=body, headers={"Idempotency-Key": "k1"})
        assert (first.content, again.headers["Idempotent-Replay"]) == (again.content, "true")
        other = await said(
            who["analyst"], "/v1/incidents", {**body, "fraud_type": "loan_fraud"}, **{"Idempotency-Key": "k1"}
        )
        assert other[0] == 409

    told(story, tmp_path)


def test_a_bank_that_registers_its_codes_is_found_by_them_and_until_then_unknown(tmp_path):
    iban = "KZ86125KZT5004100100"

    async def story(who):
        await passed(who["analyst"], 1, "victim", iban, 1_000_000, payee_bank="FICTKZKAXXX")
        _, incident = await said(who["analyst"], "/v1/incidents", {**OPEN, "transfers": [{"transfer_id": "t1"}]})
        at = f"/v1/incidents/{incident['life_id']}/trace"
        assert (incident["banks"], incident["transfers"][0]["payee_bank"]) == ([], None)
        assert [each["bank"] for each in (await read(who["analyst"], at))[1]["accounts"]] == [None]
        operator, codes = who["operator"], BankCodes(bics=frozenset({"FICTKZKA"}))
        by = Actor("fictional-operator", Role.OPERATOR, "operator")
        await operator.engine.identity.keys.set_codes(by, "other-bank", codes)
        await passed(who["analyst"], 2, "victim", iban, 500_000, payee_bank="FICTKZKAXXX")
        _, other = await said(who["analyst"], "/v1/incidents", {**OPEN, "transfers": [{"transfer_id": "t2"}]})
        assert (other["banks"], other["transfers"][0]["payee_bank"]) == (["other-bank"], "other-bank")

    told(story, tmp_path)


async def tainted(who, account):
    """Wait until transfers meet that stolen money is on an account."""
    engine = who["analyst"].engine
    while not await engine.center.read(lambda page: page.found_by(Taint, f"account:{account}")):
        await asyncio.sleep(0.01)
    await engine.watching.refresh()


def why(answer):
    return [(each["code"].partition(":")[0], each["action"]) for each in answer["reasons"]]


def test_money_that_goes_on_after_the_incident_is_held_and_followed_as_far_as_it_gets(tmp_path):
    """No planned look is waited for: the next transfer meets the trace, and what a bank lets go is followed again."""

    async def story(who):
        await passed(who["analyst"], 1, "victim", "mule", 1_000_000, payee_bank="other-bank")
        status, incident = await said(who["analyst"], "/v1/incidents", {**OPEN, "transfers": [{"transfer_id": "t1"}]})
        assert status == 201

        async def asks(number, payer, payee):
            sent = making.body(number, payer=payer, payee=payee, amount_minor=600_000, payee_bank="other-bank")
            return (await who["other"].post("/v1/decisions", json=sent)).json()

        onward = await asks(2, "mule", "second-mule")
        assert (onward["action"], why(onward)) == ("hold", [("taint.payer", "hold")])
        while not (holds := (await read(who["other"], "/v1/holds"))[1]["items"]):
            await asyncio.sleep(0.01)
        let_go = {**WHY, "because": "proven_honest"}
        assert (await said(who["other"], f"/v1/holds/{holds[0]['life_id']}/release", let_go))[0] == 200
        await tainted(who, "second-mule")
        further = await asks(3, "second-mule", "cash-desk")
        assert (further["action"], why(further)) == ("hold", [("taint.payer", "hold")])
        honest = await asks(4, "stranger", "second-mule")
        assert (honest["action"], why(honest)) == ("allow", [])
        _, trace = await read(who["analyst"], f"/v1/incidents/{incident['life_id']}/trace")
        assert {each["account"]: each["still_minor"] for each in trace["accounts"]} == {
            "mule": 400_000, "second-mule": 600_000,
        }  # fmt: skip
        _, asked = await read(who["other"], "/v1/inquiries")
        assert {each["account"] for each in asked["items"]} == {"mule", "second-mule"}

    told(story, tmp_path)


def test_the_police_ask_for_a_suspension_and_the_bank_decides(tmp_path):
    async def story(who):
        incident = await two_hops(who)
        _, asked = await read(who["other"], "/v1/inquiries")
        place = next(f"/v1/inquiries/{each['life_id']}" for each in asked["items"] if each["account"] == "mule")
        answer = {**WHY, "suspended": True}
        assert (await said(who["other"], f"{place}/suspension", answer))[0] == 409, "nobody asked"
        assert (await said(who["police"], f"{place}/ask-suspension"))[0] == 404, "they do not lead"
        assert (await said(who["police"], f"/v1/incidents/{incident['life_id']}/lead"))[0] == 200
        assert (await said(who["other"], f"{place}/ask-suspension"))[0] == 403
        assert (await said(who["police"], f"{place}/ask-suspension", {}))[0] == 422
        status, waits = await said(who["police"], f"{place}/ask-suspension")
        assert (status, waits["suspension"], waits["status"]) == (200, "asked", "notified")
        assert (await said(who["police"], f"{place}/ask-suspension"))[0] == 409
        assert (await said(who["police"], f"{place}/suspension", answer))[0] == 403
        status, declined = await said(who["other"], f"{place}/suspension", {**WHY, "suspended": False})
        assert (status, declined["suspension"]) == (200, "declined")
        assert (await said(who["police"], f"{place}/ask-suspension"))[0] == 200, "they may ask again"
        assert (await said(who["other"], f"{place}/suspension", answer))[1]["suspension"] == "suspended"
        _, trace = await read(who["analyst"], f"/v1/incidents/{incident['life_id']}/trace")
        assert {each["account"]: (each["suspend"], each["suspension"]) for each in trace["accounts"]} == {
            "mule": (False, "suspended"), "second-mule": (False, None),
        }  # fmt: skip
        events = (await who["other"].get("/v1/events?type=antifraud.inquiry.suspension_asked")).json()
        assert len(events) == 2

    told(story, tmp_path)
