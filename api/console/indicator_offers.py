"""What somebody may do about indicators: say what monitoring found, and withdraw what was a mistake."""

from datetime import datetime
from typing import Final

from antifraud.domain.center.indicator import Indicator, Withdrawn
from antifraud.domain.center.people import BANK, POLICE, Actor
from api.console import words
from api.console.asking import SAID, Ask, AskKind, Offer, takes
from api.console.words import N_

_FINDINGS: Final = N_("Law on payments, art. 25-1: the Center keeps what its participants find; monitoring is theirs")


def indicator_offers(indicator: Indicator, actor: Actor, now: datetime) -> list[Offer]:
    """Return what the actor may do about an indicator."""
    if not takes(indicator, Withdrawn(by=actor, at=now, reason=SAID)):
        return []
    return [
        Offer(
            name="withdraw",
            title=N_("Withdraw the indicator"),
            effect=N_("From the very next transfer on it counts for nothing."),
            ground=_FINDINGS,
            picks=(N_("It belongs to somebody honest."), N_("The source was wrong.")),
        )
    ]


def spotting_offer(actor: Actor) -> list[Offer]:
    """Return the form that says what was found, for banks and police."""
    if actor.role not in BANK | POLICE:
        return []
    return [
        Offer(
            name="spot",
            title=N_("Say what was found"),
            effect=N_(
                "From the very next transfer on money to it is held, if it is sure enough. The same found again is "
                "surer and lives longer."
            ),
            ground=_FINDINGS,
            asks=(
                Ask(
                    name="kind",
                    kind=AskKind.SELECT,
                    choices=[(each.value, text) for each, text in words.FOUND.items()],
                    label=N_("What was found"),
                ),
                Ask(name="value", hint=N_("as people write it; a card by its token")),
                Ask(
                    name="fraud_type",
                    kind=AskKind.SELECT,
                    choices=[(str(each), text) for each, text in words.FRAUD.items()],
                ),
                Ask(
                    name="source",
                    label=N_("Where it was found"),
                    hint=N_("who or what monitors: your own desk, a service, a complaint"),
                ),
                Ask(name="confidence", kind=AskKind.SUM, hint=N_("1 to 100, as the source says")),
                Ask(name="seen_at", kind=AskKind.MOMENT),
                Ask(name="link", required=False, hint=N_("begins with http:// or https://")),
            ),
            bare=True,
        )
    ]
