"""What stands in the place of a name once nobody shall be recognised: the same for the same name, under a key."""

import hmac
from typing import Final

from antifraud.domain.center.identifiers import usable_key

PSEUDONYMOUS: Final = (
    *("payer", "payee", "payer_iin_bin", "payee_iin_bin", "payer_phone", "payee_phone"),
    *("device_id", "ip", "end_to_end_id"),
)
"""The fields of a transfer that lead to a person."""

MARK: Final = "~"  # no name that comes in from outside begins with it
_HEX: Final = 32


def pseudonym(name: str, key: bytes) -> str:
    """Return what stands in the place of a name, whatever kind of name it is; a pseudonym stays what it is.

    >>> key = b"a fictional key, 32 bytes long.."
    >>> pseudonym("a:1", key) == pseudonym("a:1", key) != pseudonym("a:2", key), len(pseudonym("a:1", key))
    (True, 33)
    >>> pseudonym(pseudonym("a:1", key), key) == pseudonym("a:1", key)
    True
    """
    if is_pseudonym(name):
        return name
    return MARK + hmac.digest(usable_key(key), f"pseudonym:{name}".encode(), "sha256").hex()[:_HEX]


def is_pseudonym(value: object) -> bool:
    """Say whether this is no name any more.

    >>> is_pseudonym("~00ff"), is_pseudonym("a:1"), is_pseudonym(None)
    (True, False, False)
    """
    return isinstance(value, str) and value.startswith(MARK)
