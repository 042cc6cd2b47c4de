"""How much the engine takes on at once; `api.settings` lets an operator choose it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one request, and all of them together, may bring."""

    body_bytes: int = 1 << 20
    batch_bytes: int = 8 << 20
    on_the_way: int = 5_000  # transfers being decided at the same time
    on_the_way_each: int = 4_000  # of one participant
    budget_ms: int = 300  # for a decision, from the moment its request is read
    batch_budget_ms: int = 10_000  # for those of a batch
    patience_ms: int = 1_000  # for the disk, when the time for the decision is over
