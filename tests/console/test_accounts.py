"""Pages of accounts and the box that finds them: harmless whatever is typed, and nothing of others on them."""

from functools import partial
from urllib.parse import quote

from antifraud.domain.center.people import ParticipantKind, Role
from antifraud.workflow.center.ports import Listening
from tests.console.desk import NASTY, at_console, book_of, held, hold_of, person
from tests.console.test_incidents import WHY, offered, sent


def test_an_account_is_found_shown_and_noted(desk):
    hold_id = held(desk, payer="page-payer", payee="page-payee", amount_minor=12_345_600)
    name = person(desk)
    with at_console(desk, name) as client:
        found = client.get("/console/search", params={"q": "page-payer"}).text
        assert 'href="/console/accounts/page-payer"' in found
        answer = client.get("/console/accounts/page-payer")
        assert answer.status_code == 200
        for shown in ("page-payee", "Stopped transfers", "<svg", f"/console/holds/{hold_id}", 'class="network"'):
            assert shown in answer.text
        assert "style=" not in answer.text
        assert "<script>" not in answer.text
        assert client.get("/console/accounts/page-payer?hops=2&days=7&least=999999999").status_code == 200
        assert client.get("/console/accounts/page-payer?hops=9").status_code == 422
        assert client.get("/console/accounts/never-seen-here").status_code == 404
    with book_of(desk) as book:
        asked = Listening(readers=None, after=0, names=("membership.looked",), limit=1_000)
        looked = book.read_now(partial(_told, asked=asked))
    assert any(act.by.person == name and "page-payer" in act.keys for act in looked)


def _told(page, asked):
    return [each.written.act for each in page.told(asked)]


def test_another_bank_sees_nothing_of_it(desk):
    held(desk, payer="own-payer", payee="own-payee")
    other = person(desk, Role.BANK_ANALYST, participant="another-bank", kind=ParticipantKind.BANK)
    with at_console(desk, other) as client:
        assert client.get("/console/accounts/own-payer").status_code == 404
        assert "/console/accounts/own-payer" not in client.get("/console/search?q=own-payer").text


def test_whatever_is_typed_is_only_text(desk):
    with at_console(desk, person(desk)) as client:
        for path in (f"/console/search?q={quote(NASTY)}", f"/console/accounts/{quote(NASTY, safe='')}"):
            page = client.get(path).text
            assert "<script>document" not in page
            assert "<img src=x" not in page


BY_HAND = {"what": "instruction", "amount": "150 000,50", "currency": "KZT", "basis": "coercion", "fraud_type": "mule"}


def test_money_is_held_by_hand_once_and_what_cannot_be_keeps_what_was_typed(desk):
    held(desk, payer="by-hand", payee="by-hand-payee")
    at = "/console/accounts/by-hand-payee"
    with at_console(desk, person(desk)) as client:
        page = client.get(at)
        assert offered(page) == ["hold"]
        for wrong, where in (
            ({"amount": "1,2345"}, "amount"),
            ({"amount": "0"}, "amount_minor"),
            ({"currency": "QQQ"}, "currency"),
            ({"basis": "police_order"}, "document"),
            ({"basis": "sanctioned_return"}, "basis"),
            ({"transfer_id": "two words"}, "transfer_id"),
            ({"participant": "another-bank"}, "participant"),
            ({"reason": " "}, "reason"),
        ):
            refused = sent(client, page, at, "hold", **BY_HAND | {"transfer_id": "hand-1"} | wrong)
            assert (refused.status_code, f"{where}:" in refused.text) == (422, True), wrong
            for name in ("transfer_id", "amount", "currency"):
                typed = (BY_HAND | {"transfer_id": "hand-1"} | wrong)[name]
                assert f'value="{typed}"' in refused.text, wrong
        done = sent(client, page, at, "hold", **BY_HAND, transfer_id="hand-1", safe_account="safe")
        assert done.status_code == 303, done.text
        begun = hold_of(desk, done.headers["location"].partition("?")[0].rpartition("/")[2])
        assert (begun.held_minor, begun.birth.account, begun.birth.safe_account) == (15_000_050, "by-hand-payee", True)
        assert (begun.birth.basis.value, begun.birth.reason, begun.birth.bank) == ("coercion", WHY, "fictional-bank")
        assert client.get(done.headers["location"]).status_code == 200
        assert sent(client, page, at, "hold", **BY_HAND, transfer_id="hand-1").status_code == 409
        assert client.post(f"{at}/hold", data=BY_HAND | {"version": "0"}).status_code == 403, "no proof it is ours"
    auditor = person(desk, Role.AUDITOR, participant="hand-auditor", kind=ParticipantKind.AUDITOR)
    with at_console(desk, auditor) as client:
        assert offered(client.get(at)) == []
