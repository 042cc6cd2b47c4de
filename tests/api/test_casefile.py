"""The file of an incident: whole for whom it may be, harmless whatever people wrote, and provable by itself."""

import hashlib
import json
import re
from html import unescape

import pytest

from antifraud.domain.center.basis import BasisKind
from antifraud.domain.center.hold_table import HoldStatus
from antifraud.domain.center.incident_steps import IncidentStatus
from antifraud.domain.center.inquiry import InquiryStatus
from antifraud.domain.center.return_order import ReturnStatus
from antifraud.domain.typology import FraudType
from api.casefile.words import Tongue, states, texts
from tests.api.test_incidents import WHY, read, said, told, two_hops

NASTY = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"


def proofs(text):
    """Return (hash before, text, hash) of each act in a document."""
    found = re.findall(
        r"<span data-before>(.*?)</span><br><span data-said>(.*?)</span><br><b data-hash>(.*?)</b>", text, re.S
    )
    return [tuple(map(unescape, each)) for each in found]


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_file_of_an_incident_tells_all_of_it_and_proves_each_act(tmp_path):
    async def story(who):
        incident = await two_hops(who)
        at = f"/v1/incidents/{incident['life_id']}"
        _, asked = await read(who["other"], "/v1/inquiries")
        mule = next(each for each in asked["items"] if each["account"] == "mule")
        await said(who["other"], f"/v1/inquiries/{mule['life_id']}/answer", {**WHY, "held_minor": 600_000})
        await said(who["police"], f"{at}/lead", {"reason": NASTY, "ground": NASTY})

        for tongue, word in (("kk", "Ақшаның ізі"), ("ru", "След денег"), ("en", "Where the money went")):
            answer = await who["police"].get(f"{at}/file?language={tongue}")
            assert answer.status_code == 200
            assert f'<html lang="{tongue}">' in answer.text
            assert word in answer.text
        text = answer.text
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
        assert answer.headers["content-disposition"].startswith("attachment")
        assert "<script" not in text
        assert "<img" not in text
        assert re.search(r"""(?:src|href)=["'](?!#)""", text) is None, "nothing is loaded from anywhere"
        style = re.search(r"<style>(.*?)</style>", text, re.S)[1]
        assert "&#" not in style
        for shown in ("6,000.00 KZT", "second-mule", "answered: all is held", "<svg", "incident.lead_taken"):
            assert shown in text
        acts = proofs(text)
        assert len(acts) > 5
        for before, row, after in acts:
            assert sha256(before + sha256(row)) == after
        assert NASTY in {json.loads(json.loads(row)[-1]).get("reason") for _, row, _ in acts}
        changed = [(b, row.replace("victim", "another"), a) for b, row, a in acts if "victim" in row]
        assert changed
        assert all(sha256(before + sha256(row)) != after for before, row, after in changed)

        bank = (await who["analyst"].get(f"{at}/file")).text
        assert mule["life_id"] not in bank, "what another bank was asked is not the victim's bank's to hand over"
        assert (await who["other"].get(f"{at}/file")).status_code == 403
        assert (await who["prosecutor"].get(f"{at}/file")).status_code == 404
        assert (await who["operator"].get(f"{at}/file")).status_code == 403
        assert (await who["police"].get(f"{at}/file?language=de")).status_code == 422

    told(story, tmp_path)


def test_the_file_of_a_hold_is_for_who_sees_it_whole_and_proves_each_act(tmp_path):
    async def story(who):
        await two_hops(who)
        _, asked = await read(who["other"], "/v1/inquiries")
        mule = next(each for each in asked["items"] if each["account"] == "mule")
        answer = {**WHY, "reason": NASTY, "held_minor": 600_000}
        _, answered = await said(who["other"], f"/v1/inquiries/{mule['life_id']}/answer", answer)
        at = f"/v1/holds/{answered['hold_ids'][0]}"
        await said(who["other"], f"{at}/notes", {"reason": "The branch was asked."})
        for tongue, word in (("kk", "Ұстап қалу бойынша"), ("ru", "Материалы по удержанию"), ("en", "Why it")):
            answer = await who["other"].get(f"{at}/file?language={tongue}")
            assert (answer.status_code, f'<html lang="{tongue}">' in answer.text) == (200, True)
            assert word in answer.text
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
        assert answer.headers["content-disposition"] == f'attachment; filename="hold-{at.rpartition("/")[2]}.html"'
        for shown in ("6,000.00 KZT", "the bank&#39;s suspicion", "victim", "The branch was asked.", "hold.noted"):
            assert shown in answer.text, shown
        assert "<script" not in answer.text
        assert "<img" not in answer.text
        acts = proofs(answer.text)
        assert [sha256(before + sha256(row)) == after for before, row, after in acts] == [True, True]
        for stranger, status in (("analyst", 403), ("prosecutor", 404), ("operator", 403), ("auditor", 200)):
            assert (await who[stranger].get(f"{at}/file")).status_code == status, stranger

    told(story, tmp_path)


@pytest.mark.parametrize("tongue", Tongue)
def test_every_state_has_a_name_in_each_language(tongue):
    kinds = (IncidentStatus, InquiryStatus, ReturnStatus, HoldStatus, FraudType, BasisKind)
    assert {each.value for kind in kinds for each in kind} <= states(tongue).keys()
    assert all(states(tongue).values())
    assert all(texts(tongue).values())
