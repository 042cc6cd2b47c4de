"""A world for pages: frauds between banks, people of every role, and hostile text wherever one may write."""

import itertools
import re
from dataclasses import dataclass, replace

from rich.console import Console

from antifraud.domain.center.people import ParticipantKind, Role
from api.clock import utc_now
from api.commands.story import BANKS, POLICE, PROSECUTION, Story, make_keys
from features.catalogue import CATALOGUE
from models.deciding import lineup_desk
from models.lineup import state_of
from tests.api import making
from tests.api.test_doors import ROUTES
from tests.console.desk import at_console, person

MARK = "typed-by-a-stranger"
PAYLOADS = itertools.cycle(
    [
        f"<script>alert('{MARK}')</script>",
        f"\"'><img src=x onerror=\"alert('{MARK}')\">",
        f"</textarea></title></style><svg onload=alert('{MARK}')>",
        f"javascript:alert('{MARK}')",
        f"{{{{ 7 * 191 }}}} {{% raw %}} ${{alert('{MARK}')}} {MARK}",
        f'<a href="javascript:alert(\'{MARK}\')" style="position:fixed;inset:0">{MARK}</a>',
        f"\u202e&lt;iframe srcdoc=\"<script>alert('{MARK}')</script>\"></iframe> %s %(num)s",
    ]
)
DEVICE = "fictional-device"
FREE = ("reason", "ground", "document")
OUTSIDER = "story-bank-outside"
WHERE = {
    Role.BANK_ANALYST: (BANKS[0], ParticipantKind.BANK),
    Role.BANK_OFFICER: (BANKS[1], ParticipantKind.BANK),
    Role.INVESTIGATOR: (POLICE, ParticipantKind.POLICE),
    Role.PROSECUTOR: (PROSECUTION, ParticipantKind.PROSECUTION),
    Role.TELECOM_DESK: ("story-telecom", ParticipantKind.MOBILE_OPERATOR),
    Role.BUREAU_FEED: ("story-bureau", ParticipantKind.CREDIT_BUREAU),
    Role.OPERATOR: ("story-operator", ParticipantKind.OPERATOR),
    Role.AUDITOR: ("story-auditor", ParticipantKind.AUDITOR),
}


class Hostile(Story):
    """The story, told by people who write into every field what would run if it were not taken for text."""

    def post(self, who, path, body, status):
        written = {name: next(PAYLOADS) if name in FREE else value for name, value in body.items()}
        if path == "/v1/decisions":
            written["device_id"] = DEVICE
        return super().post(who, path, written, status)


@dataclass(frozen=True)
class Page:
    """A page that somebody found by following links; `route` is its pattern, `status` what he got."""

    role: Role
    route: str
    address: str
    status: int


def build(server, folder):
    """Fill a running server that holds everything."""
    keys = make_keys(server.database)
    while any(server.get("/v1/feed", headers={"X-Api-Key": key}).status_code == 401 for key in keys.values()):
        pass  # it looks for new keys twice a second
    Hostile(Console(quiet=True), str(server.base_url), keys).tell()
    going_on = Hostile(Console(quiet=True), str(server.base_url), keys)
    going_on.report(going_on.steal())
    advert = {"kind": "link", "value": next(PAYLOADS), "source": next(PAYLOADS), "confidence": 0.9}
    for found in (advert, advert | {"kind": "account", "value": going_on._mule}):
        said = found | {"fraud_type": "investment", "seen_at": "2026-03-01T12:00:00Z"}
        going_on.post(BANKS[0], "/v1/indicators", said, 201)
    for number in range(3):
        going_on._transfer(BANKS[0], f"fictional-victim-{number}", going_on._mule, 10_000_000 * (number + 1), BANKS[1])
    going_on.close()
    desk = lineup_desk(folder / "shelf", CATALOGUE)
    other = making.bundle(trees=2, seed=1)
    other.write(folder / "shelf")
    choice = replace(state_of(folder / "shelf").lineup.choice, champion=other.version)
    desk.propose(choice, by="Fictional Stranger", why=next(PAYLOADS), at=utc_now())
    people = {role: person(server, role, participant=where, kind=kind) for role, (where, kind) in WHERE.items()}
    return World(server, people, person(server, Role.BANK_OFFICER, participant=OUTSIDER), going_on._victim)


@dataclass(frozen=True)
class World:
    """A server, who signs in for each role and for a bank that is not concerned, and an account to search for."""

    server: object
    people: dict
    outsider: str
    victim: str

    @property
    def firsts(self):
        """Where everybody begins: some may read no cases, and are told so."""
        return ["/console", *(f"/console/search?q={each}" for each in (self.victim, DEVICE))]

    def found(self):
        """Return the pages that people find, each following links."""
        return [page for role, name in self.people.items() for page in explore(self.server, role, name, self.firsts)]


PAGES = {
    route.path: route
    for route in ROUTES
    if route.path.startswith("/console") and "GET" in route.methods and "/static/" not in route.path
}


def route_of(address):
    """Return the pattern of the page that an address opens, None for no page of the console."""
    path = address.partition("?")[0]
    return next((pattern for pattern, route in PAGES.items() if route.path_regex.match(path)), None)


def explore(server, role, name, firsts, most=5):
    """Follow every link from a page, as somebody would; at most so many pages of one kind and fields of a query."""
    seen, found, waiting, kinds = set(), [], list(firsts), {}
    with at_console(server, name) as client:
        while waiting:
            address = waiting.pop(0)
            route = route_of(address)
            views = tuple(re.findall(r"[?&](\w+)=", address))
            if route is None or address in seen or kinds.get((route, views), 0) >= most:
                continue
            seen.add(address)
            kinds[route, views] = kinds.get((route, views), 0) + 1
            answer = client.get(address)
            if not answer.headers.get("content-type", "").startswith("text/html"):
                continue
            found.append(Page(role, route, address, answer.status_code))
            waiting += [each.replace("&amp;", "&") for each in re.findall(r'href="(/console[^"#]*)"', answer.text)]
    return found
