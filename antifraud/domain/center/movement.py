"""A transfer as tracing and the console read it: who, to whom, how much, when, and what was decided."""

from dataclasses import dataclass
from datetime import datetime

from antifraud.domain.decision import Action


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One transfer. `seq` is its place in the decision log; a blocked one is an attempt, and moved nothing."""

    seq: int
    participant: str
    transfer_id: str
    payer: str
    payee: str
    amount_minor: int
    currency: str
    base_minor: int
    at: datetime  # received_at
    action: Action
    purpose: str | None = None
    payer_bank: str | None = None
    payee_bank: str | None = None
