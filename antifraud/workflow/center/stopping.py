"""What of an incident's money can still be stopped, where, and by which request."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from antifraud.domain.center.hold import Hold
from antifraud.domain.center.incident import Incident
from antifraud.domain.center.inquiry import Inquiry
from antifraud.domain.center.trace import Reached, Trace
from antifraud.workflow.center.ports import Page

_TRANSIT_PPM: Final = 500_000  # an account that passed on half of what reached it serves the thieves [E]
_MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stoppable:
    """One account that stolen money reached, with what is done there and what is proposed.

    `hold_minor` is what could still be held and is not. `suspend` proposes that the bank suspends the account's
    remote services (a request: the bank decides).
    """

    reached: Reached
    inquiry: Inquiry | None
    held_minor: int
    hold_minor: int
    suspend: bool


def stoppable(page: Page, incident: Incident, found: Trace) -> Sequence[Stoppable]:
    """Return the accounts of a trace, those where most can still be held in front."""
    asked = {each.birth.account: each for each in page.found_by(Inquiry, f"incident:{incident.life_id}")}
    held: dict[str, int] = {}
    gone: dict[str, int] = {}  # paid back: no transfer says so, and it is there no more
    for hold in page.found_by(Hold, f"incident:{incident.life_id}"):
        account = hold.birth.account
        held[account] = held.get(account, 0) + hold.held_minor
        gone[account] = gone.get(account, 0) + hold.returned_minor
    accounts = [
        _one(each, asked.get(each.account), held.get(each.account, 0), gone.get(each.account, 0))
        for each in found.reached
    ]
    return sorted(accounts, key=lambda each: -each.hold_minor)  # stable: else as the trace ranks them


def _one(reached: Reached, inquiry: Inquiry | None, held_minor: int, gone_minor: int) -> Stoppable:
    passed_on = reached.tainted_out_minor * _MILLION // max(reached.tainted_in_minor, 1)
    return Stoppable(
        reached=reached,
        inquiry=inquiry,
        held_minor=held_minor,
        hold_minor=max(reached.still_minor - held_minor - gone_minor, 0),
        suspend=passed_on >= _TRANSIT_PPM,
    )
