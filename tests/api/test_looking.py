"""Whoever opens a person's data is noted: at every route that is marked so, and none forgets to say what it shows."""

import re
from types import SimpleNamespace

import httpx
import pytest

from antifraud.domain.center.act import Looked
from antifraud.domain.center.people import ParticipantKind, Role
from antifraud.domain.center.person import Person
from api.clock import utc_now
from api.console.visitor import VisitorWith
from api.looking import PERSONAL
from api.routes.access import CallerWith
from tests.api.making import MADE_AT
from tests.api.signing_in import NUMBER, people_of, registered
from tests.api.test_doors import ROUTES, doors_of
from tests.api.test_incidents import WHY, passed, read, said, told, two_hops

OVERVIEWS = {
    "listHolds", "listIncidents", "listInquiries", "listReturns", "listCoolingOffs",
    "/console", "/console/incidents", "/console/inquiries", "/console/returns", "/console/lists",
    "/console/indicators",
}  # fmt: skip
SHOWS_NOBODY = {
    "listWebhooks": "addresses of one's own",
    "getWebhook": "addresses of one's own",
    "listDeliveries": "numbers of acts and what receivers answered",
    "listPeople": "colleagues, for those who administer them",
    "listKeys": "keys of one's own",
    "listParticipants": "organisations",
    "/console/counts": "numbers",
    "/console/overview": "numbers",
    "/console/deciding": "models and their figures",
    "/console/password": "a form",
}
QUERIES = {
    "search": {"q": "mule"},
    "/console/search": {"q": "mule"},
    "findListed": {"kind": "account", "value": "mule"},
    "listInquiries": {"status": "answered_full"},
    "/console/inquiries": {"view": "done"},
    "/console/lists": {"view": "standing"},
}
IIN = "001399500016"  # of nobody: month 13


def name_of(route):
    return route.operation_id or route.path


def shows_people(route):
    return route.endpoint in PERSONAL


READS = [
    route
    for route in ROUTES
    if route.methods & {"GET"} and any(isinstance(door, (CallerWith, VisitorWith)) for door in doors_of(route))
]
OPENED = sorted((route for route in READS if shows_people(route)), key=name_of)


def test_every_route_that_is_read_says_whether_it_opens_people_s_data():
    silent = {name_of(route) for route in READS if not shows_people(route)}
    assert silent == OVERVIEWS | set(SHOWS_NOBODY)
    assert not {name_of(route) for route in OPENED} & (OVERVIEWS | set(SHOWS_NOBODY))


async def a_case(who):
    """Let one fraud leave something of every kind; return what the parameters of paths stand for."""
    incident = await two_hops(who)
    await passed(who["analyst"], 3, "victim", "shop", 1_000, device_id="device-1")
    at = f"/v1/incidents/{incident['life_id']}"
    _, asked = await read(who["other"], "/v1/inquiries")
    inquiries = {each["account"]: each["life_id"] for each in asked["items"]}
    holds = {}
    for account, amount in (("mule", 600_000), ("second-mule", 400_000)):
        place = f"/v1/inquiries/{inquiries[account]}/answer"
        _, answer = await said(who["other"], place, {**WHY, "held_minor": amount})
        (holds[account],) = answer["hold_ids"]
    await said(who["police"], f"{at}/lead")
    await said(who["police"], f"{at}/review")
    parts = [
        {"hold_id": holds["mule"], "amount_minor": 600_000},
        {"hold_id": holds["second-mule"], "amount_minor": 400_000},
    ]
    await said(who["police"], f"{at}/confirm", {**WHY, "parts": parts})
    orders = {}
    for account, part in zip(holds, parts, strict=True):
        draft = {**WHY, **part, "prosecution": "fictional-prosecution"}
        status, order = await said(who["police"], f"{at}/returns", draft)
        assert status == 201, order
        orders[account] = order["life_id"]
    paid = f"/v1/returns/{orders['mule']}"  # the other one waits, and its money is held
    await said(who["prosecutor"], f"{paid}/sanction", {**WHY, "document": "S-1"})
    assert (await said(who["other"], f"{paid}/execute", {**WHY, "payment": "back-1"}))[0] == 200
    listed = {"kind": "account", "value": "mule", "ground": "a fictional article"}
    _, entry = await said(who["police"], "/v1/lists", listed)
    advert = {
        "kind": "account", "value": "advert", "source": "a fictional monitor", "confidence": 0.9,
        "fraud_type": "investment", "seen_at": "2026-03-01T12:00:00Z",
    }  # fmt: skip
    status, spotted = await said(who["police"], "/v1/indicators", advert)
    assert status == 201, spotted
    loan = {"loan_id": "l1", "iin": IIN, "kind": "loan", "amount_minor": 1_000, "currency": "KZT"}
    status, pause = await said(who["analyst"], "/v1/cooling-offs", loan)
    assert status == 201, pause
    return {
        "incident_id": incident["life_id"], "inquiry_id": inquiries["mule"], "hold_id": holds["second-mule"],
        "return_id": orders["mule"], "entry_id": entry["life_id"], "cooling_off_id": pause["life_id"],
        "indicator_id": spotted["life_id"],
        "account": "second-mule", "transfer_id": "t1", "kind": "device", "ident": "device-1",
    }  # fmt: skip


