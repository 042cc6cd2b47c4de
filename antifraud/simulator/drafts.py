"""Transfers while they are being imagined: columns of whole numbers, before they get names and stamps."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

UNSET: Final = -1
"""Stands in a column for "nothing said": the session decides, there is no chain, it is never reported."""


class Role(IntEnum):
    """What an account is in a transfer, as the truth knows it."""

    CLIENT = 0
    VICTIM = 1
    COLLECTOR = 2  # the mule that victims pay
    TRANSIT = 3  # a mule that passes money on
    CASH_OUT = 4  # where stolen money leaves the sight of banks
    UNWITTING = 5  # an honest person who is made to pass money on
    LENDER = 6  # paid out a loan that the fraud asked for


@dataclass(frozen=True, slots=True)
class Drafts:
    """Columns of equal length. `at` is microseconds since the world's first local midnight."""

    at: Ints
    payer: Ints  # account numbers
    payee: Ints
    amount: Ints  # minor units
    channel: Ints  # position in `kinds.CHANNELS`
    purpose: Ints  # KNP as a number
    scheme: Ints  # position in `kinds.SCHEMES`
    chain: Ints
    hop: Ints
    payer_role: Ints
    payee_role: Ints
    stolen: Ints  # minor units of `amount` that are victims' money
    device: Ints  # a device other than the payer's own
    fresh: Ints  # 0 or 1 where a script decides whether the device is new to the payer, and so on
    remote: Ints
    call: Ints
    phone: Ints
    known: Ints  # when it is reported
    source: Ints  # by whom: position in `kinds.SOURCES`

    @classmethod
    def of(cls, at: Ints, **columns: Ints | int) -> Self:
        """Return drafts at the moments `at`; a single number fills its column, what is not named is unset."""
        defaults: dict[str, Ints | int] = {
            "chain": UNSET, "hop": 0, "payer_role": Role.CLIENT, "payee_role": Role.CLIENT, "stolen": 0,
            "device": UNSET, "fresh": UNSET, "remote": UNSET, "call": UNSET, "phone": UNSET,
            "known": UNSET, "source": UNSET,
        }  # fmt: skip
        length = len(at)
        full = {
            name: np.full(length, column, np.int64) if isinstance(column, int) else np.asarray(column, np.int64)
            for name, column in (defaults | columns).items()
        }
        for name, column in full.items():
            if len(column) != length:
                raise ValueError(f"column {name} has {len(column)} values for {length} drafts")
        return cls(at=np.asarray(at, np.int64), **full)

    @classmethod
    def none(cls) -> Self:
        """Return no drafts."""
        empty = np.empty(0, np.int64)
        return cls(**{field.name: empty for field in fields(cls)})

    @classmethod
    def together(cls, parts: Sequence["Drafts"]) -> Self:
        """Return all parts, one after another."""
        if not parts:
            return cls.none()
        names = [field.name for field in fields(cls)]
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})

    def __len__(self) -> int:
        return len(self.at)

    def take(self, which: Ints | Bools) -> Self:
        """Return the chosen rows, by position or by mask."""
        return type(self)(**{field.name: getattr(self, field.name)[which] for field in fields(self)})
