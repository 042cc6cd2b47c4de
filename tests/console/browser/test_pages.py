"""Every page that the router names, in a real browser: for everybody's eyes, and harmless whatever it shows."""

from collections import defaultdict
from html import unescape

import pytest
from axe_playwright_python.sync_playwright import Axe

from antifraud.domain.center.people import Role
from tests.console.browser.seat import DESKTOP, PHONE, seat
from tests.console.browser.world import MARK, PAGES, Page, build
from tests.console.desk import at_console, running_desk

NOT_PAGES = {"/console/counts": "numbers for a page that is open"}
NO_CASES = {Role.OPERATOR, Role.TELECOM_DESK, Role.BUREAU_FEED}
ENDED = defaultdict(tuple, {role: ("/console/accounts/{account}",) for role in (Role.INVESTIGATOR, Role.PROSECUTOR)})
"""Police and prosecution see an account's movements only while their incident follows money there."""
ACTIVE = """() => [...document.querySelectorAll("*")].flatMap((each) => [
  ...(["SCRIPT", "IFRAME", "OBJECT", "EMBED", "BASE", "STYLE"].includes(each.tagName)
    && !(each.getAttribute("src") || "").startsWith("/console/static/console.js") ? [each.outerHTML] : []),
  ...[...each.attributes].filter((at) => at.name.startsWith("on") || at.name === "style" || at.name === "srcdoc"
    || /^\\s*javascript:/i.test(at.value) && ["href", "src", "action", "formaction"].includes(at.name)
    || at.name === "src" && !at.value.startsWith("/console/static/")).map((at) => `${at.name}=${at.value}`),
])"""
UNREACHED = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
  .filter((each) => each.checkVisibility() && each.tabIndex < 0).map((each) => each.outerHTML)"""
"""What can be used with a pointer, and not with the keyboard."""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A server with frauds at every stage; the people who look, and what each found."""
    folder = tmp_path_factory.mktemp("world")
    with running_desk(folder) as server:
        built = build(server, folder)
        yield built, built.found()


def shown(found, most=2):
    """Return the pages to look at in a browser: of each kind a few, each for another role or in another view."""
    of_route = defaultdict(list)
    for page in found:
        of_route[page.route].append(page)
    for pages in of_route.values():
        roles = {page.role: page for page in reversed(pages)}
        yield from list(dict.fromkeys([*roles.values(), *pages]))[:most]


def test_every_page_is_found_by_following_links_and_no_link_leads_where_one_may_not_go(world):
    built, found = world
    assert set(PAGES) - {page.route for page in found} - set(NOT_PAGES) == {"/console/sign-in"}
    refused = [page for page in found if page.status != 200 and page.route not in ENDED[page.role]]
    assert {page.role for page in refused} == NO_CASES
    assert all(page.address in built.firsts for page in refused), refused


def test_every_page_is_accessible_fits_and_runs_nothing_that_people_wrote(world, chromium):
    built, found = world
    server, people = built.server, built.people
    axe, problems, hostile = Axe(), [], 0
    by_role = defaultdict(list)
    for page in shown(found):
        by_role[page.role].append(page)
    some = next(iter(people))
    by_role[some].append(Page(some, "404", "/console/nothing", 404))
    for role, pages in by_role.items():
        with seat(chromium, server, people[role], "kk") as at:
            for page in pages:
                at.go(page.address)
                where = f"{page.address} as {role}"
                problems += [f"{where}: {each}" for each in looked_at(at, axe)]
                hostile += MARK in at.text()
            problems += [f"{role}: {each}" for each in at.troubles]
    with seat(chromium, server) as at:
        at.go("/console/sign-in")
        problems += [f"sign-in: {each}" for each in looked_at(at, axe)] + at.troubles
    assert problems == []
    assert hostile >= 3, "what strangers wrote is on these pages, as text"
    assert "antifraud_console_csp_reports 0" in server.get("/metrics").text.replace("_total", "")


def looked_at(at, axe):
    """Yield what is wrong with a page, light on a desk and dark on a phone; and what is active on it."""
    tab = at.tab
    for scheme, size in (("light", DESKTOP), ("dark", PHONE)):  # colours know no size, and sizes no colours
        tab.emulate_media(color_scheme=scheme)
        tab.set_viewport_size(size)
        for found in axe.run(tab, options={"rules": {"target-size": {"enabled": True}}}).response["violations"]:
            if found["impact"] in ("serious", "critical"):
                nodes = [node["html"][:120] for node in found["nodes"][:3]]
                yield f"{found['id']} in {scheme} at {size['width']}: {nodes}"
        wide = tab.evaluate("document.documentElement.scrollWidth")
        if wide > size["width"]:
            yield f"is {wide} wide at {size['width']}"
    for each in tab.evaluate(ACTIVE):
        yield f"holds {each}"
    for each in tab.evaluate(UNREACHED):
        yield f"cannot be reached with the keyboard: {each}"
    if not tab.title() or tab.locator("h1").count() != 1:
        yield f"has the title {tab.title()!r} and {tab.locator('h1').count()} first headings"
    tab.set_viewport_size(DESKTOP)


def test_a_bank_that_is_not_concerned_sees_nothing_of_it_wherever_it_goes(world):
    built, found = world
    with at_console(built.server, built.outsider) as client:
        for page in found:
            answer = client.get(page.address)
            assert answer.status_code in (200, 403, 404, 422), page.address
            asked = page.address.partition("q=")[2] or page.address  # what he typed himself is shown to him
            assert "fictional-victim" not in unescape(answer.text).replace(asked, ""), page.address
