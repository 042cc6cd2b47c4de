"""Identifiers of accounts and persons, checked where their type is known.

An account is a KZ IBAN, a phone number in E.164, or an opaque id of the participant (a card token,
a wallet). A string that begins like one of the first two must be valid as one: a mistyped IBAN is an
error, never a new opaque account.
"""

import re
from typing import Final

from antifraud.domain.errors import InvalidValue

_KZ_IBAN: Final = re.compile(r"KZ\d{5}[A-Z0-9]{13}", re.ASCII)
_E164: Final = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_OPAQUE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9:_.\-]{0,63}")
_IIN_BIN: Final = re.compile(r"\d{12}", re.ASCII)
_BIC: Final = re.compile(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?", re.ASCII)
_BANK_CODE: Final = re.compile(r"\d{3}", re.ASCII)
_PURPOSE: Final = re.compile(r"\d{3}", re.ASCII)
_FIRST_WEIGHTS: Final = tuple(range(1, 12))
_SECOND_WEIGHTS: Final = (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)


def _mod97(iban: str) -> int:
    return int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4])) % 97


def account_id(text: str, field: str = "account") -> str:
    """Return `text` if it can name an account; raise InvalidValue for `field` otherwise.

    >>> account_id("KZ86125KZT5004100100")
    'KZ86125KZT5004100100'
    >>> account_id("KZ87125KZT5004100100", field="payee")
    Traceback (most recent call last):
        ...
    antifraud.domain.errors.InvalidValue: payee: IBAN check digits are wrong, was 'KZ87125KZT5004100100'
    >>> account_id("wallet:7f3a")
    'wallet:7f3a'
    """
    if text.startswith("KZ") and text[2:4].isdecimal():
        if _KZ_IBAN.fullmatch(text) is None:
            raise InvalidValue(field, "a KZ IBAN is KZ, 5 digits and 13 capitals or digits", text)
        if _mod97(text) != 1:
            raise InvalidValue(field, "IBAN check digits are wrong", text)
        return text
    if text.startswith("+"):
        return phone_number(text, field)
    if _OPAQUE.fullmatch(text) is None:
        raise InvalidValue(field, "an account id is 1 to 64 letters, digits or : _ . -", text)
    return text


def phone_number(text: str, field: str = "phone") -> str:
    """Return `text` if it is an E.164 number; raise InvalidValue otherwise.

    >>> phone_number("+77010000000")
    '+77010000000'
    """
    if _E164.fullmatch(text) is None:
        raise InvalidValue(field, "a phone number is + and 7 to 15 digits (E.164)", text)
    return text


def iin_check_digit(first_eleven: str) -> int | None:
    """Return the check digit of an IIN or BIN, or None when no valid number has this beginning.

    Two passes of weights modulo 11; a remainder of 10 after both makes the number invalid.

    >>> iin_check_digit("00139950001"), iin_check_digit("00139950070"), iin_check_digit("00139950150")
    (6, 1, None)
    """
    digits = [int(character) for character in first_eleven]
    for weights in (_FIRST_WEIGHTS, _SECOND_WEIGHTS):
        remainder = sum(digit * weight for digit, weight in zip(digits, weights, strict=True)) % 11
        if remainder != 10:
            return remainder
    return None


def iin_bin(text: str, field: str = "iin_bin") -> str:
    """Return `text` if it is 12 digits with a right check digit; raise InvalidValue otherwise.

    >>> iin_bin("001399500016")
    '001399500016'
    """
    if _IIN_BIN.fullmatch(text) is None:
        raise InvalidValue(field, "an IIN or BIN is 12 digits", text)
    if iin_check_digit(text[:11]) != int(text[11]):
        raise InvalidValue(field, "IIN/BIN check digit is wrong", text)
    return text


def purpose_code(text: str, field: str = "purpose") -> str:
    """Return `text` if it is a payment purpose code (KNP), three digits; raise InvalidValue otherwise."""
    if _PURPOSE.fullmatch(text) is None:
        raise InvalidValue(field, "a purpose code (KNP) is three digits", text)
    return text


def bic(text: str, field: str = "bic") -> str:
    """Return `text` if it is a BIC (ISO 9362), 8 or 11 capitals and digits; raise InvalidValue otherwise."""
    if _BIC.fullmatch(text) is None:
        raise InvalidValue(field, "a BIC is 8 or 11 capitals and digits, the first six letters", text)
    return text


def bank_code(text: str, field: str = "bank_code") -> str:
    """Return `text` if it is the bank code of a KZ IBAN, three digits; raise InvalidValue otherwise."""
    if _BANK_CODE.fullmatch(text) is None:
        raise InvalidValue(field, "a bank code is three digits, as 125 in KZ86125KZT5004100100", text)
    return text


def bank_code_of(account: str) -> str | None:
    """Return the bank code that stands in an account's number, None unless it is a KZ IBAN.

    >>> bank_code_of("KZ86125KZT5004100100"), bank_code_of("wallet:7f3a")
    ('125', None)
    """
    return account[4:7] if _KZ_IBAN.fullmatch(account) else None


def opaque_id(text: str, field: str) -> str:
    """Return `text` if it can be an id of the participant's own making; raise InvalidValue otherwise."""
    if _OPAQUE.fullmatch(text) is None:
        raise InvalidValue(field, "an id is 1 to 64 letters, digits or : _ . -", text)
    return text
