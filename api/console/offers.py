"""What somebody may do about a hold right now: only what the hold itself would take is offered."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from antifraud.domain.center.act import Act
from antifraud.domain.center.basis import BasisKind
from antifraud.domain.center.hold import Hold
from antifraud.domain.center.hold_acts import (
    Assigned,
    BasisAdded,
    BasisEnded,
    ClientAnswered,
    ClientSays,
    Countersigned,
    Declined,
    Escalated,
    EscalatedTo,
    Noted,
    RefusalGround,
    Refused,
    Released,
    ReleaseGround,
    ReleaseProposed,
)
from antifraud.domain.center.people import Actor
from api.console import words
from api.console.asking import SAID, Ask, AskKind, Offer, takes
from api.console.words import N_

_LAW: Final = N_("Law No. 205-VIII: what a bank may hold on suspicion, it may let go when the suspicion is gone")
_DESK: Final = N_("the bank's own order of work; it moves no money")


def offers(hold: Hold, actor: Actor, now: datetime) -> list[Offer]:
    """Return what the actor may do, in the order in which it is usually done."""
    sign: dict[str, Any] = {"by": actor, "at": now, "reason": SAID, "ground": SAID}
    amount = hold.held_minor
    two = hold.needs_second_signature(amount)
    kind = ReleaseProposed if two else Released

    def may(act: Act) -> bool:
        return takes(hold, act)

    def choice(tried: Mapping[str, Act], said: Mapping[str, str]) -> list[tuple[str, str]]:
        return [(value, said[value]) for value, act in tried.items() if may(act)]

    release = choice(
        {each: kind(**sign, amount_minor=amount, because=each) for each in ReleaseGround},
        {str(each): text for each, text in words.RELEASE.items()},
    )
    refuse = choice(
        {each: Refused(**sign, because=each) for each in RefusalGround},
        {str(each): text for each, text in words.REFUSAL.items()},
    )
    orders: dict[str, Act] = {
        BasisKind.SEIZURE: BasisAdded(**sign, basis=BasisKind.SEIZURE, document=SAID),
        BasisKind.POLICE_ORDER: BasisAdded(
            **sign, basis=BasisKind.POLICE_ORDER, document=SAID, until=now + timedelta(days=1)
        ),
    }
    own = {str(each): BasisAdded(**sign, basis=each) for each in (BasisKind.COERCION, BasisKind.BANK_SUSPICION)}
    extend = choice({**own, **orders}, {str(each): text for each, text in words.BASIS.items()})
    end = choice(
        {str(each): BasisEnded(**sign, basis=each) for each in BasisKind},
        {str(each): text for each, text in words.BASIS.items()},
    )
    answers = choice(
        {each: ClientAnswered(**sign, says=each) for each in ClientSays},
        {str(each): text for each, text in words.CLIENT.items()},
    )
    whom = choice(
        {each: Escalated(**sign, whom=each) for each in EscalatedTo},
        {str(each): text for each, text in words.WHOM.items()},
    )
    fraud_types = [
        Ask(
            name="fraud_type",
            kind=AskKind.SELECT,
            choices=[(str(each), text) for each, text in words.FRAUD.items()],
            label=N_("Kind of fraud, for the police"),
        )
        for value, _ in whom
        if value == EscalatedTo.POLICE
    ]
    found = []
    if hold.assignee != actor.person and may(Assigned(by=actor, at=now, to=actor.person)):
        found.append(
            Offer(
                name="take",
                title=N_("Take the case"),
                effect=N_("It is yours until you give it back."),
                ground=_DESK,
                bare=True,
            )
        )
    if may(Countersigned(by=actor, at=now)):
        found.append(
            Offer(
                name="countersign",
                title=N_("Sign the release second"),
                effect=N_("The proposed sum goes to the payee at once. This cannot be undone."),
                ground=_LAW,
                picks=(N_("I checked the documents myself."),),
            )
        )
    if may(Declined(by=actor, at=now)):
        found.append(
            Offer(
                name="decline",
                title=N_("Decline the release"),
                effect=N_("The money stays held, and its clock goes on."),
                ground=_LAW,
                picks=(N_("The documents do not convince me."),),
            )
        )
    if release:
        effect = (
            N_("The sum is above the bank's limit: it stays held until an officer, another person, signs second.")
            if two
            else N_("The money goes to the payee at once. This cannot be undone.")
        )
        found.append(
            Offer(
                name="release",
                title=N_("Release"),
                effect=effect,
                ground=_LAW,
                asks=(
                    Ask(name="because", kind=AskKind.CHOICE, choices=release),
                    Ask(name="part", kind=AskKind.SUM, required=False, hint=N_("left empty: all that is held")),
                ),
                picks=(
                    N_("The client came with the contract."),
                    N_("The client knows the payee in person; called back on the known number."),
                ),
            )
        )
    if refuse:
        found.append(
            Offer(
                name="refuse",
                title=N_("Confirm as fraud, or refuse"),
                effect=N_("The transfer is not carried out; fraud is learnt from. This cannot be undone."),
                ground=_LAW,
                asks=(Ask(name="because", kind=AskKind.CHOICE, choices=refuse),),
                picks=(N_("The client was led by a caller."), N_("The client did not give this instruction.")),
            )
        )
    if answers:
        found.append(
            Offer(
                name="answer",
                title=N_("Write down the client's answer"),
                effect=N_("By itself it lets nothing go."),
                ground=_DESK,
                asks=(Ask(name="says", kind=AskKind.CHOICE, choices=answers),),
                picks=(N_("Called back on the number that the bank knows."),),
            )
        )
    if extend:
        found.append(
            Offer(
                name="extend",
                title=N_("Hold on a further basis"),
                effect=N_(
                    "The money is held until the last basis ends. The bank's own bases end with the fifth working day."
                ),
                ground=N_("the law of that basis; an order names its document"),
                asks=(
                    Ask(name="basis", kind=AskKind.CHOICE, choices=extend),
                    Ask(name="document", required=False, hint=N_("of an order or a seizure")),
                    Ask(
                        name="until",
                        kind=AskKind.MOMENT,
                        required=False,
                        hint=N_("of an order of the police, on the clock of Almaty"),
                    ),
                    Ask(name="ground", required=False),
                ),
            )
        )
    if end:
        found.append(
            Offer(
                name="end-basis",
                title=N_("Take a basis back"),
                effect=N_("If it is the last one, the money is free at that moment. This cannot be undone."),
                ground=N_("the law of that basis; an order is lifted by who gave it"),
                asks=(
                    Ask(name="basis", kind=AskKind.CHOICE, choices=end),
                    Ask(name="document", required=False, hint=N_("which one, if there are several of a kind")),
                    Ask(name="ground", required=False, hint=N_("of an order: the decision that lifts it")),
                ),
                picks=(N_("The suspicion is gone."),),
            )
        )
    if whom:
        found.append(
            Offer(
                name="escalate",
                title=N_("Ask for help"),
                effect=N_("An officer finds it in the queue; for the police an incident is opened. The clock goes on."),
                ground=_DESK,
                asks=(Ask(name="whom", kind=AskKind.CHOICE, choices=whom), *fraud_types),
            )
        )
    if may(Noted(by=actor, at=now)):
        found.append(
            Offer(
                name="note",
                title=N_("Write a note"),
                effect=N_("Whoever may see the whole case reads it."),
                ground=_DESK,
            )
        )
    if hold.assignee == actor.person and may(Assigned(by=actor, at=now, to=None)):
        found.append(
            Offer(
                name="give-back",
                title=N_("Give the case back"),
                effect=N_("It lies in the bank's queue again."),
                ground=_DESK,
                bare=True,
            )
        )
    return found
