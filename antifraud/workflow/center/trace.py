"""Follow an incident's money: ask the banks where it is, and mark the accounts that have it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from antifraud.domain.center.incident import Incident
from antifraud.domain.center.incident_acts import Notified, Traced
from antifraud.domain.center.incident_steps import IncidentStatus
from antifraud.domain.center.inquiry import Inquiry, InquiryStatus
from antifraud.domain.center.inquiry_acts import Asked, AskedMore
from antifraud.domain.center.movement import Movement
from antifraud.domain.center.passage import Passage
from antifraud.domain.center.people import ENGINE
from antifraud.domain.center.return_order import ReturnOrder
from antifraud.domain.center.taint import Measured, Taint, Tainted
from antifraud.domain.center.trace import Reached, Surroundings, Trace, TracePolicy, trace
from antifraud.workflow.center.moving import again, begin, move
from antifraud.workflow.center.ports import Page
from antifraud.workflow.center.stopped import let_through, moved_minor
from antifraud.workflow.center.summing import summarise

_TICK = timedelta(microseconds=1)
_EVER: Final = datetime.max.replace(tzinfo=UTC)


def traced(page: Page, incident: Incident, policy: TracePolicy, now: datetime) -> Trace | None:
    """Return where the money of an incident went, None while all of its transfers are stopped; writes nothing."""
    sums = [(each, let_through(page, each.ref, each.amount_minor)) for each in incident.transfers]
    stolen = [replace(each, amount_minor=moved) for each, moved in sums if moved]
    if not stolen:
        return None

    def look(account: str, since: datetime, until: datetime) -> Surroundings | None:
        # What the book has did happen: a machine whose clock was set back must not take it for the future.
        upto = _EVER if until == now else until + _TICK
        after, limit = since + _TICK, policy.busiest + 1
        outs = page.movements(after, upto, payer=account, limit=limit)
        ins = page.movements(after, upto, payee=account, limit=limit)
        if len(outs) + len(ins) > policy.busiest:
            return None
        return Surroundings(_carried_out(page, outs), _carried_out(page, ins))

    return trace(stolen, look, policy, now)


def follow_money(page: Page, incident: Incident, policy: TracePolicy, now: datetime) -> Incident:
    """Trace an incident, ask each bank that the money reached, mark the accounts; return the incident after it."""
    found = traced(page, incident, policy, now)
    banks: list[str] = []
    if found is not None:
        banks = _ask(page, incident, _worth_asking(found, policy), now)
        _mark(page, incident, found, policy, now)
        incident = move(page, again(page, incident), _noted(page, incident, found, policy, now))
    if banks or again(page, incident).status is IncidentStatus.OPENED:
        told = Notified(by=ENGINE, at=now, banks=tuple(dict.fromkeys(banks)))
        incident = move(page, again(page, incident), told)
    return summarise(page, incident.life_id, now)


def _noted(page: Page, incident: Incident, found: Trace, policy: TracePolicy, now: datetime) -> Traced:
    orders = page.found_by(ReturnOrder, f"incident:{incident.life_id}")
    paid = {(order.birth.bank, order.payment) for order in orders if order.payment is not None}
    victims = {each.payer for each in incident.transfers}
    back = (hop for hop in found.hops if hop.passage.payee in victims and hop.passage.ref not in paid)
    return Traced(
        by=ENGINE,
        at=now,
        until=found.until,
        rule=policy.rule.value,
        accounts=len(found.reached),
        still_minor=sum(each.still_minor for each in found.reached),
        came_back_minor=sum(hop.tainted_minor for hop in back),
    )


def _carried_out(page: Page, movements: Sequence[Movement]) -> Sequence[Passage]:
    sums = [(each, moved_minor(page, each)) for each in movements]
    return [replace(Passage.of(each), amount_minor=moved) for each, moved in sums if moved]


def _worth_asking(found: Trace, policy: TracePolicy) -> list[Reached]:
    """Return the accounts whose banks are asked: the first ones always, others from a least sum on."""
    least = policy.least_minor
    asked = [each for each in found.reached if each.hop == 1 or each.tainted_in_minor >= least]
    return sorted(asked, key=lambda each: each.hop > 1)[: policy.most_asked]  # stable: else where most money is


def _ask(page: Page, incident: Incident, reached: Sequence[Reached], now: datetime) -> list[str]:
    """Ask each account's bank, or for more where more was found; return the banks that have to answer (again).

    What follows for the incident is summed up once, when all of them are asked.
    """
    asked = {each.birth.account: each for each in page.found_by(Inquiry, f"incident:{incident.life_id}")}
    told: list[str] = []
    for each in reached:
        before = asked.get(each.account)
        if before is None and each.bank is not None:
            _begin_inquiry(page, incident, each, each.bank, now)
            told.append(each.bank)
        elif before is not None and before.status is not InquiryStatus.ENDED and each.still_minor > before.asked_minor:
            arrived = max(each.tainted_in_minor, before.arrived_minor)
            more = AskedMore(by=ENGINE, at=now, asked_minor=each.still_minor, arrived_minor=arrived)
            page.act(before, before.apply(more), more)
            told.append(before.birth.bank)
    return told


def _begin_inquiry(page: Page, incident: Incident, reached: Reached, bank: str, now: datetime) -> None:
    act = Asked(
        by=ENGINE,
        at=now,
        incident_id=incident.life_id,
        bank=bank,
        account=reached.account,
        came_by=reached.came_by,
        hop=reached.hop,
        currency=incident.currency,
        asked_minor=reached.still_minor,
        arrived_minor=reached.tainted_in_minor,
        police=incident.police,
    )
    page.act(None, Inquiry.begin(page.new_id(now), act), act)


def _mark(page: Page, incident: Incident, found: Trace, policy: TracePolicy, now: datetime) -> None:
    """Write which accounts hold how much of it, for whoever decides on their next transfers."""
    marked = {each.birth.account: each for each in page.found_by(Taint, f"incident:{incident.life_id}")}
    having = [each for each in found.reached if each.still_minor > 0][: policy.most_marked]
    for each in having:
        taint = marked.pop(each.account, None)
        if taint is None:
            birth = Tainted(
                by=ENGINE,
                at=now,
                incident_id=incident.life_id,
                account=each.account,
                bank=each.bank,
                since=each.since,
                still_minor=each.still_minor,
                share_ppm=each.share_ppm,
            )
            begin(page, Taint.begin(page.new_id(now), birth), birth)
        elif (taint.still_minor, taint.share_ppm) != (each.still_minor, each.share_ppm):
            act = Measured(by=ENGINE, at=now, still_minor=each.still_minor, share_ppm=each.share_ppm)
            move(page, taint, act)
    for gone in marked.values():
        if gone.still_minor:
            move(page, gone, Measured(by=ENGINE, at=now, still_minor=0, share_ppm=0))
