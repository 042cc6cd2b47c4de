"""Randomness by name: each part of the world draws from a stream of its own."""

from zlib import crc32

import numpy as np


def stream(seed: int, part: str, day: int = 0) -> np.random.Generator:
    """Return the generator of one part of one day.

    A day can be made without those before it, and a new part changes no other.

    >>> int(stream(7, "wages", 3).integers(1000)) == int(stream(7, "wages", 3).integers(1000))
    True
    """
    # Days before the first are drawn too: a live world warms up.
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, crc32(part.encode()), day + 10_000])))
