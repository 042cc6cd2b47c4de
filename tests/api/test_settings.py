"""Settings say what is wrong with them, and never what is secret."""

import pytest

from antifraud.domain.errors import InvalidValue, Unavailable
from api.settings import read_settings


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
