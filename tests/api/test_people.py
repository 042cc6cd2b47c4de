"""People sign in, work in a role, and are gone when they should be; nothing of it is unwritten."""

import asyncio
import time

import pyotp
import pytest
from starlette.responses import Response

from antifraud.domain.center.people import ParticipantKind, Role
from antifraud.domain.center.person import WITH_A_PERSON, WITH_AN_ADDRESS
from api.clock import utc_now
from api.commands.offices import offices
from api.people.cookies import Cookie
from tests.api.inside import running
from tests.api.signing_in import (
    PASSWORD,
    acts_about,
    add,
    at_work,
    browser,
    change_password,
    journal,
    people_of,
    registered,
    sign_in,
)

WRONG = "wrong, and long enough"


def test_a_lent_password_opens_nothing_but_the_choice_of_another(server):
    name, lent = add(server, administers=True, participant="fictional-bank")
    with browser(server) as client:
        said = sign_in(client, name, lent).json()
        assert (said["must_change"], said["scopes"]) == (True, [])
        for refused in (
            client.get("/v1/decisions/none"),
            client.post("/v1/session/role", json={"role": "bank_analyst"}),
        ):
            assert refused.status_code == 403
            assert "choose a password" in refused.json()["detail"]
        assert change_password(client, lent, lent).status_code == 422
        said = change_password(client, lent).json()
        assert (said["must_change"], said["role"], said["participant"]) == (False, "bank_analyst", "fictional-bank")
        assert client.get("/v1/decisions/none").status_code == 404
    with browser(server) as client:
        assert sign_in(client, name, lent).status_code == 401


def test_both_doors_lead_to_the_same_rooms(server):
    with at_work(server, Role.BANK_OFFICER) as client:
        assert client.get("/v1/people").status_code == 403, "an officer that does not administer"
    with at_work(server, Role.BANK_OFFICER, administers=True) as client:
        assert client.get("/v1/people").status_code == 200


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(server):
    name, lent = add(server)
    with browser(server) as client:
        cookie = sign_in(client, name, lent).headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert "domain" not in cookie
    response = Response()
    Cookie("antifraud", secure=True).give(response, "token")
    behind_tls = response.headers["set-cookie"]
    assert behind_tls.startswith("__Host-antifraud=token;")
    assert "; Secure" in behind_tls
    assert "Path=/" in behind_tls


def test_signing_in_again_gives_another_session_and_ends_the_one_before(server):
    name, lent = add(server)
    with browser(server) as client, browser(server) as thief:
        thief.cookies.set("antifraud", "chosen-by-somebody-else")
        assert sign_in(thief, name, lent).status_code == 201
        sign_in(client, name, lent)
        (before,) = client.cookies.values()
        sign_in(client, name, lent)
        (after,) = client.cookies.values()
        assert before != after != "chosen-by-somebody-else"
        assert (
            client.get(
                "/v1/session",
                headers={"Cookie": f"antifraud={before}"},
            ).status_code
            == 401
        )


def test_a_wrong_name_a_wrong_password_and_a_disabled_person_are_told_the_same(server):
    name, lent = add(server)
    disabled, theirs = add(server)
    with offices(server.database) as at:
        asyncio.run(at.people.disable(at.by, None, disabled))
    with browser(server) as client:
        answers = [sign_in(client, *each) for each in ((name, WRONG), ("nobody-at-all", WRONG), (disabled, theirs))]
        assert {answer.status_code for answer in answers} == {401}
        assert len({answer.content for answer in answers}) == 1
        assert all("set-cookie" not in answer.headers for answer in answers)
        assert sign_in(client, name.upper() + " ", lent).status_code == 201


def test_who_guesses_is_locked_out_even_with_the_right_password_until_somebody_resets_it(server):
    name, lent = add(server)
    with browser(server) as client:
        tries = [sign_in(client, name, WRONG).status_code for _ in range(WITH_A_PERSON.free)]
        refused = sign_in(client, name, lent)
        assert tries == [401] * WITH_A_PERSON.free
        assert refused.status_code == 429
        assert 0 < int(refused.headers["retry-after"]) <= 30
        unknown = [sign_in(client, f"not-{name}", WRONG).status_code for _ in range(WITH_A_PERSON.free + 1)]
        assert unknown == [*tries, 429], "whether a name exists cannot be told"
        with offices(server.database) as at:
            lent = asyncio.run(at.people.reset(at.by, None, name))
            at_once = sign_in(client, name, lent)
        assert at_once.status_code == 201
    assert acts_about(server, name).count("membership.locked_out") == 1
    assert acts_about(server, f"not-{name}") == []


