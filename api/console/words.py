"""How the console calls what the code knows by names; `N_` marks what is translated when it is shown."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from antifraud.domain.center.basis import BasisKind
from antifraud.domain.center.calendar import working_time
from antifraud.domain.center.hold_acts import ClientSays, EscalatedTo, HeldWhat, RefusalGround, ReleaseGround
from antifraud.domain.center.hold_table import HoldStatus
from antifraud.domain.center.identifiers import IdentifierKind
from antifraud.domain.center.incident_acts import IncidentSource
from antifraud.domain.center.incident_steps import IncidentStatus
from antifraud.domain.center.indicator import IndicatorKind, IndicatorStatus
from antifraud.domain.center.inquiry import InquiryStatus, Suspension
from antifraud.domain.center.listing import ListingStatus, Shade
from antifraud.domain.center.people import Role
from antifraud.domain.center.return_order import ReturnStatus
from antifraud.domain.center.trace import Cut
from antifraud.domain.decision import Action
from antifraud.domain.rule import RuleState
from antifraud.domain.transfer import Channel
from antifraud.domain.typology import FraudType
from models.lineup import What
from models.shadow.verdict import Advice


def N_(text: str) -> str:
    """Mark a text that is translated later."""
    return text


ROLE: Final[Mapping[Role, str]] = {
    Role.BANK_ANALYST: N_("bank analyst"),
    Role.BANK_OFFICER: N_("bank officer"),
    Role.INVESTIGATOR: N_("investigator"),
    Role.PROSECUTOR: N_("prosecutor"),
    Role.TELECOM_DESK: N_("telecom desk"),
    Role.BUREAU_FEED: N_("credit bureau"),
    Role.OPERATOR: N_("operator of the Center"),
    Role.AUDITOR: N_("auditor"),
    Role.PLATFORM: N_("the engine"),
}
STATUS: Final[Mapping[HoldStatus, str]] = {
    HoldStatus.HELD: N_("held"),
    HoldStatus.RELEASE_PROPOSED: N_("waits for a second signature"),
    HoldStatus.RELEASED: N_("released"),
    HoldStatus.REFUSED: N_("refused"),
    HoldStatus.RETURNED: N_("returned"),
    HoldStatus.EXPIRED: N_("released by the clock"),
}
BASIS: Final[Mapping[BasisKind, str]] = {
    BasisKind.BANK_SUSPICION: N_("the bank's suspicion, 5 working days (Law No. 205-VIII)"),
    BasisKind.COERCION: N_("the client acts under pressure, 24 hours (National Bank, January 2026)"),
    BasisKind.POLICE_ORDER: N_("an order of the police"),
    BasisKind.SEIZURE: N_("a seizure by court or prosecutor"),
    BasisKind.SANCTIONED_RETURN: N_("a sanctioned return"),
}
FRAUD: Final[Mapping[str, str]] = {
    FraudType.SCAM_CALL: N_("call from a false bank or police"),
    FraudType.INVESTMENT: N_("false investment"),
    FraudType.FAKE_SHOP: N_("false shop"),
    FraudType.MIRROR_SITE: N_("a copy of a known site"),
    FraudType.CAR_PREPAYMENT: N_("prepayment for a car"),
    FraudType.HACKED_FRIEND: N_("hacked friend"),
    FraudType.TAKEOVER: N_("somebody else used the client's access"),
    FraudType.STOLEN_IDENTITY: N_("stolen identity"),
    FraudType.LOAN_FRAUD: N_("a loan taken in somebody's name"),
    FraudType.AD_AGENCY: N_("agency on a stolen identity"),
    FraudType.MISTAKEN_TRANSFER: N_("“mistaken” transfer"),
    FraudType.MULE: N_("payee is a dropper"),
    FraudType.UNKNOWN: N_("no type known"),
}
RELEASE: Final[Mapping[ReleaseGround, str]] = {
    ReleaseGround.PROVEN_HONEST: N_("it is proven honest: documents, or the payee is known"),
    ReleaseGround.CLIENT_INSISTS: N_("the client confirmed and insists"),
    ReleaseGround.POLICE_DECISION: N_("the police decided so"),
    ReleaseGround.INCIDENT_ENDED: N_("the incident was denied or withdrawn"),
}
REFUSAL: Final[Mapping[RefusalGround, str]] = {
    RefusalGround.FRAUD: N_("it is fraud"),
    RefusalGround.CLIENT_WITHDRAWS: N_("the client does not want it any more"),
    RefusalGround.NO_ANSWER: N_("the client gave no proof and did not answer"),
}
CLIENT: Final[Mapping[ClientSays, str]] = {
    ClientSays.CONFIRMS: N_("confirms"),
    ClientSays.DENIES: N_("denies"),
    ClientSays.UNSURE: N_("is unsure"),
}
WHAT: Final[Mapping[HeldWhat, str]] = {
    HeldWhat.INSTRUCTION: N_("transfer not carried out"),
    HeldWhat.FUNDS: N_("money that arrived"),
}
WHOM: Final[Mapping[EscalatedTo, str]] = {
    EscalatedTo.OFFICER: N_("an officer of the bank"),
    EscalatedTo.POLICE: N_("the police"),
}
SOURCE: Final[Mapping[IncidentSource, str]] = {
    IncidentSource.COMPLAINT: N_("the client complains"),
    IncidentSource.DETECTION: N_("the bank found it itself"),
}
INCIDENT: Final[Mapping[IncidentStatus, str]] = {
    IncidentStatus.OPENED: N_("opened"),
    IncidentStatus.NOTIFIED: N_("banks are told"),
    IncidentStatus.FUNDS_HELD: N_("the money is held"),
    IncidentStatus.PARTIALLY_HELD: N_("a part is held"),
    IncidentStatus.NO_FUNDS: N_("no money was found"),
    IncidentStatus.UNDER_REVIEW: N_("under review"),
    IncidentStatus.EXPIRED: N_("its time ran out"),
    IncidentStatus.CONFIRMED: N_("confirmed"),
    IncidentStatus.DENIED: N_("denied"),
    IncidentStatus.WITHDRAWN: N_("withdrawn"),
    IncidentStatus.RELEASED: N_("ended: all is released"),
    IncidentStatus.RETURN_DRAFTED: N_("a return is drafted"),
    IncidentStatus.RETURN_SANCTIONED: N_("a return is sanctioned"),
    IncidentStatus.RETURN_REFUSED: N_("a return was refused"),
    IncidentStatus.RETURNED: N_("the money is back"),
    IncidentStatus.CLOSED: N_("closed"),
}
INQUIRY: Final[Mapping[InquiryStatus, str]] = {
    InquiryStatus.NOTIFIED: N_("waits for an answer"),
    InquiryStatus.INFORMED: N_("the bank is told: all of it went on"),
    InquiryStatus.ANSWERED_FULL: N_("answered: all is held"),
    InquiryStatus.ANSWERED_PART: N_("answered: a part is held"),
    InquiryStatus.ANSWERED_NONE: N_("answered: nothing is there"),
    InquiryStatus.ENDED: N_("ended with its incident"),
}
SUSPENSION: Final[Mapping[Suspension, str]] = {
    Suspension.ASKED: N_("asked for, the bank has not answered"),
    Suspension.SUSPENDED: N_("remote services are suspended"),
    Suspension.DECLINED: N_("remote services go on"),
}
RETURN: Final[Mapping[ReturnStatus, str]] = {
    ReturnStatus.DRAFTED: N_("waits for a sanction"),
    ReturnStatus.SANCTIONED: N_("sanctioned: the bank pays"),
    ReturnStatus.REFUSED: N_("the sanction was refused"),
    ReturnStatus.EXECUTED: N_("paid"),
    ReturnStatus.CANCELLED: N_("taken back"),
    ReturnStatus.LAPSED: N_("lapsed: nothing is held"),
}
LISTING: Final[Mapping[ListingStatus, str]] = {
    ListingStatus.PROPOSED: N_("proposed: waits for a second person"),
    ListingStatus.GREY: N_("suspected"),
    ListingStatus.BLACK: N_("fraud is confirmed"),
    ListingStatus.GREY_APPEALED: N_("suspected, an appeal waits"),
    ListingStatus.BLACK_APPEALED: N_("fraud is confirmed, an appeal waits"),
    ListingStatus.DROPPED: N_("dropped"),
    ListingStatus.LAPSED: N_("its term ended"),
    ListingStatus.REMOVED: N_("lifted by the police"),
}
INDICATOR: Final[Mapping[IndicatorStatus, str]] = {
    IndicatorStatus.ACTIVE: N_("stands"),
    IndicatorStatus.WITHDRAWN: N_("withdrawn: it was a mistake"),
    IndicatorStatus.EXPIRED: N_("ended: nobody saw it again"),
}
FOUND: Final[Mapping[IndicatorKind, str]] = {
    IndicatorKind.ACCOUNT: N_("account"),
    IndicatorKind.CARD: N_("card"),
    IndicatorKind.WALLET: N_("wallet"),
    IndicatorKind.PHONE: N_("phone number"),
    IndicatorKind.LINK: N_("link"),
}
SHADE: Final[Mapping[Shade, str]] = {Shade.GREY: N_("grey list"), Shade.BLACK: N_("black list")}
SUBJECT: Final[Mapping[IdentifierKind, str]] = {
    IdentifierKind.PERSON: N_("person"),
    IdentifierKind.ACCOUNT: N_("account"),
    IdentifierKind.PHONE: N_("phone number"),
    IdentifierKind.CARD: N_("card"),
    IdentifierKind.WALLET: N_("wallet"),
    IdentifierKind.DEVICE: N_("device"),
}
CUT: Final[Mapping[Cut, str]] = {
    Cut.DEPTH: N_("not followed: too many hops"),
    Cut.SMALL: N_("not followed: too small a sum"),
    Cut.BUSY: N_("not followed: too much moves there"),
    Cut.LIMIT: N_("not followed: too many transfers in all"),
}
CLOCK: Final[Mapping[str, str]] = {
    "hold": N_("the money is free by itself"),
    "inquiry": N_("the bank owes an answer"),
    "return": N_("the prosecutor's usual term ends"),
    "trace": N_("the money is looked for again"),
}
CHANNEL: Final[Mapping[Channel, str]] = {
    Channel.APP: N_("in the app"),
    Channel.WEB: N_("on the web"),
    Channel.ATM: N_("at a cash machine"),
    Channel.POS: N_("at a terminal"),
    Channel.QR: N_("by QR code"),
    Channel.PHONE_TRANSFER: N_("to a phone number"),
    Channel.CARD: N_("by card"),
    Channel.BRANCH: N_("in a branch"),
    Channel.CASH_IN: N_("as cash paid in"),
    Channel.CASH_OUT: N_("as cash taken out"),
    Channel.DEBIT: N_("as a direct debit"),
    Channel.API: N_("through another program"),
    Channel.OTHER: N_("in another way"),
}
ACT: Final[Mapping[str, str]] = {
    "hold.held": N_("held the money"),
    "hold.basis_added": N_("added a basis"),
    "hold.basis_ended": N_("ended a basis"),
    "hold.client_answered": N_("wrote down the client's answer"),
    "hold.assigned": N_("gave the case to somebody"),
    "hold.noted": N_("noted"),
    "hold.escalated": N_("asked for help"),
    "hold.joined_incident": N_("joined it to an incident"),
    "hold.warned": N_("warned that the end is near"),
    "hold.overdue": N_("noted that a return is late"),
    "hold.released": N_("released money"),
    "hold.release_proposed": N_("proposed a release"),
    "hold.countersigned": N_("signed the release second"),
    "hold.declined": N_("declined the proposed release"),
    "hold.refused": N_("refused the transfer"),
    "hold.returned": N_("returned money"),
    "hold.expired": N_("let the money go: the last basis ended"),
    "incident.opened": N_("opened the incident"),
    "incident.opened_again": N_("complained again"),
    "incident.complaint_joined": N_("joined with a complaint"),
    "incident.complaint_dropped": N_("took a complaint back"),
    "incident.notified": N_("told the banks"),
    "incident.money_moved": N_("noted that the money moves on"),
    "incident.trace_due": N_("noted that the money is to be looked for"),
    "incident.traced": N_("followed the money"),
    "incident.lead_taken": N_("took the lead"),
    "incident.handed_over": N_("handed the lead over"),
    "incident.review_begun": N_("began the review"),
    "incident.confirmed": N_("confirmed the fraud"),
    "incident.denied": N_("denied the fraud"),
    "incident.withdrawn": N_("took the last complaint back"),
    "incident.closed": N_("closed the incident"),
    "incident.counted": N_("added up the sums"),
    "incident.held_in_full": N_("noted that all of it is held"),
    "incident.held_in_part": N_("noted that a part is held"),
    "incident.nothing_held": N_("noted that nothing is held"),
    "incident.ran_out": N_("noted that clocks let the money go"),
    "incident.let_go": N_("noted that all is released"),
    "incident.sanction_asked": N_("asked a prosecution for a sanction"),
    "incident.return_drafted": N_("noted a drafted return"),
    "incident.return_sanctioned": N_("noted a sanctioned return"),
    "incident.return_refused": N_("noted a refused return"),
    "incident.returns_ended": N_("noted that no return is under way"),
    "incident.all_returned": N_("noted that all is returned"),
    "inquiry.asked": N_("asked the bank"),
    "inquiry.asked_more": N_("asked for more: the trace found more"),
    "inquiry.chased": N_("reminded the bank"),
    "inquiry.overdue": N_("noted that the answer is late"),
    "inquiry.held_all": N_("answered: all is held"),
    "inquiry.held_part": N_("answered: a part is held"),
    "inquiry.found_nothing": N_("answered: nothing is there"),
    "inquiry.suspension_asked": N_("asked the bank to suspend remote services"),
    "inquiry.suspension_answered": N_("answered about the suspension"),
    "inquiry.lead_noted": N_("noted who leads"),
    "inquiry.ended": N_("ended it with the incident"),
    "return_order.drafted": N_("drafted the return"),
    "return_order.waited": N_("noted that the usual term passed"),
    "return_order.sanctioned": N_("sanctioned the return"),
    "return_order.refused": N_("refused the sanction"),
    "return_order.redrafted": N_("drafted it anew"),
    "return_order.executed": N_("paid the victim"),
    "return_order.cancelled": N_("took the return back"),
    "return_order.lapsed": N_("noted that nothing is held for it any more"),
    "return_order.lead_noted": N_("noted who leads"),
    "listing.listed": N_("listed it"),
    "listing.agreed": N_("agreed: it is grey"),
    "listing.dropped": N_("dropped the proposal"),
    "listing.confirmed": N_("confirmed the fraud: it is black"),
    "listing.appealed": N_("carried an appeal"),
    "listing.appeal_overdue": N_("noted that the answer is late"),
    "listing.kept": N_("refused the appeal"),
    "listing.removed": N_("lifted the entry"),
    "listing.lapsed": N_("noted that its term ended"),
    "indicator.spotted": N_("found it"),
    "indicator.seen_again": N_("found it again"),
    "indicator.withdrawn": N_("withdrew it: it was a mistake"),
    "indicator.ran_out": N_("noted that nobody saw it again"),
}
FIELD: Final[Mapping[str, str]] = {
    "reason": N_("Reason"),
    "ground": N_("It rests on"),
    "because": N_("Because"),
    "says": N_("The client"),
    "to": N_("To"),
    "whom": N_("Whom"),
    "basis": N_("Basis"),
    "document": N_("Document"),
    "until": N_("Until"),
    "part": N_("Sum"),
    "amount": N_("Sum"),
    "words": N_("What the person says"),
    "value": N_("Which"),
    "incident": N_("Incident"),
    "transfers": N_("Transfers of the victim"),
    "source": N_("How it became known"),
    "police": N_("Police"),
    "prosecution": N_("Prosecution"),
    "to_account": N_("Account of the victim"),
    "payment": N_("Transfer by which it was paid"),
    "found": N_("What is there"),
    "suspension": N_("Remote services"),
    "hold_ids": N_("Held on this account already"),
    "fraud_type": N_("Kind of fraud"),
    "confidence": N_("How sure, in percent"),
    "seen_at": N_("When it was seen"),
    "link": N_("Link to where it was seen"),
    "version": N_("Version that you saw"),
}
ACTION: Final[Mapping[Action, str]] = {
    Action.ALLOW: N_("allow"),
    Action.HOLD: N_("hold"),
    Action.BLOCK: N_("block"),
}
RULE_STATE: Final[Mapping[RuleState, str]] = {
    RuleState.DRAFT: N_("draft"),
    RuleState.SHADOW: N_("only watches"),
    RuleState.ACTIVE: N_("decides"),
    RuleState.RETIRED: N_("retired"),
}
ADVICE: Final[Mapping[Advice, str]] = {
    Advice.PROMOTE: N_("Promote the challenger."),
    Advice.KEEP: N_("Keep the champion."),
    Advice.WAIT: N_("Not enough is known yet."),
}
LINEUP_ACT: Final[Mapping[What, str]] = {
    What.BEGAN: N_("began with"),
    What.PROPOSED: N_("proposed"),
    What.APPROVED: N_("approved proposal"),
    What.REJECTED: N_("rejected proposal"),
    What.ROLLED_BACK: N_("went back to lineup"),
    What.CHALLENGED: N_("let watch"),
    What.DISMISSED: N_("dismissed"),
}
CHANGED: Final[Mapping[What, str]] = {
    What.BEGAN: N_("model %(champion)s decides, the first to do so (%(who)s)"),
    What.APPROVED: N_("model %(champion)s decides, signed second by %(who)s"),
    What.ROLLED_BACK: N_("model %(champion)s decides again, brought back by %(who)s"),
}
_URGENCY: Final = (
    (timedelta(hours=4), "now", "▲", N_("act now")),
    (timedelta(hours=24), "today", "◆", N_("ends within a day")),
    (timedelta(hours=72), "soon", "●", N_("ends soon")),
)


def urgency(now: datetime, until: datetime | None) -> tuple[str, str, str]:
    """Return how near an end is, by the working time left: as a class, a shape and words."""
    if until is None:
        return "calm", "○", N_("ends by no clock")
    left = working_time(now, until)
    for limit, name, shape, text in _URGENCY:
        if left < limit:
            return name, shape, text
    return "calm", "○", N_("has time")
