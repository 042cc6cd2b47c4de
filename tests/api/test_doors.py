"""Every role at every route, read off the router itself: nobody gets in who should not, and no route forgets to ask."""

import asyncio
import itertools
import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import update

from antifraud.domain.center.people import ROLES_OF, ParticipantKind, Role
from antifraud.domain.center.person import Person
from antifraud.domain.center.rights import SCOPES_OF, Scope
from antifraud.store import open_store
from antifraud.store.schema import api_keys
from api.app import create_app
from api.clock import utc_now
from api.console.visitor import VisitorWith
from api.routes.access import CallerWith, Public, own_session
from tests.api.inside import running
from tests.api.making import MADE_AT, body
from tests.api.signing_in import add, at_work, browser, people_of, registered

ROLES = sorted(set(Role) - {Role.PLATFORM})
KIND_OF = {role: next(kind for kind in ParticipantKind if role in ROLES_OF[kind]) for role in ROLES}
NOT_FASTAPI = {"/openapi.json": "the contract itself: whoever integrates reads it before he has a key"}
APP = create_app(lambda: None)
NUMBER = itertools.count(1)


def named(each):
    return getattr(each, "operation_id", str(each))


def routes_of(app):
    """Return the routes of an application, however its routers are nested."""
    found, waiting = [], list(app.routes)
    while waiting:
        route = waiting.pop()
        inner = getattr(route, "original_router", None) or getattr(route, "app", None)
        if isinstance(route, APIRoute) or not hasattr(inner, "routes"):
            found.append(route)
        else:
            waiting.extend(inner.routes)
    return found


def doors_of(route):
    """Return what a route asks of who calls: all the dependencies that say so."""
    found, waiting = [], [route.dependant]
    while waiting:
        dependant = waiting.pop()
        waiting.extend(dependant.dependencies)
        if isinstance(dependant.call, (CallerWith, Public, VisitorWith)) or dependant.call is own_session:
            found.append(dependant.call)
    return found


def undeclared(app):
    """Return the routes that do not say, exactly once, whom they let in."""
    return [
        route.path
        for route in routes_of(app)
        if (len(set(map(id, doors_of(route)))) != 1 if isinstance(route, APIRoute) else route.path not in NOT_FASTAPI)
    ]


ROUTES = [route for route in routes_of(APP) if isinstance(route, APIRoute)]
DOORS = [(route, door) for route in ROUTES for door in doors_of(route)]
SCOPED = [(route, door.scope) for route, door in DOORS if isinstance(door, CallerWith)]
SESSION = [route for route, door in DOORS if door is own_session]
PUBLIC = [door for _, door in DOORS if isinstance(door, Public)]


def ask(client, route, **headers):
    """Call a route about things that do not exist, with a body that says nothing."""
    path = re.sub(r"\{[^}]+\}", "000000000000", route.path)
    (method,) = route.methods
    return client.request(method, path, json=None if method == "GET" else {}, headers=headers)


def key(token):
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def stranger(server):
    """A client that brings nothing."""
    with browser(server) as client:
        yield client


@dataclass(frozen=True)
class Tokens:
    """Keys: of each role with all that it may have, and for each scope one without it, and those that open nothing."""

    whole: dict
    without: dict
    expired: dict
    revoked: dict
    by_hand: str


@pytest.fixture(scope="module")
def tokens(server, stranger):
    """Make all keys at once, and wait until the server has heard of them."""
    one = {scope: next(role for role in ROLES if scope in SCOPES_OF[role]) for scope in Scope}
    over = MADE_AT + timedelta(seconds=1)
    for role in ROLES:
        registered(server, f"fictional-{role}", KIND_OF[role])
    with open_store(server.database, recording=False) as store:

        def made(role, scopes=None, expires_at=None):
            return store.keys.create(f"fictional-{role}", scopes, "", MADE_AT, expires_at, role)

        revoked = {scope: made(one[scope], [scope]) for scope in Scope}
        by_hand = made(Role.OPERATOR)
        for each in revoked.values():
            store.keys.revoke(each.key.key_id, over)
        with store.engine.begin() as connection:
            mine = api_keys.c.key_id == by_hand.key.key_id
            connection.execute(update(api_keys).where(mine).values(scopes=" ".join(Scope)))
        every = Tokens(
            without={scope: made(one[scope], SCOPES_OF[one[scope]] - {scope}).token for scope in Scope},
            expired={scope: made(one[scope], [scope], over).token for scope in Scope},
            revoked={scope: new.token for scope, new in revoked.items()},
            by_hand=by_hand.token,
            whole={role: made(role, SCOPES_OF[role]).token for role in ROLES},
        )
    last = key(every.whole[ROLES[-1]])
    while stranger.get("/v1/keys", headers=last).status_code == 401:  # it looks again twice a second
        pass
    return every


@pytest.fixture(scope="module")
def sessions(server, tokens):
    """A session of an administrator in each role, with its CSRF token."""
    now = utc_now()
    with people_of(server) as people:
        made = {}
        for role in ROLES:
            name = f"session-{role.value.replace('_', '-')}"
            person = Person(
                name=name,
                full_name="Fictional",
                participant=f"fictional-{role}",
                roles=frozenset({role}),
                administers=True,
                created_at=now,
            )
            people.register.add(person, None)
            token = people.sessions.begin(name, role, now)
            csrf = people.sessions.find(token, now).csrf
            made[role] = {"Cookie": f"antifraud={token}", "X-CSRF-Token": csrf}
        return made


def test_every_route_says_whom_it_lets_in():
    assert undeclared(APP) == []
    assert len(SCOPED) > 10
    assert {scope for _, scope in SCOPED} >= {Scope.WRITE_DECISIONS, Scope.WRITE_REPORTS, Scope.WRITE_KEYS}
    assert all(len(door.reason) > 20 for door in PUBLIC)


