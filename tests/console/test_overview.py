"""The numbers of a desk and the pages of persons, phones and devices, as they are shown and to whom."""

import re
import time
from functools import partial

from antifraud.domain.center.people import ParticipantKind, Role
from antifraud.workflow.center.ports import Listening
from tests.console.desk import NASTY, at_console, book_of, held, person

IIN = "001399500016"


def test_the_overview_counts_what_waits_and_says_of_whom(desk):
    held(desk, payer="seen-1", payee="seen-2", amount_minor=5_000_000)
    with at_console(desk, person(desk, Role.BANK_OFFICER)) as client:
        page = client.get("/console/overview")
        assert page.status_code == 200, page.text
        for shown in ("fictional-bank", "Nobody", "data-live", 'class="chart"', "Waits now"):
            assert shown in page.text
        assert "style=" not in page.text
    for language in ("kk", "ru"):
        with at_console(desk, person(desk), language) as client:
            assert client.get("/console/overview").status_code == 200


def test_whoever_has_no_queue_lands_on_the_numbers_and_sees_no_names(desk):
    held(desk)
    operator = person(desk, Role.OPERATOR, participant="fictional-operator", kind=ParticipantKind.OPERATOR)
    with at_console(desk, operator) as client:
        arrived = client.get("/console", follow_redirects=True)
        assert str(arrived.url).endswith("/console/overview")
        assert "Nobody" not in arrived.text, "who works on what is the bank's own"
        assert 'href="/console"' not in re.search(r"<nav.*?</nav>", arrived.text, re.DOTALL)[0]
        assert client.get("/console/search").status_code == 403
    for role, participant, kind in (
        (Role.INVESTIGATOR, "fictional-police", ParticipantKind.POLICE),
        (Role.TELECOM_DESK, "fictional-telecom", ParticipantKind.MOBILE_OPERATOR),
    ):
        with at_console(desk, person(desk, role, participant=participant, kind=kind)) as client:
            assert client.get("/console/overview").status_code == 403


def test_a_shared_device_is_found_shown_and_noted_and_a_person_is_never_spelt_out(desk):
    for payer in ("on-one", "on-two"):
        held(desk, payer=payer, payee="of-both", device_id="device-shared", payer_iin_bin=IIN)
    name = person(desk)
    with at_console(desk, name) as client:
        found = client.get("/console/search", params={"q": "device-shared"}).text
        assert 'href="/console/entities/device/device-shared"' in found
        page = client.get("/console/entities/device/device-shared").text
        assert "/console/accounts/on-one" in page
        assert "/console/accounts/on-two" in page
        named = client.get("/console/search", params={"q": IIN}).text
        address = re.search(r'href="(/console/entities/person/[0-9a-f]{64})"', named)[1]
        whose = client.get(address).text
        assert "/console/accounts/on-one" in whose
        assert IIN not in whose
        assert "/console/entities/device/device-shared" in client.get("/console/accounts/on-one").text
        for strange in ("device/never-seen", "person/" + "0" * 64):
            assert client.get("/console/entities/" + strange).status_code == 404
        assert client.get("/console/entities/account/on-one").status_code == 422
        assert NASTY not in client.get("/console/entities/device/" + re.sub("/", "", NASTY)).text
    other = person(desk, Role.BANK_ANALYST, participant="another-bank", kind=ParticipantKind.BANK)
    with at_console(desk, other) as client:
        assert client.get("/console/entities/device/device-shared").status_code == 404
        assert client.get(address).status_code == 404
    with book_of(desk) as book:
        asked = Listening(readers=None, after=0, names=("membership.looked",), limit=1_000)
        looked = book.read_now(partial(_told, asked=asked))
    keys = {key for act in looked if act.by.person == name for key in act.keys}
    assert {"device:device-shared", "person:" + address.rpartition("/")[2]} <= keys


def _told(page, asked):
    return [each.written.act for each in page.told(asked)]


def test_numbers_are_renewed_on_the_open_page(desk, chromium):
    name = person(desk, Role.BANK_OFFICER)
    with chromium.new_context(base_url=str(desk.base_url), locale="en") as browser:
        with at_console(desk, name) as client:
            token = client.cookies["antifraud"]
        browser.add_cookies([{"name": "antifraud", "value": token, "url": str(desk.base_url)}])
        page = browser.new_page()
        page.clock.install(time=time.time())
        page.goto("/console/overview")
        total = page.locator("tr.total td").last
        before = total.inner_text() if total.count() else "0"
        held(desk, payer="renewed")
        page.clock.run_for(11_000)
        total = "[...document.querySelectorAll('tr.total td')].at(-1)?.innerText"
        page.wait_for_function(f"before => Number({total}) > Number(before)", arg=before)
