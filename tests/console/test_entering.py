"""Into the console and out of it, without any script: who may see what, and nothing typed is lost."""

import re

import pytest
from fastapi.routing import APIRoute

from antifraud.domain.center.people import Role
from antifraud.domain.center.rights import SCOPES_OF
from api.console.visitor import VisitorWith
from tests.api.signing_in import PASSWORD, add, browser
from tests.api.test_doors import KIND_OF, ROLES, ROUTES, doors_of
from tests.console.desk import at_console, end_sessions, held, person

PAGES = [(route, door) for route in ROUTES for door in doors_of(route) if isinstance(door, VisitorWith)]


def csrf_in(answer):
    return re.search(r'name="csrf" value="([^"]+)"', answer.text)[1]


def called(route, client, **more):
    path = re.sub(r"\{[^}]+\}", "00000000-0000-7000-8000-000000000000", route.path)
    (method,) = route.methods
    return client.request(method, path, **more)


def test_there_is_no_page_without_a_door():
    paths = {route.path for route, _ in PAGES}
    assert {"/console", "/console/assign", "/console/password"} <= paths
    assert all(isinstance(route, APIRoute) and not route.include_in_schema for route, _ in PAGES)


@pytest.mark.parametrize(("route", "door"), PAGES, ids=lambda each: getattr(each, "path", ""))
def test_nobody_sees_a_page_without_signing_in(desk, route, door):
    with browser(desk) as stranger:
        for cookie in ({}, {"Cookie": "antifraud=nonsense"}):
            answer = called(route, stranger, headers=cookie, data={} if route.methods == {"POST"} else None)
            if route.methods == {"GET"}:
                assert (answer.status_code, answer.headers["location"].startswith("/console/sign-in?to=")) == (
                    303,
                    True,
                )
            else:
                assert answer.status_code in (303, 401)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_sees_the_pages_that_the_table_says(desk, role):
    name = person(desk, role, participant=f"fictional-{role}", kind=KIND_OF[role])
    with at_console(desk, name) as client:
        token = csrf_in(client.get("/console/password"))
        for route, door in PAGES:
            if door.scope is None:
                continue
            answer = called(route, client, data={"csrf": token} if route.methods == {"POST"} else None)
            refused = answer.status_code == 403
            assert refused == (door.scope not in SCOPES_OF[role]), f"{route.path}: {answer.status_code}"
            if answer.headers.get("content-type", "").startswith("text/html"):
                assert answer.headers["content-security-policy"].startswith("default-src 'none'")
                assert answer.headers["cache-control"] == "no-store"


def test_a_form_without_the_token_of_its_session_does_nothing(desk):
    name = person(desk)
    with at_console(desk, name) as client, at_console(desk, person(desk)) as other:
        theirs = csrf_in(other.get("/console"))
        for route, _ in PAGES:
            if route.methods == {"POST"}:
                for data in ({}, {"csrf": ""}, {"csrf": theirs}):
                    answer = called(route, client, data=data)
                    assert (answer.status_code, "out of date" in answer.text) == (403, True), route.path


def test_one_signs_in_with_what_was_lent_and_chooses_a_password_of_ones_own(desk):
    name, lent = add(desk)
    with browser(desk) as client:
        client.headers["Accept-Language"] = "en"
        form = {"name": name, "password": lent, "to": "/console?view=mine"}
        wrong = client.post("/console/sign-in", data=form | {"password": "not this one, surely"})
        assert (wrong.status_code, "is wrong" in wrong.text, lent in wrong.text) == (401, True, False)
        assert client.post("/console/sign-in", data=form).headers["location"] == "/console?view=mine"
        assert client.get("/console").headers["location"] == "/console/password"
        token = csrf_in(client.get("/console/password"))
        easy = client.post("/console/password", data={"csrf": token, "old": lent, "new": "aaaaaaaaaaaaaa"})
        assert (easy.status_code, "12 characters" in easy.text) == (422, True)
        client.post("/console/password", data={"csrf": token, "old": lent, "new": PASSWORD})
        page = client.get("/console")
        assert page.status_code == 200
        out = client.post("/console/sign-out", data={"csrf": csrf_in(page)})
        assert out.headers["location"] == "/console/sign-in"
        assert client.get("/console").status_code == 303


