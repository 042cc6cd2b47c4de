"""What transfers and entries of lists are compared by."""

from collections.abc import Callable, Sequence

from antifraud.domain.center.effects import Side
from antifraud.domain.center.identifiers import IdentifierKind, normalised
from antifraud.domain.center.indicator import IndicatorKind
from antifraud.domain.errors import InvalidValue
from antifraud.domain.transfer import Transfer

Hashed = Callable[[IdentifierKind, str], str]
"""Turns an identifier that is spelt in its one way already into its keyed hash."""

_OWN_NAMES = (IdentifierKind.ACCOUNT, IdentifierKind.CARD, IdentifierKind.WALLET)


def ident_of(kind: IdentifierKind, value: str, hashed: Hashed) -> str:
    """Return what an entry about `value` is compared by.

    Persons and phones are kept as their keyed hash, all else as transfers say it. A card is known by the token that
    its bank sends in transfers: its number is refused, and not repeated.
    """
    if kind is IdentifierKind.CARD:
        if value.replace(" ", "").replace("-", "").isdecimal():
            raise InvalidValue("value", "send the card's token: a card number is never kept", "a number")
        return normalised(IdentifierKind.ACCOUNT, value)
    spelt = normalised(kind, value)
    return hashed(kind, spelt) if kind in (IdentifierKind.PERSON, IdentifierKind.PHONE) else spelt


def found_ident(kind: IndicatorKind, value: str, hashed: Hashed) -> str:
    """Return what an indicator about `value` is compared by: as in `ident_of`, and a link as it is written."""
    return value if kind is IndicatorKind.LINK else ident_of(IdentifierKind(kind.value), value, hashed)


def idents_in(transfer: Transfer, hashed: Hashed | None) -> Sequence[tuple[Side, tuple[str, str]]]:
    """Return all that a transfer may be on a list by; without `hashed` persons and phones are left out."""
    found: list[tuple[Side, tuple[str, str]]] = []
    for side, account, person, phone in (
        (Side.PAYEE, transfer.payee, transfer.payee_iin_bin, transfer.payee_phone),
        (Side.PAYER, transfer.payer, transfer.payer_iin_bin, transfer.payer_phone),
    ):
        found += [(side, (kind.value, account)) for kind in _OWN_NAMES]
        if hashed is not None:
            if person is not None:
                found.append((side, (IdentifierKind.PERSON.value, hashed(IdentifierKind.PERSON, person))))
            phones = {each for each in (phone, account) if each is not None and each.startswith("+")}
            found += [(side, (IdentifierKind.PHONE.value, hashed(IdentifierKind.PHONE, each))) for each in phones]
    if transfer.device_id is not None:
        found.append((Side.DEVICE, (IdentifierKind.DEVICE.value, transfer.device_id)))
    return found
