"""People come in by a provider's word: only by that provider's, only about them, only once."""

import itertools
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import ValidationError

from antifraud.domain.center.people import ParticipantKind
from antifraud.domain.errors import InvalidValue
from api.people.provider import ProviderSettings
from api.settings import read_settings
from tests.api.conftest import identity_providers
from tests.api.signing_in import PASSWORD, acts_about, add, browser, registered, sign_in

NUMBER = itertools.count(1)
PATH = "/v1/sign-in/fictional-idp"


def somebody(provider, fault=None, subject=None, name=None, **claims):
    """Let the provider know somebody; return the subject with the name that he will have here."""
    subject = subject or f"subject-{next(NUMBER)}"
    name = name or f"known-as-{subject}"
    said = {"preferred_username": name, "name": "Fictional", "realm_access": {"roles": ["desk"]}} | claims
    httpx.put(f"{provider}/people/{subject}", json={"claims": said, "fault": fault}).raise_for_status()
    return subject, name


def left(client, subject, path=PATH):
    """Leave for the provider, sign in there; return where it sends the browser back."""
    away = client.get(path)
    assert away.status_code == 303
    back = httpx.get(f"{away.headers['location']}&as={subject}")
    assert back.status_code == 302
    return urlsplit(back.headers["location"])


def come_in(client, subject, path=PATH):
    """Leave for the provider and come back."""
    back = left(client, subject, path)
    return client.get(f"{back.path}?{back.query}")


def test_whom_the_provider_answers_for_has_a_session_like_anybody_else(server, provider):
    subject, name = somebody(provider, realm_access={"roles": ["chief", "desk", "of no meaning here", 7]})
    with browser(server) as client:
        answer = come_in(client, subject)
        assert (answer.status_code, answer.headers["location"]) == (303, "/console")
        assert "httponly" in answer.headers["set-cookie"].lower()
        said = client.get("/v1/session").json()
        assert (said["person"], said["participant"], said["role"]) == (name, "fictional-bank", "bank_analyst")
        assert said["roles"] == ["bank_analyst", "bank_officer"]
        assert not said["administers"]
        assert client.get("/v1/decisions/none").status_code == 404
        client.headers["X-CSRF-Token"] = said["csrf_token"]
        changed = client.post("/v1/session/password", json={"old": PASSWORD, "new": PASSWORD + "!"})
        assert changed.status_code == 409, "he has no password here"
    assert acts_about(server, name) == ["membership.person_added", "membership.signed_in"]


def test_roles_follow_the_provider_at_each_sign_in(server, provider):
    subject, name = somebody(provider)
    with browser(server) as first, browser(server) as second:
        come_in(first, subject)
        somebody(provider, subject=subject, realm_access={"roles": ["chief", "head"]})
        come_in(second, subject)
        said = second.get("/v1/session").json()
        assert (said["roles"], said["administers"]) == (["bank_officer"], True)
        assert first.get("/v1/session").status_code == 401
        somebody(provider, subject=subject, realm_access={"roles": []})
        assert come_in(second, subject).status_code == 403
    assert acts_about(server, name).count("membership.roles_changed") == 1


@pytest.mark.parametrize(
    "fault",
    [
        "nonce",
        "no nonce",
        "audience",
        "many audiences",
        "authorized party",
        "issuer",
        "expired",
        "from the future",
        "no subject",
        "unsigned",
        "foreign key",
        "key of the client",
        "mixed up",
    ],
)
def test_a_word_that_cannot_be_trusted_lets_nobody_in(server, provider, fault):
    subject, name = somebody(provider, fault)
    with browser(server) as client:
        refused = come_in(client, subject)
        assert refused.status_code == 401
        assert client.get("/v1/session").status_code == 401
    assert acts_about(server, name) == []


def test_a_provider_may_change_its_keys(server, provider):
    subject, _ = somebody(provider, "new keys")
    with browser(server) as client:
        assert come_in(client, subject).status_code == 303
        assert come_in(client, subject).status_code == 303


