"""Which transfers moved nothing: what was blocked, and what is held before its execution and not let go."""

from collections.abc import Iterable

from antifraud.domain.center.hold import Hold
from antifraud.domain.center.hold_acts import HeldWhat
from antifraud.domain.center.hold_table import HoldStatus
from antifraud.domain.center.movement import Movement
from antifraud.domain.center.passage import Ref
from antifraud.domain.decision import Action
from antifraud.workflow.center.ports import Page

_STOPPED = frozenset({HoldStatus.HELD, HoldStatus.RELEASE_PROPOSED, HoldStatus.REFUSED})


def is_stopped(page: Page, ref: Ref) -> bool:
    """Say whether a transfer was held before its execution and has not been let go."""
    holds = page.found_by(Hold, f"transfer:{ref[0]}/{ref[1]}")
    return any(hold.birth.what is HeldWhat.INSTRUCTION and hold.status in _STOPPED for hold in holds)


def stopped_among(page: Page, movements: Iterable[Movement]) -> frozenset[int]:
    """Return the numbers of the movements that are only attempts: no money moved by them."""
    return frozenset(each.seq for each in movements if moved_nothing(page, each))


def moved_nothing(page: Page, movement: Movement) -> bool:
    """Say whether a movement is only an attempt."""
    if movement.action is Action.HOLD:
        return is_stopped(page, (movement.participant, movement.transfer_id))
    return movement.action is Action.BLOCK
