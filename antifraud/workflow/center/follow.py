"""Follow the decision log: each held decision becomes a hold, each transfer a movement, exactly once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from antifraud.domain.center.hold import Hold
from antifraud.domain.center.idents import Hashed
from antifraud.domain.center.policy import CenterPolicy
from antifraud.domain.center.suspicion import hold_of
from antifraud.domain.decision import Decision
from antifraud.domain.transfer import Transfer
from antifraud.workflow.center.chasing import chase
from antifraud.workflow.center.moving import begin
from antifraud.workflow.center.ports import Page, Row
from antifraud.workflow.center.sightings import Naming, sightings_in

DECISIONS: Final = "decisions"


@dataclass(frozen=True, slots=True)
class HeldDecision:
    """A transfer that was held, with why."""

    transfer: Transfer
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What the decision log holds in `(after, upto]`."""

    after: int
    upto: int
    payers: Collection[str]  # accounts that money left: by transfers that were allowed
    rows: Sequence[Row]  # of all transfers, as the log's reader and the book agree on them
    held: Sequence[HeldDecision]
    named: Sequence[Naming] = ()  # of the transfers that name more than accounts


class DecidedLog(Protocol):
    """The decision log as the follower reads it."""

    def after(self, seq: int, limit: int, *, over_gap: bool = False) -> Block | None:
        """Return the next block, an empty one before a gap that may still be filled; None when nothing is there."""
        ...

    def last(self) -> int:
        """Return the number of the last row, 0 while there is none."""
        ...

    def received_after(self, seq: int) -> datetime | None:
        """Return when the first decision after that number was received, None where there is none."""
        ...


def take(page: Page, block: Block, policy: CenterPolicy, now: datetime, hashed: Hashed | None = None) -> bool:
    """Let a block have its effects in this transaction; return False if it had them before.

    Without `hashed` (no key is set) nobody is known by person or phone.
    """
    if page.cursor(DECISIONS) != block.after:
        return False
    for each in block.held:
        begin_held(page, each, policy)
    page.keep_movements(block.rows, since=now - policy.movements_kept)
    chase(page, block.payers, now)
    page.keep_sightings(sightings_in(block.named, hashed))
    page.move_cursor(DECISIONS, block.upto)
    return True


def begin_held(page: Page, each: HeldDecision, policy: CenterPolicy) -> Hold | None:
    """Begin the hold of a held decision; None if there is one of that bank already, or no money to hold."""
    act = hold_of(each.transfer, each.decision, policy)
    if act is None:
        return None
    key = f"transfer:{act.participant}/{act.transfer_id}"
    if any(hold.birth.bank == act.bank for hold in page.found_by(Hold, key)):
        return None
    return begin(page, Hold.begin(page.new_id(act.at), act), act)