def test_who_comes_back_must_be_the_browser_that_left_and_only_once(server, provider):
    subject, _ = somebody(provider)
    with browser(server) as mine, browser(server) as victim:
        back = left(mine, subject)
        answer = f"{back.path}?{back.query}"
        victim.get(PATH)
        assert victim.get(answer).status_code == 401, "another browser, with a cookie of another sign-in"
        with browser(server) as bare:
            assert bare.get(answer).status_code == 401
        state = parse_qs(back.query)["state"][0]
        assert mine.get(answer.replace(state, "x" * len(state))).status_code == 401
        cookie = dict(mine.cookies)
        assert mine.get(answer).status_code == 303
        mine.cookies.update(cookie)
        assert mine.get(answer).status_code == 401, "the same answer again"


def test_a_code_that_the_provider_never_gave_is_refused(server, provider):
    subject, _ = somebody(provider)
    with browser(server) as client:
        back = left(client, subject)
        code = parse_qs(back.query)["code"][0]
        assert client.get(f"{back.path}?{back.query}".replace(code, "stolen")).status_code == 401
        assert come_in(client, "nobody").status_code == 401


def test_a_name_that_somebody_else_has_here_is_not_given_away(server, provider):
    local, lent = add(server)
    subject, _ = somebody(provider, name=local)
    with browser(server) as client:
        assert come_in(client, subject).status_code == 409
        assert client.get("/v1/session").status_code == 401
        assert sign_in(client, local, lent).status_code == 201
    first, name = somebody(provider)
    second, _ = somebody(provider, name=name)
    with browser(server) as client:
        assert come_in(client, first).status_code == 303
        assert come_in(client, second).status_code == 409, "the name was given to another person there"


def test_a_provider_of_several_participants_says_for_whom_each_works(server, provider):
    police = registered(server, "fictional-police", ParticipantKind.POLICE)
    path = "/v1/sign-in/shared-idp"
    subject, name = somebody(provider, org=police, roles=["detective", "chief"])
    with browser(server) as client:
        assert come_in(client, subject, path).status_code == 303
        said = client.get("/v1/session").json()
        assert (said["participant"], said["roles"]) == (police, ["investigator"]), "no role of another kind"
        somebody(provider, subject=subject, name=name, org="fictional-bank", roles=["chief"])
        assert come_in(client, subject, path).status_code == 403, "he worked for the police yesterday"
        for org in ("nobody-here", None, {"id": police}):
            stranger, _ = somebody(provider, org=org, roles=["detective"])
            assert come_in(client, stranger, path).status_code == 403
        nameless, _ = somebody(provider, org=police, roles=["detective"], preferred_username="key:1")
        assert come_in(client, nameless, path).status_code == 403


def test_an_unknown_provider_is_not_found_and_one_that_is_away_is_said(server):
    assert server.get("/v1/sign-in/nobody").status_code == 404
    assert server.get("/v1/sign-in/away-idp").status_code == 503


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "http://idp.example"},
        {"participant": None},
        {"participant_claim": "org"},
        {"roles": {"desk": "emperor"}},
        {"surprise": 1},
    ],
)
def test_settings_that_would_trust_too_much_are_refused(wrong):
    right = identity_providers("https://idp.example")["fictional-idp"]
    assert ProviderSettings.model_validate(right)
    with pytest.raises(ValidationError):
        ProviderSettings.model_validate(right | wrong)
    with pytest.raises(InvalidValue, match="ANTIFRAUD_OIDC") as refused:
        read_settings(oidc={"idp": right | wrong})
    assert right["client_secret"] not in str(refused.value)


def test_people_are_not_reached_over_plain_http():
    with pytest.raises(InvalidValue, match="ANTIFRAUD_PUBLIC_URL"):
        read_settings(public_url="http://antifraud.example")
    assert read_settings(public_url="https://antifraud.example").reached_at == "https://antifraud.example"
    assert read_settings(port=8123).reached_at == "http://127.0.0.1:8123"