class Somebody:
    """A person who signed in, for one look."""

    def __init__(self, who, database, role, participant, kind):
        server = SimpleNamespace(database=database)
        registered(server, participant, kind)
        person = Person(
            name=f"looker-{next(NUMBER)}", full_name="Fictional", participant=participant,
            roles=frozenset({role}), created_at=MADE_AT,
        )  # fmt: skip
        with people_of(server) as people:
            people.register.add(person, None)
            token = people.sessions.begin(person.name, role, utc_now())
        self.name, self._center = person.name, who["analyst"].engine.center
        self.client = httpx.AsyncClient(
            transport=who["analyst"]._transport, base_url="http://engine", cookies={"antifraud": token}
        )

    async def looks(self, route, values):
        """Open a route; return the status, and what was noted about it."""
        path = re.sub(r"\{(\w+)\}", lambda found: values[found[1]], route.path)
        answer = await self.client.get(path, params=QUERIES.get(name_of(route)))
        await self.client.aclose()
        acts = await self._center.read(lambda page: page.acts_after(0, 100_000))
        mine = [each.act for each in acts if isinstance(each.act, Looked) and each.act.by.person == self.name]
        return answer.status_code, [(each.what, each.keys) for each in mine]


@pytest.fixture(scope="module")
def noted(tmp_path_factory):
    """For each route, what an auditor and two banks' analysts got, and what was noted of it."""
    folder = tmp_path_factory.mktemp("looking")
    people = {
        "auditor": (Role.AUDITOR, "fictional-auditor", ParticipantKind.AUDITOR),
        "analyst": (Role.BANK_ANALYST, "fictional-bank", ParticipantKind.BANK),
        "other": (Role.BANK_ANALYST, "other-bank", ParticipantKind.BANK),
    }

    async def story(who):
        database = f"sqlite:///{folder}/engine.db"
        values = await a_case(who)
        found = {}
        for route in READS:
            if shows_people(route) or name_of(route) in OVERVIEWS:
                for name, each in people.items():
                    found[name_of(route), name] = await Somebody(who, database, *each).looks(route, values)
        return values, found

    return told(story, folder)


@pytest.mark.parametrize("route", OPENED, ids=name_of)
def test_opening_a_person_s_data_is_an_act(noted, route):
    values, found = noted
    got = {name: found[name_of(route), name] for name in ("auditor", "analyst", "other")}
    opened = {name: acts for name, (status, acts) in got.items() if status == httpx.codes.OK}
    assert opened, got
    first = opened.get("auditor") or opened.get("other") or opened["analyst"]
    ((what, keys),) = first
    assert what
    asked_for = [values[name] for name in re.findall(r"\{(\w+)\}", route.path)]
    assert all(any(each in key for key in keys) for each in asked_for), (keys, asked_for)
    for status, acts in got.values():
        assert status == httpx.codes.OK or acts == [], "what was refused was not seen"


@pytest.mark.parametrize("name", sorted(OVERVIEWS))
def test_an_overview_of_one_s_own_is_no_access_and_one_of_others_is(noted, name):
    _, found = noted
    assert [found[name, bank] for bank in ("analyst", "other")] == [(200, [])] * 2
    status, acts = found[name, "auditor"]
    assert status == httpx.codes.OK
    assert len(acts) == 1
