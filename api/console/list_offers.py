"""What somebody may do about an entry of the lists right now: only what the entry itself would take is offered."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from antifraud.domain.center import listing_acts as acts
from antifraud.domain.center.act import Act
from antifraud.domain.center.identifiers import IdentifierKind
from antifraud.domain.center.listing import Listing, ListingStatus
from antifraud.domain.center.people import BANK, POLICE, Actor
from api.console import words
from api.console.asking import SAID, Ask, AskKind, Offer, takes
from api.console.words import N_

_LISTS: Final = N_("Law on payments, art. 25-1: the databases of the Center, kept by its participants")
_POLICE: Final = N_("the police decide about entries; the bank lifts nothing by itself")
_APPEAL: Final = N_("the person asks through any bank of his; the police in charge answer")
_DOCUMENT: Final = Ask(name="document", label=N_("Number of the decision"))


def list_offers(listing: Listing, actor: Actor, now: datetime) -> list[Offer]:
    """Return what the actor may do, in the order in which it is usually done."""
    sign: dict[str, Any] = {"by": actor, "at": now, "reason": SAID}
    appealed = listing.status in (ListingStatus.GREY_APPEALED, ListingStatus.BLACK_APPEALED)
    later = now + timedelta(days=1)
    offers: Sequence[tuple[Act, Offer]] = (
        (
            acts.Agreed(**sign, until=later),
            Offer(
                name="agree",
                title=N_("Agree: put it on the grey list"),
                effect=N_("From the very next transfer on it counts, until its term ends."),
                ground=_LISTS,
                bare=True,
            ),
        ),
        (
            acts.Dropped(**sign),
            Offer(
                name="drop",
                title=N_("Drop the proposal"),
                effect=N_("It never counted, and will not."),
                ground=_LISTS,
                picks=(N_("The evidence is not enough."),),
            ),
        ),
        (
            acts.Confirmed(**sign, document=SAID),
            Offer(
                name="confirm",
                title=N_("Confirm: put it on the black list"),
                effect=N_("Transfers to it are blocked from now on; the entry has no term."),
                ground=_POLICE,
                asks=(_DOCUMENT,),
            ),
        ),
        (
            acts.Kept(**sign, document=SAID),
            Offer(
                name="keep",
                title=N_("Refuse the appeal"),
                effect=N_("The entry stays as it was. The person may appeal again."),
                ground=_POLICE,
                asks=(_DOCUMENT,),
            ),
        ),
        (
            acts.Removed(**sign, document=SAID),
            Offer(
                name="remove",
                title=N_("Grant the appeal: lift the entry") if appealed else N_("Lift the entry"),
                effect=N_("From the very next transfer on it counts for nothing."),
                ground=_POLICE,
                asks=(_DOCUMENT,),
            ),
        ),
        (
            acts.Appealed(**sign, words=SAID, answer_by=later),
            Offer(
                name="appeal",
                title=N_("Carry an appeal of the person"),
                effect=N_("The police have a term to answer; until then the entry stands."),
                ground=_APPEAL,
                asks=(Ask(name="words", kind=AskKind.LONG),),
                bare=True,
            ),
        ),
    )
    return [offer for act, offer in offers if takes(listing, act)]


def adding_offer(actor: Actor) -> list[Offer]:
    """Return the form that begins an entry, for who may: never the operator."""
    if actor.role not in BANK | POLICE:
        return []
    police = actor.role in POLICE
    return [
        Offer(
            name="add",
            title=N_("Put on the grey list") if police else N_("Propose for the grey list"),
            effect=N_("From the very next transfer on it counts, until its term ends.")
            if police
            else N_("An officer of your bank, another person, has to agree before it counts."),
            ground=_LISTS,
            asks=(
                Ask(
                    name="kind",
                    kind=AskKind.SELECT,
                    choices=[(each.value, words.SUBJECT[each]) for each in IdentifierKind],
                    label=N_("What is listed"),
                ),
                Ask(name="value", hint=N_("as people write it; of a person the IIN or BIN")),
                Ask(
                    name="fraud_type",
                    kind=AskKind.SELECT,
                    choices=[(str(each), text) for each, text in words.FRAUD.items()],
                ),
                Ask(name="ground", hint=N_("the article, decree or case")),
                Ask(name="incident", required=False, hint=N_("its name, if there is one")),
                Ask(
                    name="until",
                    kind=AskKind.MOMENT,
                    required=False,
                    hint=N_("left empty: the term of the Center's policy"),
                ),
            ),
        )
    ]
