"""What somebody may do about an incident right now: only what the incident itself would take is offered."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from antifraud.domain.center import incident_acts as acts
from antifraud.domain.center.hold import Hold
from antifraud.domain.center.hold_acts import HeldWhat
from antifraud.domain.center.incident import Incident
from antifraud.domain.center.people import BANK, ENGINE, POLICE, Actor
from antifraud.domain.center.return_order import ReturnOrder, ReturnStatus
from api.console import words
from api.console.asking import SAID, Ask, AskKind, Offer, takes
from api.console.languages import Language
from api.console.offices import Offices
from api.console.words import N_

PART: Final = "part:"
"""Before the id of a hold: how much of it is confirmed."""

_DECIDES: Final = N_("the police decide whether it was fraud; the decision has a number")
_RETURN: Final = N_("Law No. 205-VIII: held money goes back on an investigator's decision with a prosecutor's sanction")
_COMPLAINT: Final = N_("Law on payments, art. 25-1: participants tell the Center of events with signs of fraud")
_ORDER: Final = N_("the order of work between participants; it moves no money")
_UNDER_WAY: Final = frozenset({ReturnStatus.DRAFTED, ReturnStatus.SANCTIONED, ReturnStatus.REFUSED})


def incident_offers(
    incident: Incident,
    holds: Sequence[Hold],
    orders: Sequence[ReturnOrder],
    offices: Offices,
    actor: Actor,
    now: datetime,
    language: Language,
) -> list[Offer]:
    """Return what the actor may do, in the order in which it is usually done; `holds` are those of the incident."""
    sign: dict[str, Any] = {"by": actor, "at": now, "reason": SAID, "ground": SAID}
    others = [(name, name) for name in offices.police if name != actor.participant]
    found = []
    if incident.police is None and takes(incident, acts.LeadTaken(**sign)):
        found.append(
            Offer(
                name="lead",
                title=N_("Take the lead"),
                effect=N_("You see all of it from now on: its holds, what banks are asked, its returns."),
                ground=_DECIDES,
                picks=(N_("It is of our territory."),),
            )
        )
    if takes(incident, acts.ReviewBegun(**sign)):
        found.append(
            Offer(
                name="review",
                title=N_("Begin the review"),
                effect=N_("Banks go on answering; after it the incident is confirmed or denied."),
                ground=_ORDER,
                picks=(N_("The banks have answered."),),
            )
        )
    if takes(incident, acts.Confirmed(**sign)):
        found.append(
            Offer(
                name="confirm",
                title=N_("Confirm further money") if incident.confirmed else N_("Confirm the fraud"),
                effect=N_("What is held beyond the sums below is released at once. Fraud is learnt from."),
                ground=_DECIDES,
                asks=[*_parts(incident, holds, language), _decision()],
            )
        )
    if takes(incident, acts.SanctionAsked(by=ENGINE, at=now, prosecution=SAID)) and _leads(incident, actor):
        found += _drafts(incident, holds, orders, offices, language)
    if takes(incident, acts.Denied(**sign)):
        found.append(
            Offer(
                name="deny",
                title=N_("Deny: it was no fraud"),
                effect=N_("Its money is released, but for what stands on other bases. This cannot be undone."),
                ground=_DECIDES,
                asks=(_decision(required=False),),
            )
        )
    dropped = acts.ComplaintDropped if len(incident.complainants) > 1 else acts.Withdrawn
    if takes(incident, dropped(**sign)):
        found.append(
            Offer(
                name="withdraw",
                title=N_("Take the complaint back"),
                effect=N_("The complaints of others stand.")
                if len(incident.complainants) > 1
                else N_("It is the last complaint: the incident ends and its money is released."),
                ground=_COMPLAINT,
                picks=(N_("The client recognised the payment."),),
            )
        )
    if others and takes(incident, acts.HandedOver(**sign, police=others[0][0])):
        found.append(
            Offer(
                name="hand-over",
                title=N_("Hand it over"),
                effect=N_("Other police lead it from now on, and decide."),
                ground=_DECIDES,
                asks=(Ask(name="police", kind=AskKind.SELECT, choices=others, names=True), _decision(required=False)),
            )
        )
    if takes(incident, acts.Closed(**sign)):
        found.append(
            Offer(
                name="close",
                title=N_("Close it"),
                effect=N_("Nothing is asked or followed any more."),
                ground=_ORDER,
            )
        )
    return found


def opening_offer(actor: Actor) -> list[Offer]:
    """Return the form that opens an incident, for who may."""
    if actor.role not in BANK | POLICE:
        return []
    sources = words.SOURCE.items() if actor.role in BANK else ()
    police = actor.role in POLICE
    return [
        Offer(
            name="open",
            title=N_("Open an incident"),
            effect=N_("Its money is followed at once, and each bank that it reached is asked."),
            ground=_COMPLAINT,
            asks=[
                Ask(
                    name="transfers",
                    kind=AskKind.LONG,
                    hint=N_("one a line: participant/transfer")
                    if police
                    else N_("one a line; of another bank: participant/transfer"),
                ),
                *([Ask(name="source", kind=AskKind.CHOICE, choices=[(str(a), b) for a, b in sources])] * (not police)),
                Ask(name="fraud_type", kind=AskKind.SELECT, choices=[(str(a), b) for a, b in words.FRAUD.items()]),
                Ask(name="ground", required=False, hint=N_("the number of the complaint or the case")),
            ],
            picks=(N_("The client was led by a caller."), N_("The client did not give this instruction.")),
        )
    ]


def returnable(incident: Incident, hold: Hold, orders: Sequence[ReturnOrder]) -> int:
    """Return how much of a hold a new return can be of; 0 while one of it is under way."""
    if hold.birth.what is not HeldWhat.FUNDS:
        return 0
    if any(each.birth.hold_id == hold.life_id and each.status in _UNDER_WAY for each in orders):
        return 0
    ordered = sum(each.amount_minor for each in orders if each.binds)
    confirmed = incident.confirmed_minor(hold.life_id) - hold.returned_minor
    return max(0, min(confirmed, hold.held_minor, incident.returnable_minor - ordered))


def _drafts(
    incident: Incident, holds: Sequence[Hold], orders: Sequence[ReturnOrder], offices: Offices, language: Language
) -> list[Offer]:
    """Return one form for each hold that something can go back of."""
    victims = list(dict.fromkeys(each.payer for each in incident.transfers))
    found = []
    for each in holds:
        most = returnable(incident, each, orders)
        if most <= 0 or not offices.prosecutions:
            continue
        found.append(
            Offer(
                name=f"draft-{each.life_id}",
                title=N_("Draft a return"),
                about=f"{each.birth.account}, {language.money(most, each.birth.currency)}",
                effect=N_("A prosecution is asked to sanction it; with the sanction the bank has a day to pay."),
                ground=_RETURN,
                asks=(
                    Ask(name="amount", kind=AskKind.SUM, value=language.typed(most, each.birth.currency)),
                    Ask(
                        name="prosecution",
                        kind=AskKind.SELECT,
                        choices=[(name, name) for name in offices.prosecutions],
                        names=True,
                    ),
                    Ask(name="to_account", kind=AskKind.SELECT, choices=[(name, name) for name in victims], names=True),
                    _decision(),
                ),
            )
        )
    return found


def _parts(incident: Incident, holds: Sequence[Hold], language: Language) -> list[Ask]:
    """Ask how much of each hold is the victim's: usually all that it holds, up to what was lost."""
    asks, left = [], incident.claimed_minor
    for each in holds:
        if not each.held_minor:
            continue
        usual = min(each.held_minor, left)
        left -= usual
        asks.append(
            Ask(
                name=PART + each.life_id,
                kind=AskKind.SUM,
                required=False,
                label=N_("The victim's of the money on"),
                about=f"{each.birth.account}, {each.birth.bank}",
                value=language.typed(usual, each.birth.currency),
            )
        )
    return asks


def _decision(*, required: bool = True) -> Ask:
    return Ask(name="ground", required=required, label=N_("Number of the decision"))


def _leads(incident: Incident, actor: Actor) -> bool:
    return actor.role in POLICE and actor.participant == incident.police
