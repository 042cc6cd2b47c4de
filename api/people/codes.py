"""Codes of a second factor (TOTP, RFC 6238): six digits, new every half minute, each good once."""

from datetime import datetime
from typing import Final

import pyotp

_STEP_S: Final = 30
_AROUND: Final = (0, -1, 1)  # steps: telephones are late, or early


def new_secret() -> str:
    """Return a secret for a telephone to make codes of."""
    return pyotp.random_base32()


def address(secret: str, person: str, issuer: str) -> str:
    """Return the address that telephones read from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=person, issuer_name=issuer)


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """Return the half minute that a code is of, if it is one of that secret around `now`; else None."""
    digits = "".join(code.split())
    if not (digits.isascii() and digits.isdecimal()):
        return None
    totp, step = pyotp.TOTP(secret), int(now.timestamp()) // _STEP_S
    near = [step + offset for offset in _AROUND if totp.verify(digits, for_time=(step + offset) * _STEP_S)]
    return near[0] if near else None
