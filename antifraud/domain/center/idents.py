"""What transfers and entries of lists are compared by."""

from collections.abc import Callable, Sequence

from antifraud.domain.center.effects import Side
from antifraud.domain.center.listing_acts import Subject
from antifraud.domain.errors import InvalidValue
from antifraud.domain.identifiers import account_id, opaque_id
from antifraud.domain.transfer import Transfer

Hashed = Callable[[str, str], str]
"""Turns a kind and a value that a person can be known by into its keyed hash."""

AS_WRITTEN = frozenset({Subject.ACCOUNT, Subject.CARD, Subject.WALLET, Subject.DEVICE})
"""Subjects that entries keep as transfers write them: a card only ever as the token its bank sends."""

_SHORTEST_CARD, _LONGEST_CARD = 13, 19


def ident_of(subject: Subject, value: str, hashed: Hashed) -> str:
    """Return what an entry about `value` is compared by; a card's number is refused, only its token is kept."""
    if subject is Subject.CARD and _is_card_number(value):
        raise InvalidValue("value", "send the card's token: a card number is never kept", "a card number")
    if subject in (Subject.ACCOUNT, Subject.WALLET, Subject.CARD):
        return account_id(value, "value")
    if subject is Subject.DEVICE:
        return opaque_id(value, "value")
    return hashed(subject.value, value)


def idents_in(transfer: Transfer, hashed: Hashed) -> Sequence[tuple[Side, tuple[str, str]]]:
    """Return all that a transfer may be on a list by, payee first."""
    found: list[tuple[Side, tuple[str, str]]] = []
    for side, account, person, phone in (
        (Side.PAYEE, transfer.payee, transfer.payee_iin_bin, transfer.payee_phone),
        (Side.PAYER, transfer.payer, transfer.payer_iin_bin, transfer.payer_phone),
    ):
        found += [(side, (subject.value, account)) for subject in (Subject.ACCOUNT, Subject.CARD, Subject.WALLET)]
        if person is not None:
            found.append((side, (Subject.PERSON.value, hashed(Subject.PERSON.value, person))))
        if account.startswith("+"):
            found.append((side, (Subject.PHONE.value, hashed(Subject.PHONE.value, account))))
        if phone is not None:
            found.append((side, (Subject.PHONE.value, hashed(Subject.PHONE.value, phone))))
    if transfer.device_id is not None:
        found.append((Side.DEVICE, (Subject.DEVICE.value, transfer.device_id)))
    return found


def _is_card_number(text: str) -> bool:
    """Say whether a text is the number of a payment card: 13 to 19 digits with Luhn's check digit.

    >>> _is_card_number("4000 0000 0000 0002"), _is_card_number("token:4000000000000002")
    (True, False)
    """
    digits = text.replace(" ", "").replace("-", "")
    if not digits.isdecimal() or not _SHORTEST_CARD <= len(digits) <= _LONGEST_CARD:
        return False
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
