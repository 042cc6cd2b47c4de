"""Whatever the tables let a person do has a form: walked through table by table, role by role."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from antifraud.domain.center import (
    hold_acts,
    hold_table,
    incident_acts,
    incident_steps,
    indicator,
    inquiry,
    inquiry_acts,
    listing_acts,
    return_acts,
    return_order,
)
from antifraud.domain.center import listing as lists
from antifraud.domain.center.basis import BasisKind
from antifraud.domain.center.hold import Hold
from antifraud.domain.center.identifiers import IdentifierKind
from antifraud.domain.center.incident import Incident
from antifraud.domain.center.people import BANK, ENGINE, POLICE, Actor, Role
from antifraud.domain.typology import FraudType
from antifraud.workflow.center.seeing import Signed
from api.console.incident_offers import incident_offers
from api.console.indicator_offers import indicator_offers
from api.console.inquiries import inquiry_offers
from api.console.languages import spoken
from api.console.list_offers import list_offers
from api.console.offers import offers
from api.console.offices import Offices
from api.console.returns import return_offers
from tests.center.passages import passages

BORN = datetime(2026, 3, 2, 6, tzinfo=UTC)
NOW = BORN + timedelta(hours=1)
ENGLISH = spoken()["en"]
SOMEBODY = Actor("bank-1", Role.BANK_ANALYST, "somebody else")
DETECTIVE = Actor("police", Role.INVESTIGATOR, "another detective")
HOLD = Hold.begin(
    "h",
    hold_acts.Held(
        by=ENGINE, at=BORN, bank="bank-1", what=hold_acts.HeldWhat.INSTRUCTION, participant="bank-1", transfer_id="t",
        account="a", amount_minor=900, currency="KZT", basis=BasisKind.BANK_SUSPICION,
    ),
)  # fmt: skip
LARGE = replace(HOLD, birth=replace(HOLD.birth, second_signature_above=1))
ORDERED = HOLD.apply(
    hold_acts.BasisAdded(by=ENGINE, at=BORN, basis=BasisKind.SEIZURE, document="no. 1", ground="no. 1")
)
PROPOSED = hold_acts.ReleaseProposed(
    by=SOMEBODY, at=BORN, amount_minor=900, because=hold_acts.ReleaseGround.PROVEN_HONEST
)
INCIDENT = Incident.begin(
    "i",
    incident_acts.Opened(
        by=SOMEBODY, at=BORN, source=incident_acts.IncidentSource.COMPLAINT, fraud_type=FraudType.SCAM_CALL,
        transfers=tuple(passages(("b1:victim", "b2:mule", 900, 0))),
    ),
)  # fmt: skip
ASKED = inquiry.Inquiry.begin(
    "q",
    inquiry_acts.Asked(
        by=ENGINE, at=BORN, incident_id="i", bank="bank-1", account="a", came_by=("bank-2", "t"), hop=1,
        currency="KZT", asked_minor=900, arrived_minor=900, police="police",
    ),
)  # fmt: skip
ORDER = return_order.ReturnOrder.begin(
    "r",
    return_acts.Drafted(
        by=DETECTIVE, at=BORN, ground="no. 1", incident_id="i", hold_id="h", bank="bank-1", amount_minor=900,
        currency="KZT", to_account="victim", prosecution="prosecution",
    ),
)  # fmt: skip
ENTRY = lists.Listing.begin(
    "l",
    listing_acts.Listed(by=SOMEBODY, at=BORN, subject=IdentifierKind.ACCOUNT, ident="a", ground="an article"),
    until=NOW + timedelta(days=9),
)
FOUND = indicator.Indicator.begin(
    "f",
    indicator.Spotted(
        by=SOMEBODY, at=BORN, kind=indicator.IndicatorKind.ACCOUNT, ident="a", source="monitoring", confidence=0.9,
        fraud_type=FraudType.INVESTMENT, seen_at=BORN, until=NOW + timedelta(days=9),
    ),
)  # fmt: skip
OFFICES = Offices(police=("police", "police-2"), prosecutions=("prosecution",))


def of_hold(actor):
    held = [replace(each, police="police") for each in (HOLD, LARGE, ORDERED, replace(HOLD, assignee=actor.person))]
    return lambda status: [offers(replace(each, status=status, proposal=PROPOSED), actor, NOW) for each in held]


def of_incident(actor):
    complaints = (("bank-1",), ("bank-1", "bank-2"), ("police",), ("police", "bank-2"))
    each_way = [replace(INCIDENT, complainants=each) for each in complaints]
    each_way += [replace(each, police="police") for each in each_way]
    return lambda status: [
        incident_offers(replace(each, status=status), [], [], OFFICES, actor, NOW, ENGLISH) for each in each_way
    ]


def of_inquiry(actor):
    def offered(status):
        left = 0 if status is inquiry.InquiryStatus.INFORMED else 900
        each_way = [replace(ASKED, suspension=each) for each in (None, inquiry.Suspension.ASKED)]
        held = 100 if status is inquiry.InquiryStatus.ANSWERED_PART else 0
        lives = [replace(each, status=status, asked_minor=left, held_minor=held) for each in each_way]
        return [inquiry_offers(each, [], Signed(actor=actor, now=NOW), ENGLISH) for each in lives]

    return offered


def of_return(actor):
    return lambda status: [return_offers(replace(ORDER, status=status), actor, NOW, ENGLISH)]


def of_listing(actor):
    return lambda status: [list_offers(replace(ENTRY, status=status), actor, NOW)]


def of_indicator(actor):
    spotted = replace(FOUND.birth, by=actor)
    return lambda status: [indicator_offers(replace(FOUND, birth=spotted, status=status), actor, NOW)]


FORMS = {
    hold_acts.Assigned: "take|give-back",
    hold_acts.BasisAdded: "extend",
    hold_acts.BasisEnded: "end-basis",
    hold_acts.ClientAnswered: "answer",
    hold_acts.Countersigned: "countersign",
    hold_acts.Declined: "decline",
    hold_acts.Escalated: "escalate",
    hold_acts.Noted: "note",
    hold_acts.Refused: "refuse",
    hold_acts.Released: "release",
    hold_acts.ReleaseProposed: "release",
    incident_acts.Closed: "close",
    incident_acts.ComplaintDropped: "withdraw",
    incident_acts.Confirmed: "confirm",
    incident_acts.Denied: "deny",
    incident_acts.HandedOver: "hand-over",
    incident_acts.LeadTaken: "lead",
    incident_acts.ReviewBegun: "review",
    incident_acts.Withdrawn: "withdraw",
    indicator.Withdrawn: "withdraw",
    inquiry_acts.FoundNothing: "answer",
    inquiry_acts.HeldAll: "answer",
    inquiry_acts.HeldPart: "answer",
    inquiry_acts.SuspensionAnswered: "suspension",
    inquiry_acts.SuspensionAsked: "ask-suspension",
    listing_acts.Agreed: "agree",
    listing_acts.Appealed: "appeal",
    listing_acts.Confirmed: "confirm",
    listing_acts.Dropped: "drop",
    listing_acts.Kept: "keep",
    listing_acts.Removed: "remove",
    return_acts.Cancelled: "cancel",
    return_acts.Executed: "execute",
    return_acts.Redrafted: "redraft",
    return_acts.Refused: "refuse",
    return_acts.Sanctioned: "sanction",
}
ELSEWHERE = {
    hold_acts.Returned: "on the page of its return: paid there, it is returned here",
    hold_acts.JoinedIncident: "follows from opening an incident or answering an inquiry; the API has no door for it",
    indicator.SeenAgain: "the form that says what was found: the same found again",
    incident_acts.OpenedAgain: "the form that opens an incident: the same transfers named again",
    incident_acts.ComplaintJoined: "the form that opens an incident: another participant names its transfers",
}
TABLES = {
    "hold": (hold_table.NEXT, of_hold),
    "incident": (incident_steps.NEXT, of_incident),
    "inquiry": (inquiry.NEXT, of_inquiry),
    "return": (return_order.NEXT, of_return),
    "indicator": (indicator.NEXT, of_indicator),
    "listing": (lists.NEXT, of_listing),
}
WHERE = {Role.INVESTIGATOR: "police", Role.PROSECUTOR: "prosecution"}


def human(table):
    """Return each (state, act, role) of a table in which somebody acts by a form of his own."""
    return [
        (status, act, role)
        for (status, act), step in table.items()
        for role in step.roles & (BANK | POLICE | {Role.PROSECUTOR})
        if act not in ELSEWHERE
    ]


@pytest.mark.parametrize("name", TABLES)
def test_what_a_person_may_do_in_a_state_can_be_done_by_a_form(name):
    table, offered_to = TABLES[name]
    without = []
    for status, act, role in human(table):
        shown = offered_to(Actor(WHERE.get(role, "bank-1"), role, "a person"))(status)
        names = {offer.name for each in shown for offer in each}
        if not names & set(FORMS[act].split("|")):
            without.append(f"{status}: {act.__name__} by {role}")
    assert sorted(without) == []


def test_nothing_is_excused_that_no_table_knows():
    known = {act for table, _ in TABLES.values() for _, act in table}
    assert ELSEWHERE.keys() | FORMS.keys() <= known
