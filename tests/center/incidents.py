"""A book with movements in it and the people of three banks, the police and the prosecution; all fictional."""

from antifraud.domain.center.incident import Incident
from antifraud.domain.center.incident_acts import ConfirmedPart, IncidentSource
from antifraud.domain.center.inquiry import Inquiry
from antifraud.domain.center.people import Actor, Role
from antifraud.domain.center.trace import TracePolicy
from antifraud.domain.decision import Action
from antifraud.domain.moment import micros
from antifraud.domain.typology import FraudType
from antifraud.workflow.center.answering import Reply, answer_inquiry
from antifraud.workflow.center.opening import Complaint, open_incident
from antifraud.workflow.center.returning import Draft, draft_return
from antifraud.workflow.center.reviewing import confirm, review, take_lead
from antifraud.workflow.center.seeing import Signed

ANALYSTS = {name: Actor(name, Role.BANK_ANALYST, f"analyst of {name}") for name in ("bank-1", "bank-2", "bank-3")}
ANALYSTS["bank-4"] = Actor("bank-4", Role.BANK_ANALYST, "analyst of bank-4")
DANA = Actor("police", Role.INVESTIGATOR, "dana")
ERLAN = Actor("police-2", Role.INVESTIGATOR, "erlan")
FARIDA = Actor("prosecution", Role.PROSECUTOR, "farida")
POLICY = TracePolicy(least_minor=1)


def seed(page, passages, action=Action.ALLOW):
    """Put passages into the book as transfers that were decided."""
    begin = page.cursor("seeded")
    rows = [
        (
            begin + number, each.participant, each.transfer_id, each.payer, each.payee, each.amount_minor,
            each.currency, each.amount_minor, micros(each.at), action.value, None, each.payer_bank, each.payee_bank,
        )
        for number, each in enumerate(passages, 1)
    ]  # fmt: skip
    page.keep_movements(rows, since=min(each.at for each in passages))
    page.move_cursor("seeded", begin + len(rows))


def opened(page, transfers, now, by=ANALYSTS["bank-1"], policy=POLICY, **more):
    source = IncidentSource.POLICE if by.role is Role.INVESTIGATOR else IncidentSource.COMPLAINT
    complaint = Complaint(source=source, fraud_type=FraudType.SCAM_CALL, transfers=tuple(transfers), **more)
    return open_incident(page, complaint, by, now, policy)[0]


def inquiries(page, incident):
    """Return the inquiries of an incident by account."""
    return {each.birth.account: each for each in page.found_by(Inquiry, f"incident:{incident.life_id}")}


def answered(page, inquiry, now, held_minor=None, **more):
    """Let the bank that is asked hold so much, or what is asked for."""
    reply = Reply(held_minor=inquiry.left_minor if held_minor is None else held_minor, **more)
    return answer_inquiry(page, inquiry.life_id, reply, ANALYSTS[inquiry.birth.bank], now)


def signed(by, now, **more):
    return Signed(actor=by, now=now, reason="as the papers say", ground="case 26-1", **more)


def confirmed(page, incident, now, parts, *, lead=True):
    """Let the police lead, review and confirm parts {hold id: amount}."""
    if lead:
        take_lead(page, incident.life_id, signed(DANA, now))
    review(page, incident.life_id, signed(DANA, now))
    listed = [ConfirmedPart(hold_id=name, amount_minor=amount) for name, amount in parts.items()]
    return confirm(page, incident.life_id, listed, signed(DANA, now))


def drafted(page, incident, hold, now, amount_minor=None, by=DANA):
    amount = hold.held_minor if amount_minor is None else amount_minor
    draft = Draft(hold_id=hold.life_id, amount_minor=amount, prosecution="prosecution")
    return draft_return(page, incident.life_id, draft, signed(by, now))


def fresh(page, incident):
    return page.get(Incident, incident.life_id)
