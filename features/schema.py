"""The shape of a vector: names in order, and a fingerprint of what they mean."""

import hashlib
from collections.abc import Sequence

from features.spec import Feature

_SEMANTICS = 1  # raise it when windows, ties or reports come to mean something else for the same definition


def names(catalogue: Sequence[Feature]) -> tuple[str, ...]:
    """Return the features' names in the vector's order; raise ValueError if one is taken twice."""
    found = tuple(feature.name for feature in catalogue)
    twice = sorted({name for name in found if found.count(name) > 1})
    if twice:
        raise ValueError(f"features declared twice: {', '.join(twice)}")
    return found


def fingerprint(catalogue: Sequence[Feature]) -> str:
    """Return 16 hex digits that change whenever a vector would mean something else.

    A changed `why` changes nothing; names, definitions and their order do.
    """
    lines = [f"semantics {_SEMANTICS}", *(f"{feature.name} = {feature.definition}" for feature in catalogue)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
