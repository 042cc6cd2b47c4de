"""Acts and lives to begin with; all names are fictional."""

from antifraud.domain.center.basis import BasisKind
from antifraud.domain.center.hold import Hold
from antifraud.domain.center.hold_acts import Held, HeldWhat
from antifraud.domain.center.people import Actor, Role

ANALYST = Actor("bank-1", Role.BANK_ANALYST, "aliya")
OFFICER = Actor("bank-1", Role.BANK_OFFICER, "bolat")
SAME_AS_ANALYST = Actor("bank-1", Role.BANK_OFFICER, "Aliya ")
STRANGER = Actor("bank-2", Role.BANK_ANALYST, "carl")
INVESTIGATOR = Actor("police", Role.INVESTIGATOR, "dana")


def held(at, amount_minor=1_000_000, by=ANALYST, **more):
    return Held(
        by=by,
        at=at,
        **{
            "bank": "bank-1",
            "what": HeldWhat.INSTRUCTION,
            "participant": "bank-1",
            "transfer_id": "t1",
            "account": "acc-1",
            "amount_minor": amount_minor,
            "currency": "KZT",
            "basis": BasisKind.BANK_SUSPICION,
            **more,
        },
    )


def begin_hold(page, at, **more):
    act = held(at, **more)
    return page.act(None, Hold.begin(page.new_id(at), act), act)


def clocks(life, moments):
    """Yield what the platform does when it looks at these moments."""
    for now in moments:
        while (act := life.due(now)) is not None:
            life = life.apply(act)
            yield act
