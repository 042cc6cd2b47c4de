"""Answer an inquiry: the bank holds what it found, and says so, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from antifraud.domain.center.basis import BasisKind
from antifraud.domain.center.hold import Hold
from antifraud.domain.center.hold_acts import Held, HeldWhat, JoinedIncident
from antifraud.domain.center.incident import Incident
from antifraud.domain.center.inquiry import Inquiry, answer_kind
from antifraud.domain.center.inquiry_acts import SuspensionAnswered, SuspensionAsked
from antifraud.domain.center.people import ENGINE, Actor
from antifraud.domain.errors import InvalidValue, NotPermitted
from antifraud.workflow.center.moving import again, begin, current, move
from antifraud.workflow.center.ports import Page
from antifraud.workflow.center.seeing import Signed, seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a bank answers. Held beyond what can have arrived only with a reason."""

    held_minor: int  # held from now on, besides what `hold_ids` hold
    hold_ids: tuple[str, ...] = ()  # holds of this account that the bank has already
    reason: str | None = None
    ground: str | None = None


def answer_inquiry(
    page: Page,
    inquiry_id: str,
    reply: Reply,
    actor: Actor,
    now: datetime,
    *,
    version: int | None = None,
    second_signature_above: int | None = None,
) -> Inquiry:
    """Return the inquiry after a bank's answer; what it holds is a hold of funds, on its suspicion, of the incident.

    Raise NotPermitted for another bank, InvalidValue for sums that do not fit, IllegalTransition once it ended.
    """
    inquiry = current(page, seen(page, Inquiry, inquiry_id, actor, version), now)
    if actor.participant != inquiry.birth.bank:
        raise NotPermitted(
            f"inquiry {inquiry_id} is to {inquiry.birth.bank}: {actor.participant} has nothing to answer"
        )
    if reply.held_minor < 0:
        raise InvalidValue("held_minor", "must not be below zero", reply.held_minor)
    incident = page.get(Incident, inquiry.birth.incident_id)
    joined = [_joined(page, inquiry, incident, hold_id, now) for hold_id in dict.fromkeys(reply.hold_ids)]
    held = reply.held_minor + sum(hold.held_minor for hold in joined)
    _check_not_again(page, inquiry, held)
    names: Sequence[str] = [hold.life_id for hold in joined]
    kind = answer_kind(inquiry, held)
    if reply.held_minor:
        names = [*names, page.new_id(now)]
    act = kind(by=actor, at=now, reason=reply.reason, ground=reply.ground, held_minor=held, hold_ids=tuple(names))
    inquiry.apply(act)  # what it refuses is said before anything is held
    for hold in joined:
        if hold.incident_id is None:
            move(page, hold, JoinedIncident(by=ENGINE, at=now, incident_id=incident.life_id, police=incident.police))
    if reply.held_minor:
        birth = _held(inquiry, incident, reply, actor, now, second_signature_above)
        begin(page, Hold.begin(names[-1], birth), birth)
    return move(page, again(page, inquiry), act)


def ask_suspension(page: Page, inquiry_id: str, signed: Signed) -> Inquiry:
    """Ask the bank, as the police that lead, to suspend remote services of the account."""
    inquiry = current(page, seen(page, Inquiry, inquiry_id, signed.actor, signed.version), signed.now)
    act = SuspensionAsked(by=signed.actor, at=signed.now, reason=signed.reason, ground=signed.ground)
    return move(page, inquiry, act)


def answer_suspension(page: Page, inquiry_id: str, signed: Signed, *, suspended: bool) -> Inquiry:
    """Say, as the bank that is asked, whether it did so."""
    inquiry = current(page, seen(page, Inquiry, inquiry_id, signed.actor, signed.version), signed.now)
    act = SuspensionAnswered(
        by=signed.actor, at=signed.now, reason=signed.reason, ground=signed.ground, suspended=suspended
    )
    return move(page, inquiry, act)


def _joined(page: Page, inquiry: Inquiry, incident: Incident, hold_id: str, now: datetime) -> Hold:
    hold = current(page, page.get(Hold, hold_id), now)
    if (hold.birth.bank, hold.birth.account) != (inquiry.birth.bank, inquiry.birth.account):
        raise InvalidValue(
            "hold_ids", f"holds money of {inquiry.birth.bank} on the account that is asked about", hold_id
        )
    if not hold.held_minor or hold.birth.currency != inquiry.birth.currency:
        raise InvalidValue("hold_ids", f"holds {inquiry.birth.currency} still", hold_id)
    if hold.incident_id not in (None, incident.life_id):
        raise InvalidValue("hold_ids", "belongs to no other incident", hold_id)
    if hold_id in inquiry.hold_ids:
        raise InvalidValue("hold_ids", "is in an answer already", hold_id)
    return hold


def _check_not_again(page: Page, inquiry: Inquiry, held_minor: int) -> None:
    """Refuse to hold anew what was held for this account and let go: terms would follow one another for ever."""
    if held_minor <= inquiry.arrived_minor - inquiry.held_minor:
        return
    earlier = page.found_by(Hold, f"account:{inquiry.birth.account}")
    let_go = [hold for hold in earlier if hold.life_id in inquiry.hold_ids and hold.released_minor]
    if let_go:
        raise InvalidValue(
            "held_minor", f"hold {let_go[0].life_id} of this money ended: it is not held again", held_minor
        )


def _held(
    inquiry: Inquiry, incident: Incident, reply: Reply, actor: Actor, now: datetime, second_signature_above: int | None
) -> Held:
    participant, transfer_id = inquiry.birth.came_by
    return Held(
        by=actor,
        at=now,
        reason=reply.reason,
        ground=reply.ground,
        bank=inquiry.birth.bank,
        what=HeldWhat.FUNDS,
        participant=participant,
        transfer_id=transfer_id,
        account=inquiry.birth.account,
        amount_minor=reply.held_minor,
        currency=inquiry.birth.currency,
        basis=BasisKind.BANK_SUSPICION,
        fraud_type=incident.birth.fraud_type.value,
        incident_id=incident.life_id,
        police=incident.police,
        second_signature_above=second_signature_above,
    )
