"""Identifiers of people and what they own, where they must be matched but not read: keyed hashes, and masks.

The hash is HMAC-SHA256 of the normalised identifier: the same person spelt in two ways is one person. Without the
key nobody can try all twelve-digit numbers; so the key stands in a setting, in no database and in no code.
"""

import hmac
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

import phonenumbers

from antifraud.domain.errors import InvalidValue
from antifraud.domain.identifiers import account_id, iin_bin, opaque_id, phone_number

SHORTEST_KEY: Final = 32  # bytes
_CARD: Final = re.compile(r"[0-9]{12,19}")
_SPACES: Final = re.compile(r"[\s\-]")
_SHORTEST_SHOWN: Final = 8


class IdentifierKind(StrEnum):
    """What an identifier names."""

    PERSON = "person"  # IIN or BIN
    ACCOUNT = "account"
    PHONE = "phone"
    CARD = "card"
    WALLET = "wallet"
    DEVICE = "device"


def hashed(kind: IdentifierKind, value: str, key: bytes) -> str:
    """Return the keyed hash of an identifier, 64 hex digits; raise InvalidValue if it cannot be one of its kind.

    >>> key = b"a fictional key, 32 bytes long.."
    >>> one, same = (hashed(IdentifierKind.PHONE, text, key) for text in ("+77010000000", "8 (701) 000-00-00"))
    >>> one == same, one == hashed(IdentifierKind.WALLET, "77010000000", key)
    (True, False)
    """
    return hashed_as_spelt(kind, normalised(kind, value), key)


def hashed_as_spelt(kind: IdentifierKind, value: str, key: bytes) -> str:
    """Return the keyed hash of an identifier in its one spelling, as a checked transfer has it: quick."""
    return hmac.digest(usable_key(key), f"{kind.value}:{value}".encode(), "sha256").hex()


def normalised(kind: IdentifierKind, value: str) -> str:
    """Return the one spelling of an identifier; raise InvalidValue, with what it was masked.

    >>> normalised(IdentifierKind.ACCOUNT, " kz86 125K ZT50 0410 0100 ")
    'KZ86125KZT5004100100'
    >>> normalised(IdentifierKind.CARD, "4000 0000 0000 0003")
    Traceback (most recent call last):
        ...
    antifraud.domain.errors.InvalidValue: card: the check digit is wrong, was '4000***003'
    """
    try:
        return _NORMALISE[kind](value)
    except InvalidValue as wrong:
        raise InvalidValue(kind.value, wrong.problem, masked(value)) from None


def masked(value: str) -> str:
    """Return an identifier as it may stand in logs and errors: both ends of a long one, nothing of a short one.

    >>> masked("KZ86125KZT5004100100"), masked("001399500016"), masked("7f3a")
    ('KZ86***100', '001***016', '***')
    """
    plain = _SPACES.sub("", value)
    if len(plain) < _SHORTEST_SHOWN:
        return "***"
    return f"{plain[: min(4, len(plain) // 4)]}***{plain[-min(3, len(plain) // 4) :]}"


def usable_key(key: bytes) -> bytes:
    """Return the key if it is long enough; raise InvalidValue without saying what it was."""
    if len(key) < SHORTEST_KEY:
        raise InvalidValue("identifier key", f"has at least {SHORTEST_KEY} bytes", f"{len(key)} bytes")
    return key


def _person(value: str) -> str:
    return iin_bin(_SPACES.sub("", value))


def _account(value: str) -> str:
    plain = "".join(value.split())
    iban = plain.upper()
    return account_id(iban if iban.startswith("KZ") and iban[2:4].isdecimal() else plain)


def _phone(value: str) -> str:
    try:
        number = phonenumbers.parse(value, "KZ")
    except phonenumbers.NumberParseException as wrong:
        raise InvalidValue("phone", str(wrong), value) from None
    return phone_number(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _card(value: str) -> str:
    number = _SPACES.sub("", value)
    if _CARD.fullmatch(number) is None:
        raise InvalidValue("card", "a card number is 12 to 19 digits", value)
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number)))
    if sum(value // 10 + value % 10 for value in doubled) % 10:
        raise InvalidValue("card", "the check digit is wrong", value)
    return number


_NORMALISE: Final[Mapping[IdentifierKind, Callable[[str], str]]] = {
    IdentifierKind.PERSON: _person,
    IdentifierKind.ACCOUNT: _account,
    IdentifierKind.PHONE: _phone,
    IdentifierKind.CARD: _card,
    IdentifierKind.WALLET: lambda value: opaque_id(value.strip(), "wallet"),
    IdentifierKind.DEVICE: lambda value: opaque_id(value.strip(), "device"),
}