def test_who_guesses_at_many_names_waits_too_and_nobody_elsewhere_waits_for_him(server):
    name, lent = add(server)
    with browser(server) as guesser, browser(server) as elsewhere:
        address = f"address:{guesser.headers['x-forwarded-for']}"
        assert sign_in(guesser, "guessed", WRONG).status_code == 401
        with people_of(server) as people:
            for _ in range(WITH_AN_ADDRESS.free - 2):
                people.attempts.begin({address: WITH_AN_ADDRESS}, utc_now())
        assert sign_in(guesser, "guessed-too", WRONG).status_code == 401
        assert sign_in(guesser, name, lent).status_code == 429
        assert sign_in(elsewhere, name, lent).status_code == 201
    (came_in,) = [each.act for each in journal(server) if getattr(each.act, "person", None) == name][1:]
    assert came_in.address == elsewhere.headers["x-forwarded-for"]


def test_what_changes_anything_needs_the_token_of_this_very_session(server):
    with at_work(server, Role.BANK_ANALYST, Role.BANK_OFFICER) as mine, at_work(server) as other:
        for token in (None, "", other.headers["X-CSRF-Token"]):
            headers = {} if token is None else {"X-CSRF-Token": token}
            with browser(server) as forged:
                forged.cookies.update(mine.cookies)
                for method, path, body in (
                    ("DELETE", "/v1/session", None),
                    ("POST", "/v1/session/role", {"role": "bank_officer"}),
                    ("POST", "/v1/decisions", {}),
                ):
                    refused = forged.request(method, path, json=body, headers=headers)
                    assert refused.status_code == 403
                    assert "CSRF" in refused.json()["detail"]
        assert mine.get("/v1/session").status_code == 200


def test_another_site_cannot_sign_a_browser_in_with_a_form(server):
    name, lent = add(server)
    body = f'{{"person": "{name}", "password": "{lent}"}}'
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        refused = server.post("/v1/session", content=body, headers={"Content-Type": kind, "Authorization": ""})
        assert refused.status_code == 422
        assert "set-cookie" not in refused.headers
        assert lent not in refused.text


def test_signing_out_ends_one_session_and_signing_out_everywhere_all(server):
    with at_work(server) as first, browser(server) as second, browser(server) as third:
        for client in (second, third):
            sign_in(client, first.person, PASSWORD)
        cookie = dict(second.cookies)
        assert second.delete("/v1/session").status_code == 204
        assert not second.cookies
        second.cookies.update(cookie)
        assert [client.get("/v1/session").status_code for client in (first, second, third)] == [200, 401, 200]
        assert third.delete("/v1/session/everywhere").status_code == 204
        assert first.get("/v1/session").status_code == 401


def test_a_person_acts_in_one_of_his_roles_at_a_time(server):
    with at_work(server, Role.BANK_ANALYST, Role.BANK_OFFICER) as client:
        before = dict(client.cookies)
        assert client.get("/v1/session").json()["role"] == "bank_analyst", "the one that opens least"
        taken = client.post("/v1/session/role", json={"role": "bank_officer"})
        assert (taken.status_code, taken.json()["role"]) == (200, "bank_officer")
        assert dict(client.cookies) != before
        assert client.get("/v1/session", headers={"Cookie": f"antifraud={before['antifraud']}"}).status_code == 401
        client.headers["X-CSRF-Token"] = taken.json()["csrf_token"]
        refused = client.post("/v1/session/role", json={"role": "prosecutor"})
        assert refused.status_code == 422
        with browser(server) as other:
            said = sign_in(other, client.person, PASSWORD, role="bank_officer").json()
            assert said["role"] == "bank_officer"


def test_a_second_factor_is_asked_for_once_it_is_confirmed_and_each_code_is_good_once(server):
    with at_work(server, Role.BANK_OFFICER) as client:
        offered = client.post("/v1/session/second-factor").json()
        totp = pyotp.parse_uri(offered["uri"])
        assert totp.secret == offered["secret"]
        with browser(server) as other:
            assert sign_in(other, client.person, PASSWORD).status_code == 201, "only offered"
        assert client.put("/v1/session/second-factor", json={"code": "000"}).status_code == 422
        now = time.time()
        assert client.put("/v1/session/second-factor", json={"code": totp.at(now)}).status_code == 204
    with browser(server) as other:
        asked = sign_in(other, client.person, PASSWORD)
        assert (asked.status_code, asked.json()["type"]) == (401, "urn:antifraud:problem:second-factor-needed")
        assert sign_in(other, client.person, WRONG).json()["type"] == "urn:antifraud:problem:not-authenticated"
        assert sign_in(other, client.person, PASSWORD, code=totp.at(now)).status_code == 401, "it confirmed already"
        assert sign_in(other, client.person, PASSWORD, code=totp.at(now + 30)).status_code == 201
        assert sign_in(other, client.person, PASSWORD, code=totp.at(now + 30)).status_code == 401
    with offices(server.database) as at:
        lent = asyncio.run(at.people.reset(at.by, None, client.person, second_factor=True))
    with browser(server) as other:
        assert sign_in(other, client.person, lent).status_code == 201
    assert "membership.second_factor_removed" in acts_about(server, client.person)


@pytest.mark.parametrize("weak", ["short", "aaaaaaaaaaaaaaaa", "x" * 201, "{name} and more"])
def test_a_weak_password_is_refused_and_not_repeated(server, weak):
    with at_work(server) as client:
        weak = weak.format(name=client.person)
        refused = change_password(client, PASSWORD, weak)
        assert refused.status_code == 422
        assert weak not in refused.text
        assert change_password(client, WRONG, "another long sentence").status_code == 401


