"""Stolen money that moves on is looked for at once, not when the next look was planned."""

from collections.abc import Collection, Sequence
from datetime import datetime

from antifraud.domain.center.hold import Hold
from antifraud.domain.center.hold_acts import HeldWhat
from antifraud.domain.center.hold_table import HoldStatus
from antifraud.domain.center.incident import Incident
from antifraud.domain.center.incident_acts import MoneyMoved
from antifraud.domain.center.people import ENGINE
from antifraud.domain.center.taint import Taint, TaintStatus
from antifraud.workflow.center.ports import Page

_WENT: frozenset[HoldStatus] = frozenset({HoldStatus.RELEASED, HoldStatus.EXPIRED})


def chase(page: Page, payers: Collection[str], at: datetime) -> Sequence[Incident]:
    """Let the incidents whose money is believed to be on accounts that just paid be traced at once; return them.

    It is their clock that traces, in a transaction of its own: many movements in a row are one look.
    """
    moved: dict[str, list[str]] = {}
    for taint in page.found_by_any(Taint, [f"account:{payer}" for payer in payers]):
        if taint.status is TaintStatus.TAINTED and taint.still_minor:
            moved.setdefault(taint.birth.incident_id, []).append(taint.birth.account)
    chased = []
    for name, accounts in sorted(moved.items()):
        incident = page.get(Incident, name)
        if incident.traced_sooner(at) is not None:
            act = MoneyMoved(by=ENGINE, at=at, accounts=tuple(sorted(set(accounts))))
            chased.append(page.act(incident, incident.apply(act), act))
    return chased


def chase_released(page: Page, hold: Hold, at: datetime) -> None:
    """Do the same when an instruction is carried out after all that was held."""
    if hold.birth.what is HeldWhat.INSTRUCTION and hold.status in _WENT:
        chase(page, [hold.birth.account], at)
