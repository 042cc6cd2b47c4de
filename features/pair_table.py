"""A hash table from a pair of slots to the pair's own slot: open addressing, linear probing, no tombstones."""

import numpy as np
from numba import njit

from features.layout import I32, I64


@njit(cache=True)
def _bucket(key: int, mask: int) -> int:
    """Scatter a key over the buckets (the finaliser of splitmix64)."""
    x = np.uint64(key)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.int64((x ^ (x >> np.uint64(31))) & np.uint64(mask))


@njit(cache=True)
def pair_key(first: int, second: int) -> int:
    """Return two slots as one number."""
    return (np.int64(first) << 32) | np.int64(second)


@njit(cache=True)
def find(keys: I64, slots: I32, key: int) -> int:
    mask = keys.size - 1
    at = _bucket(key, mask)
    while keys[at] != -1:
        if keys[at] == key:
            return np.int64(slots[at])
        at = (at + 1) & mask
    return np.int64(-1)


@njit(cache=True)
def insert(keys: I64, slots: I32, key: int, slot: int) -> None:
    """Put a key that is not there yet into a hash table with room."""
    mask = keys.size - 1
    at = _bucket(key, mask)
    while keys[at] != -1:
        at = (at + 1) & mask
    keys[at] = key
    slots[at] = slot


@njit(cache=True)
def forget(keys: I64, slots: I32, key: int) -> None:
    """Take a key out and close the gap, so that no tombstones gather."""
    mask = keys.size - 1
    at = _bucket(key, mask)
    while keys[at] != key:
        at = (at + 1) & mask
    hole, at = at, (at + 1) & mask
    while keys[at] != -1:
        home = _bucket(keys[at], mask)
        if ((at - home) & mask) >= ((at - hole) & mask):
            keys[hole], slots[hole] = keys[at], slots[at]
            hole = at
        at = (at + 1) & mask
    keys[hole] = -1
