"""What is known of pushing events to a webhook: plain facts, which are no acts."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Outcome(StrEnum):
    """What became of an event at a webhook."""

    DELIVERED = "delivered"
    FAILED = "failed"  # and is tried again
    GIVEN_UP = "given_up"  # may be sent again by hand


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a webhook has come."""

    webhook_id: str
    seq: int  # of the last act that is settled: delivered, or given up
    attempts: int = 0  # that failed for the next one
    given_up: int = 0  # acts in a row
    next_at: datetime
    claimed_until: datetime

    def free_at(self) -> datetime:
        """Return when somebody may go on with it."""
        return max(self.next_at, self.claimed_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What became of one act at a webhook, after so many attempts."""

    webhook_id: str
    seq: int
    outcome: Outcome
    attempts: int
    at: datetime
    status: int | None = None  # that the receiver answered
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """How one attempt went: without a problem it was taken."""

    status: int | None
    problem: str | None
