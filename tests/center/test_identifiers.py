"""A person is matched however an identifier is spelt, and read nowhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antifraud.domain.center.identifiers import SHORTEST_KEY, IdentifierKind, hashed, masked
from antifraud.domain.errors import InvalidValue

KEY = bytes(range(32))
SPELT = {
    IdentifierKind.PERSON: ("001399500016", " 0013 9950 0016", "001399-500016"),
    IdentifierKind.ACCOUNT: ("KZ86125KZT5004100100", "kz86 125k zt50 0410 0100"),
    IdentifierKind.PHONE: ("+77010000000", "8 701 000 00 00", "+7 (701) 000-00-00"),
    IdentifierKind.CARD: ("4000000000000002", "4000 0000 0000 0002", "4000-0000-0000-0002"),
    IdentifierKind.WALLET: ("7f3a-11", " 7f3a-11\n"),
    IdentifierKind.DEVICE: ("350000000000006", " 350000000000006"),
}


def test_spellings_of_one_are_one_and_kinds_never_meet():
    hashes = {kind: {hashed(kind, text, KEY) for text in texts} for kind, texts in SPELT.items()}
    assert set(SPELT) == set(IdentifierKind)
    assert {len(each) for each in hashes.values()} == {1}
    digits = "350000000000006"
    assert hashed(IdentifierKind.DEVICE, digits, KEY) != hashed(IdentifierKind.WALLET, digits, KEY)


@given(st.binary(min_size=SHORTEST_KEY, max_size=64), st.binary(min_size=SHORTEST_KEY, max_size=64))
def test_the_hash_is_of_the_key(key, other):
    same = hashed(IdentifierKind.PERSON, "001399500016", key) == hashed(IdentifierKind.PERSON, "001399500016", other)
    # HMAC pads a key of up to 64 bytes with zeros
    assert same == (key.ljust(64, b"\0") == other.ljust(64, b"\0"))


def test_a_short_key_is_refused_and_not_said():
    with pytest.raises(InvalidValue, match="at least 32 bytes") as refused:
        hashed(IdentifierKind.PERSON, "001399500016", b"short and secret")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (IdentifierKind.PERSON, "001399500017"),
        (IdentifierKind.ACCOUNT, "KZ87125KZT5004100100"),
        (IdentifierKind.PHONE, "call me maybe"),
        (IdentifierKind.PHONE, "+7701000000000000000"),
        (IdentifierKind.CARD, "4000000000000003"),
        (IdentifierKind.CARD, "40000"),
        (IdentifierKind.WALLET, "two words"),
        (IdentifierKind.DEVICE, ""),
    ],
)
def test_what_cannot_be_one_is_refused_without_being_repeated(kind, wrong):
    with pytest.raises(InvalidValue) as refused:
        hashed(kind, wrong, KEY)
    assert refused.value.field == kind.value
    assert not wrong or wrong not in str(refused.value)


@given(st.text(max_size=40))
def test_a_mask_shows_at_most_half(text):
    shown = masked(text)
    assert "***" in shown
    assert len(shown) - 3 <= len(text) / 2
