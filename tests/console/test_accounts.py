"""Pages of accounts and the box that finds them: harmless whatever is typed, and nothing of others on them."""

from functools import partial
from urllib.parse import quote

from antifraud.domain.center.people import ParticipantKind, Role
from antifraud.workflow.center.ports import Listening
from tests.console.desk import NASTY, at_console, book_of, held, person


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
