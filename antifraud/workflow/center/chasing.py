"""Stolen money that moves on is looked for at once, not when the next look was planned."""

from collections.abc import Collection, Sequence
from datetime import datetime

from antifraud.domain.center.hold import Hold
from antifraud.domain.center.hold_acts import HeldWhat
from antifraud.domain.center.incident import Incident
from antifraud.domain.center.incident_acts import MoneyMoved
from antifraud.domain.center.people import ENGINE
from antifraud.domain.center.taint import Taint, TaintStatus
from antifraud.workflow.center.ports import Page


def chase(page: Page, payers: Collection[str], at: datetime) -> Sequence[Incident]:
    """Let the incidents whose money is believed to be on accounts that just paid be traced at once; return them.

    It is their clock that traces, in a transaction of its own: many movements in a row are one look.
    """
    moved: dict[str, list[str]] = {}
    for taint in page.found_by_any(Taint, [f"account:{payer}" for payer in payers]):
        if taint.status is TaintStatus.TAINTED and taint.still_minor:
            moved.setdefault(taint.birth.incident_id, []).append(taint.birth.account)
    return [each for name, accounts in sorted(moved.items()) for each in _look_sooner(page, name, accounts, at)]


def chase_released(page: Page, before: Hold, hold: Hold, at: datetime) -> None:
    """Do the same when an act carries out, after all, an instruction that was held, or a further part of it.

    Of an incident's own transfer it is the stolen money itself: its payer, the victim, bears no mark.
    """
    if hold.birth.what is not HeldWhat.INSTRUCTION or hold.released_minor <= before.released_minor:
        return
    payer = hold.birth.account
    chased = {each.life_id for each in chase(page, [payer], at)}
    if hold.incident_id is not None and hold.incident_id not in chased:
        _look_sooner(page, hold.incident_id, [payer], at)


def _look_sooner(page: Page, incident_id: str, accounts: Collection[str], at: datetime) -> Sequence[Incident]:
    """Plan a look at once; return the incident, nothing when it is traced no more or as soon already."""
    incident = page.get(Incident, incident_id)
    if incident.traced_sooner(at) is None:
        return []
    act = MoneyMoved(by=ENGINE, at=at, accounts=tuple(sorted(set(accounts))))
    return [page.act(incident, incident.apply(act), act)]
