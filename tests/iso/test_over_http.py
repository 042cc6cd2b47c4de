"""The same decisions, incidents and returns for those who speak XML."""

import asyncio

from api.iso.reading import Node, read_message
from tests.api import making
from tests.api.everybody import everybody
from tests.api.test_incidents import WHY, said
from tests.iso.messages import camt056, pacs008, transfer

ISO = "/v1/iso20022"
XML = {"Content-Type": "application/xml"}


def told(story, folder, **thresholds):
    """Tell a story on an application with such thresholds."""
    making.put_on(folder / "shelf", making.bundle(**thresholds), rules=None)

    async def begin():
        async with everybody(folder) as who:
            return await story(who)

    return asyncio.run(begin())


async def sent(client, message, body, **headers):
    answer = await client.post(f"{ISO}/{message}", content=body, headers=XML | headers)
    return answer.status_code, answer.content


def statuses(body):
    root, _ = read_message(body, "pacs.002.", "FIToFIPmtStsRpt")
    return [(each.text("OrgnlTxId"), each.text("TxSts"), code_of(each)) for each in root.all("TxInfAndSts")]


def code_of(report: Node):
    return report.text("StsRsnInf/Rsn/Cd")


def test_allowed_held_and_blocked_are_accepted_pending_and_rejected(tmp_path):
    cases = {"ACCP": (1.5, 1.6, None), "PDNG": (0.0, 1.5, None), "RJCT": (0.0, 0.0, "FR01")}
    for status, (hold_at, block_at, code) in cases.items():

        async def story(who, status=status, code=code):
            first = await sent(who["analyst"], "pacs.008", pacs008(transfer(1), transfer(2)))
            assert first[0] == 200
            assert statuses(first[1]) == [("t1", status, code), ("t2", status, code)]
            assert await sent(who["analyst"], "pacs.008", pacs008(transfer(1), transfer(2))) == first
            known = await who["analyst"].get("/v1/decisions/t1")
            assert known.status_code == 200

        told(story, tmp_path / status, hold_at=hold_at, block_at=block_at)


def test_what_is_wrong_is_a_problem_that_names_the_path_and_nothing_of_the_message_is_decided(tmp_path):
    async def story(who):
        client = who["analyst"]
        status, problem = await sent(client, "pacs.008", pacs008(transfer(1), transfer(2, payer="a b")))
        assert (status, b"CdtTrfTxInf[2]/DbtrAcct/Id/Othr/Id" in problem) == (422, True)
        assert (await client.get("/v1/decisions/t1")).status_code == 404
        assert (await sent(client, "pacs.008", b"<Document/>"))[0] == 400
        for wrong in ({"Content-Type": "text/plain"}, {"Content-Encoding": "gzip"}):
            assert (await sent(client, "pacs.008", pacs008(transfer(1)), **wrong))[0] == 415
        await sent(client, "pacs.008", pacs008(transfer(1)))
        assert (await sent(client, "pacs.008", pacs008(transfer(1, amount="7.00"))))[0] == 409
        assert (await sent(who["police"], "pacs.008", pacs008(transfer(3))))[0] == 403

    told(story, tmp_path, hold_at=1.5, block_at=1.6)


def confirmation(body):
    root, _ = read_message(body, "camt.029.", "RsltnOfInvstgtn")
    return root.needed("Sts/Conf")


def test_a_recall_becomes_an_incident_and_ends_with_a_return(tmp_path):
    async def story(who):
        bank, other = who["analyst"], who["other"]
        await sent(bank, "pacs.008", pacs008(transfer(1)))
        while await bank.engine.center.read(lambda page: page.cursor("decisions")) < 1:
            await asyncio.sleep(0.01)
        assert (await sent(bank, "camt.056", camt056(code="DUPL")))[0] == 422
        assert (await sent(bank, "camt.056", camt056(amount="1.00")))[0] == 422
        assert (await sent(other, "camt.056", camt056()))[0] == 422  # none of its payments
        status, body = await sent(bank, "camt.056", camt056())
        assert (status, confirmation(body)) == (200, "PDCR")
        (incident,) = (await bank.get("/v1/incidents")).json()["items"]
        assert (incident["source"], incident["sums"]["claimed_minor"]) == ("detection", 150_000)

        (inquiry,) = (await other.get("/v1/inquiries")).json()["items"]
        answer = {**WHY, "held_minor": 150_000}
        _, held = await said(other, f"/v1/inquiries/{inquiry['life_id']}/answer", answer)
        at = f"/v1/incidents/{incident['life_id']}"
        await said(who["police"], f"{at}/lead")
        await said(who["police"], f"{at}/review")
        part = {"hold_id": held["hold_ids"][0], "amount_minor": 150_000}
        await said(who["police"], f"{at}/confirm", {**WHY, "parts": [part]})
        _, order = await said(who["police"], f"{at}/returns", {**WHY, **part, "prosecution": "fictional-prosecution"})
        paper = f"{ISO}/returns/{order['life_id']}/pacs.004"
        assert (await other.get(paper)).status_code == 409
        await said(who["prosecutor"], f"/v1/returns/{order['life_id']}/sanction", {**WHY, "document": "S-1"})
        await said(other, f"/v1/returns/{order['life_id']}/execute", {**WHY, "payment": "back-1"})
        root, _ = read_message((await other.get(paper)).content, "pacs.004.", "PmtRtr")
        returned = root.one("TxInf")
        assert returned.money("RtrdIntrBkSttlmAmt") == (150_000, "KZT")
        assert (returned.text("RtrId"), returned.text("OrgnlTxId")) == ("back-1", "t1")
        assert returned.text("RtrRsnInf/Rsn/Cd") == "FOCR"
        assert confirmation((await bank.get(f"{ISO}/incidents/{incident['life_id']}/camt.029")).content) == "CNCL"

    told(story, tmp_path, hold_at=1.5, block_at=1.6)
