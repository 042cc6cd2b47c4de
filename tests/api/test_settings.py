"""What an operator sets wrongly is named in one line, without its secrets."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from antifraud.domain.center.people import Role
from antifraud.domain.errors import AntifraudError, InvalidValue, Unavailable
from antifraud.store import open_store
from api.cli import app
from api.settings import read_settings
from tests.api.making import MADE_AT


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("RATES", "{", "ANTIFRAUD_RATES: must be JSON"),
        ("RATES", "[1]", "ANTIFRAUD_RATES: Input should be a valid dictionary"),
        ("RATES", '{"USD": "x"}', "ANTIFRAUD_RATES.USD: Input should be a valid decimal"),
        ("RATES", '{"USD": -1}', "ANTIFRAUD_RATES: the rate of USD must be above zero"),
        ("RATES", '{"QQQ": 1}', "ANTIFRAUD_RATES: QQQ is no currency code"),
        ("BASE_CURRENCY", "tenge", "ANTIFRAUD_BASE_CURRENCY: must be a currency code"),
        ("PORT", "http", "ANTIFRAUD_PORT: Input should be a valid integer"),
        ("CLOCK", "yesterday", "ANTIFRAUD_CLOCK: Input should be 'now' or 'occurred_at'"),
    ],
)
def test_a_wrong_setting_is_named_by_its_variable(monkeypatch, variable, value, said):
    monkeypatch.setenv("ANTIFRAUD_DATABASE_URL", "postgresql://ana:hidden@db/engine")
    monkeypatch.setenv(f"ANTIFRAUD_{variable}", value)
    with pytest.raises(InvalidValue) as refusal:
        read_settings()
    assert str(refusal.value).startswith(said)
    assert "\n" not in str(refusal.value)
    assert "hidden" not in str(refusal.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ana:hidden@127.0.0.1:1/engine",
        "postgresql://127.0.0.1:1/engine?user=ana&password=hidden",
        "postgresql://ana:hidden@127.0.0.1:port/engine",
        "mysql://ana:hidden@127.0.0.1/engine",
        "hidden",
    ],
)
def test_a_password_never_stands_in_a_message(monkeypatch, url):
    monkeypatch.setenv("ANTIFRAUD_DATABASE_URL", url)
    settings = read_settings()
    with pytest.raises(AntifraudError) as refusal:
        open_store(settings.database_url)
    with pytest.raises(InvalidValue) as wrong:
        read_settings(database_url=["hidden"])
    for text in (repr(settings), str(refusal.value), str(wrong.value)):
        assert "hidden" not in text
        assert "\n" not in text


def test_the_example_of_a_provider_is_one():
    page = (Path(__file__).parents[2] / "docs/operations.md").read_text()
    (example,) = re.findall(r"^```json\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    staff = read_settings(oidc=json.loads(example)).oidc["staff"]
    assert staff.roles_of({"realm_access": {"roles": ["fraud-lead"]}}) == ({Role.BANK_OFFICER}, False)


def test_a_key_is_made_only_with_scopes_that_exist(tmp_path):
    url = f"sqlite:///{tmp_path}/engine.db"
    with open_store(url, recording=False) as store:
        store.keys.register("fictional-bank", "Fictional bank", MADE_AT)
        create = ["keys", "create", "fictional-bank", "--database", url, "--scope"]
        refused = CliRunner().invoke(app, [*create, "decisions:wrte"])
        made = CliRunner().invoke(app, [*create, "decisions:write", "--scope", "reports:write"])
        assert [key.scopes for key in store.keys.list()] == [{"decisions:write", "reports:write"}]
    assert refused.exit_code == 2
    for scope in ("decisions:write", "decisions:read", "reports:write"):
        assert scope in refused.output
    assert made.output.startswith("afk_")


@pytest.mark.parametrize("wrong", ["not-hexadecimal-but-secret", "c0ffee" * 5])
def test_a_wrong_identifier_key_is_refused_without_being_said(monkeypatch, wrong):
    monkeypatch.setenv("ANTIFRAUD_IDENTIFIER_KEY", wrong)
    with pytest.raises(InvalidValue, match="ANTIFRAUD_IDENTIFIER_KEY") as refused:
        read_settings()
    assert wrong not in str(refused.value)


def test_another_wrong_setting_does_not_say_the_key(monkeypatch):
    monkeypatch.setenv("ANTIFRAUD_IDENTIFIER_KEY", "c0ffee" * 11)
    with pytest.raises(InvalidValue, match="ZZZ") as refused:
        read_settings(base_currency="ZZZ")
    assert "c0ffee" not in str(refused.value)


def test_whoever_needs_the_identifier_key_says_how_to_set_it(monkeypatch):
    monkeypatch.delenv("ANTIFRAUD_IDENTIFIER_KEY", raising=False)
    with pytest.raises(Unavailable, match="set ANTIFRAUD_IDENTIFIER_KEY"):
        _ = read_settings().identifier_secret
    assert read_settings(identifier_key="c0ffee" * 11).identifier_secret == bytes.fromhex("c0ffee" * 11)
