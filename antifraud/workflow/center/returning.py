"""Give money back: an investigator drafts, a prosecutor sanctions, the bank pays."""

from dataclasses import dataclass
from datetime import datetime

from antifraud.domain.center.basis import BasisKind
from antifraud.domain.center.hold import Hold
from antifraud.domain.center.hold_acts import BasisAdded, BasisEnded, HeldWhat, Returned
from antifraud.domain.center.incident import Incident
from antifraud.domain.center.incident_acts import SanctionAsked
from antifraud.domain.center.people import ENGINE
from antifraud.domain.center.return_acts import Cancelled, Drafted, Executed, Redrafted, Refused, Sanctioned
from antifraud.domain.center.return_order import ReturnOrder, ReturnStatus
from antifraud.domain.errors import Conflict, InvalidValue, NotPermitted
from antifraud.workflow.center.freeing import bound, free
from antifraud.workflow.center.moving import again, begin, current, move
from antifraud.workflow.center.ports import Page
from antifraud.workflow.center.seeing import Signed, seen

_UNDER_WAY = frozenset({ReturnStatus.DRAFTED, ReturnStatus.SANCTIONED, ReturnStatus.REFUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What an investigator wants back, and from whom the sanction is asked; one victim's account gets it."""

    hold_id: str
    amount_minor: int
    prosecution: str  # whether it is one is for the caller to know
    to_account: str | None = None  # None: the account that the incident's first transfer left


def draft_return(page: Page, incident_id: str, draft: Draft, signed: Signed) -> ReturnOrder:
    """Return a new order for a confirmed part of a hold.

    Raise InvalidValue for a sum beyond what is confirmed, held, or lost and not ordered yet; Conflict while another
    order of the hold is under way.
    """
    incident = seen(page, Incident, incident_id, signed.actor, signed.version)
    hold = current(page, page.get(Hold, draft.hold_id), signed.now)
    if hold.incident_id != incident_id:
        raise InvalidValue("hold_id", "is no hold of this incident", draft.hold_id)
    if signed.actor.participant != incident.police:
        raise NotPermitted(f"incident {incident_id}: {signed.actor.participant} does not lead it")
    if hold.birth.what is not HeldWhat.FUNDS:
        raise InvalidValue(
            "hold_id", "the money never left the victim: the bank refuses the instruction", draft.hold_id
        )
    if any(order.status in _UNDER_WAY for order in page.found_by(ReturnOrder, f"hold:{hold.life_id}")):
        raise Conflict(f"a return of hold {hold.life_id} is under way: redraft or cancel it")
    incident = again(page, incident)
    _check_sum(page, incident, hold, draft.amount_minor)
    account, bank = _victim(incident, draft.to_account)
    act = Drafted(
        by=signed.actor,
        at=signed.now,
        reason=signed.reason,
        ground=signed.ground,
        incident_id=incident_id,
        hold_id=hold.life_id,
        bank=hold.birth.bank,
        amount_minor=draft.amount_minor,
        currency=hold.birth.currency,
        to_account=account,
        to_bank=bank,
        prosecution=draft.prosecution,
    )
    order = ReturnOrder.begin(page.new_id(signed.now), act)
    move(page, incident, SanctionAsked(by=ENGINE, at=signed.now, prosecution=draft.prosecution))
    return begin(page, order, act)


def redraft(page: Page, order_id: str, amount_minor: int, signed: Signed) -> ReturnOrder:
    """Return a refused order, drafted anew."""
    order, hold = _at(page, order_id, signed)
    act = Redrafted(
        by=signed.actor, at=signed.now, reason=signed.reason, ground=signed.ground, amount_minor=amount_minor
    )
    order.apply(act)  # what it refuses is said first
    _check_sum(page, page.get(Incident, order.birth.incident_id), hold, amount_minor)
    return move(page, order, act)


def sanction(page: Page, order_id: str, document: str, signed: Signed) -> ReturnOrder:
    """Return a sanctioned order; its money is held on the sanction from now on, what is beyond it is released.

    A police order on the same hold keeps what is beyond, until it ends or is lifted.
    """
    order, hold = _at(page, order_id, signed)
    act = Sanctioned(by=signed.actor, at=signed.now, reason=signed.reason, ground=signed.ground, document=document)
    order = move(page, order, act)
    beyond = hold.held_minor - order.amount_minor
    if beyond > 0 and not bound(hold, signed.now):
        free(page, hold, beyond, signed.now, "beyond what was sanctioned")
        hold = again(page, hold)
    basis = BasisKind.SANCTIONED_RETURN
    move(page, hold, BasisAdded(by=ENGINE, at=signed.now, ground=order_id, basis=basis, document=document))
    return again(page, order)


def refuse_sanction(page: Page, order_id: str, signed: Signed) -> ReturnOrder:
    """Return an order that the prosecutor does not sanction."""
    order, _ = _at(page, order_id, signed)
    return move(page, order, Refused(by=signed.actor, at=signed.now, reason=signed.reason, ground=signed.ground))


def execute(page: Page, order_id: str, payment: str, signed: Signed) -> ReturnOrder:
    """Return an order that the bank paid by its transfer `payment`; the hold has so much less."""
    order, hold = _at(page, order_id, signed)
    act = Executed(by=signed.actor, at=signed.now, reason=signed.reason, ground=signed.ground, payment=payment)
    order.apply(act)  # what it refuses is said before any money moves
    paid = Returned(
        by=signed.actor, at=signed.now, ground=order.sanction, amount_minor=order.amount_minor, order_id=order_id
    )
    hold = move(page, hold, paid)
    order = move(page, order, act)
    _end_sanction(page, hold, order, signed.now)
    return again(page, order)


def cancel(page: Page, order_id: str, signed: Signed) -> ReturnOrder:
    """Return an order that the investigator took back; if only its sanction held the money, that is free."""
    order, hold = _at(page, order_id, signed)
    sanctioned = order.status is ReturnStatus.SANCTIONED
    order = move(page, order, Cancelled(by=signed.actor, at=signed.now, reason=signed.reason, ground=signed.ground))
    if sanctioned:
        _end_sanction(page, hold, order, signed.now)
    return again(page, order)


def _at(page: Page, order_id: str, signed: Signed) -> tuple[ReturnOrder, Hold]:
    """Return an order with its hold as they stand at that moment."""
    order = seen(page, ReturnOrder, order_id, signed.actor, signed.version)
    hold = current(page, page.get(Hold, order.birth.hold_id), signed.now)
    return current(page, again(page, order), signed.now), hold


def _end_sanction(page: Page, hold: Hold, order: ReturnOrder, now: datetime) -> None:
    """Take the sanction off what is held still: it stands on its other bases, or is free."""
    if not hold.held_minor:
        return
    basis, document = BasisKind.SANCTIONED_RETURN, order.sanction
    ended = BasisEnded(by=ENGINE, at=now, ground=order.life_id, basis=basis, document=document)
    current(page, move(page, hold, ended), now)


def _check_sum(page: Page, incident: Incident, hold: Hold, amount_minor: int) -> None:
    orders = page.found_by(ReturnOrder, f"incident:{incident.life_id}")
    ordered = sum(order.amount_minor for order in orders if order.binds)
    limits = {
        "is confirmed of it": incident.confirmed_minor(hold.life_id) - hold.returned_minor,
        "is held": hold.held_minor,
        "was lost and is not ordered yet": incident.returnable_minor - ordered,
    }
    why = min(limits, key=lambda each: limits[each])
    if not 0 < amount_minor <= limits[why]:
        raise InvalidValue("amount_minor", f"must be above zero and at most what {why}, {limits[why]}", amount_minor)


def _victim(incident: Incident, to_account: str | None) -> tuple[str, str | None]:
    """Return the victim's account with its bank; raise InvalidValue for one that no transfer left."""
    accounts = {each.payer: each.payer_bank or each.participant for each in incident.transfers}
    account = incident.transfers[0].payer if to_account is None else to_account
    if account not in accounts:
        raise InvalidValue("to_account", "is none that the victim's transfers left", account)
    return account, accounts[account]