def test_a_route_that_forgets_to_ask_is_noticed_however_it_is_nested():
    app, inner, outer = FastAPI(openapi_url=None, docs_url=None, redoc_url=None), APIRouter(), APIRouter()
    inner.add_api_route("/v1/forgotten", lambda: None)
    outer.include_router(inner)
    app.include_router(outer)
    app.mount("/v1/mounted", FastAPI(openapi_url=None, docs_url=None, redoc_url=None))
    app.add_route("/v1/plain", lambda request: None)
    found = undeclared(app)
    assert any("forgotten" in path for path in found)
    assert "/v1/plain" in found


def test_what_plain_asgi_serves_is_declared_too(tmp_path):
    async def paths():
        async with running(tmp_path) as client:
            return set(client.app.posts)

    posted = {route.path for route, _ in SCOPED if "POST" in route.methods}
    served = asyncio.run(paths())
    assert served
    assert served <= posted


def test_what_is_asked_for_and_refused_is_documented():
    operations = APP.openapi()["paths"]
    for route, _ in SCOPED:
        for method in route.methods:
            operation = operations[route.path][method.lower()]
            assert operation["security"], route.path
            assert {"401", "403"} <= operation["responses"].keys(), route.path
    for route in SESSION:
        for method in route.methods:
            assert operations[route.path][method.lower()]["security"] == [{"Session": []}], route.path


@pytest.mark.parametrize(("route", "scope"), SCOPED, ids=named)
def test_each_role_at_each_route_gets_in_or_is_refused_as_the_table_says(
    server, stranger, tokens, sessions, route, scope
):
    for role in ROLES:
        for by in (key(tokens.whole[role]), sessions[role]):
            answer = ask(stranger, route, **by)
            refused = answer.status_code == 403 and "scope" in answer.json()["detail"]
            assert refused == (scope not in SCOPES_OF[role]), f"{role}: {answer.status_code} {answer.text}"
            assert answer.status_code != 401


@pytest.mark.parametrize("route", [*(route for route, _ in SCOPED), *SESSION], ids=lambda each: each.operation_id)
def test_whoever_brings_nothing_or_nothing_good_is_unknown(stranger, tokens, sessions, route):
    good = tokens.whole[Role.BANK_OFFICER]
    cookie = sessions[Role.BANK_OFFICER]["Cookie"]
    for by in (
        {},
        {"Authorization": "Bearer"},
        key("afk_nobody"),
        key(good[:-1]),
        key(good.upper()),
        {"X-Api-Key": "afk_nobody"},
        {"Authorization": f"Basic {good}"},
        {"Cookie": "antifraud="},
        {"Cookie": cookie[:-1]},
        {"Cookie": f"__Host-{cookie}"},
    ):
        answer = ask(stranger, route, **by)
        assert (answer.status_code, answer.json()["type"]) == (401, "urn:antifraud:problem:not-authenticated")
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(("route", "scope"), SCOPED, ids=named)
def test_a_key_opens_only_the_scopes_it_was_made_with(stranger, tokens, route, scope):
    answer = ask(stranger, route, **key(tokens.without[scope]))
    assert answer.status_code == 403
    assert scope.value in answer.json()["detail"]


@pytest.mark.parametrize(("route", "scope"), SCOPED, ids=named)
def test_a_key_that_ran_out_or_was_revoked_is_unknown_everywhere(stranger, tokens, route, scope):
    for token, why in ((tokens.expired[scope], "has expired"), (tokens.revoked[scope], "was revoked")):
        answer = ask(stranger, route, **key(token))
        assert (answer.status_code, why in answer.json()["detail"]) == (401, True)


def test_a_session_that_brings_no_token_changes_nothing_anywhere(stranger, sessions):
    for route, scope in SCOPED:
        role = next(role for role in ROLES if scope in SCOPES_OF[role])
        answer = ask(stranger, route, Cookie=sessions[role]["Cookie"])
        if route.methods & {"GET"}:
            assert answer.status_code not in (401, 403)
        else:
            assert (answer.status_code, "CSRF" in answer.json()["detail"]) == (403, True)


def test_a_scope_written_into_the_register_by_hand_opens_nothing_that_the_role_may_not(stranger, tokens):
    for route, scope in SCOPED:
        answer = ask(stranger, route, **key(tokens.by_hand))
        assert (answer.status_code == 403) == (scope not in SCOPES_OF[Role.OPERATOR]), route.path


def test_the_register_of_another_participant_is_as_if_it_were_not(server):
    bank = {"administers": True, "participant": "fictional-bank"}
    other = registered(server, "fictional-other", ParticipantKind.BANK)
    transfer = body(f"doors-{next(NUMBER)}")
    server.post("/v1/decisions", json=transfer)
    somebody, _ = add(server)
    with (
        at_work(server, Role.BANK_OFFICER, **bank) as mine,
        at_work(server, Role.BANK_OFFICER, administers=True, participant=other) as theirs,
    ):
        made = mine.post("/v1/keys", json={"scopes": ["decisions:read"]}).json()["key_id"]
        for method, path, sent in (
            ("GET", f"/v1/decisions/{transfer['transfer_id']}", None),
            ("POST", f"/v1/keys/{made}/rotate", {}),
            ("POST", f"/v1/keys/{made}/revoke", None),
            ("POST", f"/v1/people/{somebody}/disable", None),
        ):
            assert theirs.request(method, path, json=sent).status_code == 404
            assert mine.request(method, path, json=sent).status_code in (200, 201)
        assert made not in {each["key_id"] for each in theirs.get("/v1/keys").json()}
        assert all(each["participant"] == other for each in theirs.get("/v1/keys").json())
