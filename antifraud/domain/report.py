"""What becomes known about a transfer afterwards: a judgement with a source and a moment, never an edit."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ReportSource(StrEnum):
    """Who learnt it."""

    CLIENT_COMPLAINT = "client_complaint"
    BANK_DETECTION = "bank_detection"
    POLICE = "police"
    VERDICT = "verdict"  # the end of an investigation in this engine
    CHARGEBACK = "chargeback"
    DATASET = "dataset"  # imported truth of a public or simulated set


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A fraud report about a transfer, or its withdrawal.

    `known_at` is when the engine learnt it. Features and training see it strictly after that moment;
    a later report about the same transfer supersedes an earlier one and erases nothing.
    """

    participant: str  # whose transfer it is about
    transfer_id: str
    fraud: bool  # False withdraws what was reported before
    source: ReportSource
    known_at: datetime
    fraud_type: str | None = None
    reporter: str | None = None  # the participant that reported, if not the transfer's own
