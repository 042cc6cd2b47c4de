"""How far a transfer was out of its payer's habit, as a whole number, so that sums of it are exact."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

SURPRISE_UNIT: Final = 1024
"""One doubling of the amount."""

_BITS: Final = 42  # what is left of a double's 52 bits of fraction are 10: a 1024th of a doubling
_ZERO: Final = 1023 << 10  # what the exponent of 1.0 looks like


def surprise_of(amounts: Ints, totals: Ints, counts: Ints) -> Ints:
    """Return, for each amount, log2(amount / (total / count)) in SURPRISE_UNITs.

    Total and count are those of the payer's transfers during RETENTION before the fraud became known. The
    logarithm is the double's own exponent and fraction: exact at powers of two and straight between them. An
    amount of nothing, or a payer of whom nothing is known, surprises nobody: 0.

    >>> surprise_of(np.array([100, 50, 300, 7]), np.array([200, 100, 200, 0]), np.array([2, 1, 2, 0])).tolist()
    [0, -1024, 1536, 0]
    """
    known = (amounts > 0) & (totals > 0)
    with np.errstate(all="ignore"):
        ratios = np.where(known, amounts / (totals / counts), 1.0)
    return (ratios.view(np.int64) >> _BITS) - _ZERO