def test_whoever_reads_no_cases_begins_where_he_has_something_and_a_refusal_is_no_dead_end(desk):
    for role, first, cases in (
        (Role.OPERATOR, "/console/deciding", 303),
        (Role.TELECOM_DESK, "/console/incidents", 403),
    ):
        name = person(desk, role, participant=f"fictional-{role}", kind=KIND_OF[role])
        with browser(desk) as client:
            signed_in = client.post("/console/sign-in", data={"name": name, "password": PASSWORD})
            assert signed_in.headers["location"] == first
            page = client.get(first)
            assert page.status_code == 200
            answer = client.get("/console")
            assert answer.status_code == cases
            if cases == 303:
                assert answer.headers["location"] == "/console/overview"
            else:
                assert f'href="{first}"' in answer.text
            left = client.post("/console/sign-out", data={"csrf": csrf_in(page)})
            assert left.headers["location"] == "/console/sign-in"


def test_nobody_is_sent_to_another_site_nor_signed_in_from_one(desk):
    name = person(desk)
    with browser(desk) as client:
        form = {"name": name, "password": PASSWORD, "to": "https://elsewhere.example/console"}
        from_elsewhere = client.post("/console/sign-in", data=form, headers={"Sec-Fetch-Site": "cross-site"})
        assert from_elsewhere.status_code == 403
        assert client.post("/console/sign-in", data=form).headers["location"] == "/console"


def test_a_session_that_ends_mid_form_loses_nothing_typed(desk):
    name, hold_id = person(desk), held(desk)
    with at_console(desk, name) as client:
        typed = {"csrf": csrf_in(client.get("/console")), "hold": f"{hold_id}@1", "reason": "Кто-то звонил — «срочно»"}
        end_sessions(desk, name)
        asked = client.post("/console/assign", data=typed)
        assert asked.status_code == 401
        kept = re.search(r'name="kept" value="([^"]+)"', asked.text)[1]
        wrong = client.post("/console/sign-in", data={"name": name, "password": "wrong", "kept": kept})
        assert kept in wrong.text
        stolen = {"name": name, "password": PASSWORD, "kept": kept}
        with browser(desk) as other:
            assert (
                "срочно"
                not in other.post("/console/sign-in", data=stolen, headers={"Cookie": "antifraud=another"}).text
            )
        again = client.post("/console/sign-in", data=stolen)
        assert "Кто-то звонил — «срочно»" in again.text
        sent = client.post("/console/assign", data=typed | {"csrf": csrf_in(again)})
        assert "given=1" in sent.headers["location"]


def test_the_language_follows_the_browser_until_somebody_chooses(desk):
    with browser(desk) as client:
        for accepted, code in (("kk-KZ,ru;q=0.5", "kk"), ("ru", "ru"), ("en-GB", "en"), ("de", "kk"), ("", "kk")):
            page = client.get("/console/sign-in", headers={"Accept-Language": accepted})
            assert f'<html lang="{code}">' in page.text
        client.post("/console/language", data={"language": "ru", "to": "/console/sign-in"})
        assert '<html lang="ru">' in client.get("/console/sign-in", headers={"Accept-Language": "en"}).text


def test_what_goes_wrong_is_a_page_too(desk):
    with at_console(desk, person(desk)) as client:
        for path, status in (("/console/nothing", 404), ("/console?order=x", 422), ("/console?after=x", 422)):
            answer = client.get(path)
            assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
        big = client.post("/console/assign", data={"csrf": "x" * 70_000})
        assert big.status_code == 413
