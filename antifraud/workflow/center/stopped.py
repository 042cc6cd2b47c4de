"""How much of a transfer moved: nothing of what was blocked, nor of what is held before its execution."""

from collections.abc import Iterable

from antifraud.domain.center.hold import Hold
from antifraud.domain.center.hold_acts import HeldWhat
from antifraud.domain.center.movement import Movement
from antifraud.domain.center.passage import Ref
from antifraud.domain.decision import Action
from antifraud.workflow.center.ports import Page


def let_through(page: Page, ref: Ref, amount_minor: int) -> int:
    """Return how much of a transfer was not held before its execution, or was let go since."""
    holds = page.found_by(Hold, f"transfer:{ref[0]}/{ref[1]}")
    kept = [hold.birth.amount_minor - hold.released_minor for hold in holds if hold.birth.what is HeldWhat.INSTRUCTION]
    return max(0, amount_minor - max(kept, default=0))


def moved_minor(page: Page, movement: Movement) -> int:
    """Return how much a transfer of the decision log moved."""
    if movement.action is Action.HOLD:
        return let_through(page, (movement.participant, movement.transfer_id), movement.amount_minor)
    return 0 if movement.action is Action.BLOCK else movement.amount_minor


def stopped_among(page: Page, movements: Iterable[Movement]) -> frozenset[int]:
    """Return the numbers of the movements that are only attempts: no money moved by them."""
    return frozenset(each.seq for each in movements if not moved_minor(page, each))
