"""A hash table from a pair's key to its slot: open addressing, linear probing, no tombstones."""

import numpy as np

from features.jit import kernel
from features.layout import I32, I64, Int

MAX_SLOTS = 1 << 28  # two members and the number of the pair share 64 bits
_NONE = 0  # no pair's key: a table that nothing was written to is empty, and takes no memory


@kernel
def pair_key(pair: Int, first: Int, second: Int) -> Int:
    """Return the slots of a pair's members, and which pair it is, as one number."""
    return (np.int64(pair + 1) << 56) | (np.int64(first) << 28) | np.int64(second)


@kernel
def _bucket(key: Int, mask: Int) -> Int:
    """Scatter a key over the buckets (the finaliser of splitmix64)."""
    x = np.uint64(key)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.int64((x ^ (x >> np.uint64(31))) & np.uint64(mask))


@kernel
def find(keys: I64, slots: I32, key: Int) -> Int:
    """Return the slot of a key, or -1."""
    mask = keys.size - 1
    at = _bucket(key, mask)
    while keys[at] != _NONE:
        if keys[at] == key:
            return np.int64(slots[at])
        at = (at + 1) & mask
    return np.int64(-1)


@kernel
def insert(keys: I64, slots: I32, key: Int, slot: Int) -> None:
    """Put a key that is not there yet into a table with room."""
    mask = keys.size - 1
    at = _bucket(key, mask)
    while keys[at] != _NONE:
        at = (at + 1) & mask
    keys[at] = key
    slots[at] = slot


@kernel
def forget(keys: I64, slots: I32, key: Int) -> None:
    """Take a key out, if it is there, and close the gap, so that no tombstones gather."""
    mask = keys.size - 1
    at = _bucket(key, mask)
    while keys[at] != key:
        if keys[at] == _NONE:
            return
        at = (at + 1) & mask
    hole, at = at, (at + 1) & mask
    while keys[at] != _NONE:
        home = _bucket(keys[at], mask)
        if ((at - home) & mask) >= ((at - hole) & mask):
            keys[hole], slots[hole] = keys[at], slots[at]
            hole = at
        at = (at + 1) & mask
    keys[hole] = _NONE