def test_a_changed_password_ends_all_other_sessions(server):
    with at_work(server) as client, browser(server) as other:
        sign_in(other, client.person, PASSWORD)
        assert change_password(client, PASSWORD, "another long sentence").status_code == 200
        assert (client.get("/v1/session").status_code, other.get("/v1/session").status_code) == (200, 401)


def test_an_administrator_changes_his_own_people_and_no_others(server):
    police = registered(server, "fictional-police", ParticipantKind.POLICE)
    stranger, _ = add(server, Role.INVESTIGATOR, participant=police)
    with at_work(server, Role.BANK_OFFICER, administers=True) as client:
        new = {"person": f"{client.person}-colleague", "full_name": "Fictional", "roles": ["bank_analyst"]}
        made = client.post("/v1/people", json=new)
        assert made.status_code == 201
        assert made.headers["cache-control"] == "no-store"
        assert client.post("/v1/people", json=new).status_code == 409
        assert client.post("/v1/people", json=new | {"person": "x", "roles": ["investigator"]}).status_code == 422
        assert client.post("/v1/people", json=new | {"person": "key:1"}).status_code == 422
        path = f"/v1/people/{new['person']}"
        with browser(server) as colleague:
            assert sign_in(colleague, new["person"], made.json()["password"]).status_code == 201
            assert client.post(f"{path}/disable").json()["disabled_at"] is not None
            assert colleague.get("/v1/session").status_code == 401
            assert client.post(f"{path}/enable").json()["disabled_at"] is None
            lent = client.post(f"{path}/reset", json={}).json()["password"]
            assert sign_in(colleague, new["person"], lent).status_code == 201
            rights = client.put(f"{path}/rights", json={"roles": ["bank_officer"]})
            assert rights.json()["roles"] == ["bank_officer"]
            assert colleague.get("/v1/session").status_code == 401, "the role of that session is his no more"
        assert stranger not in {each["person"] for each in client.get("/v1/people").json()}
        for act, body in (("disable", None), ("enable", None), ("reset", {})):
            assert client.post(f"/v1/people/{stranger}/{act}", json=body).status_code == 404
        assert client.put(f"/v1/people/{stranger}/rights", json={"roles": ["bank_officer"]}).status_code == 404
    acts = [each for each in journal(server) if getattr(each.act, "person", None) == new["person"]]
    by_hand = {each.act.by.person for each in acts if each.name != "membership.signed_in"}
    assert by_hand == {client.person}
    assert acts_about(server, new["person"]) == [
        "membership.person_added",
        "membership.signed_in",
        "membership.person_disabled",
        "membership.person_enabled",
        "membership.password_reset",
        "membership.signed_in",
        "membership.roles_changed",
    ]


def test_no_secret_stands_in_the_journal(server):
    with at_work(server, Role.BANK_OFFICER, administers=True) as client:
        token = client.post("/v1/keys", json={}).json()["token"]
        secret = client.post("/v1/session/second-factor").json()["secret"]
        secrets = [token, secret, PASSWORD, *client.cookies.values(), client.headers["X-CSRF-Token"], "argon2"]
    said = " ".join(repr(each.act) for each in journal(server))
    assert [each for each in secrets if each in said] == []


def test_sessions_survive_a_restart_of_the_server(tmp_path):
    async def signed_in():
        async with running(tmp_path) as client:
            client.database = f"sqlite:///{tmp_path}/engine.db"
            del client.headers["X-Api-Key"]
            identity = client.engine.identity
            by = (await identity.keys.list(None))[0].actor
            lent = await identity.people.add(by, "fictional-bank", "aliya", "Fictional", [Role.BANK_ANALYST])
            await client.post("/v1/session", json={"person": "aliya", "password": lent})
            return dict(client.cookies)

    async def found(cookies):
        async with running(tmp_path) as client:
            del client.headers["X-Api-Key"]
            client.cookies.update(cookies)
            return (await client.get("/v1/session")).json()

    assert asyncio.run(found(asyncio.run(signed_in())))["person"] == "aliya"


def test_nobody_signs_in_and_no_key_is_made_while_the_journal_is_away(tmp_path):
    (tmp_path / "blocked").write_text("a file where a folder should be")

    async def asked():
        async with running(tmp_path, center_url=f"sqlite:///{tmp_path}/blocked/center.db") as client:
            identity = client.engine.identity
            (key,) = await identity.keys.list(None)
            person = await client.post("/v1/session", json={"person": "aliya", "password": PASSWORD})
            with pytest.raises(Exception, match="book"):
                await identity.keys.make(key.actor, "fictional-bank")
            with pytest.raises(Exception, match="book"):
                await identity.keys.revoke(key.actor, None, key.key_id)
            return person.status_code, await identity.keys.list(None) == [key]

    assert asyncio.run(asked()) == (503, True)
