"""Social money stays usable: what came in as pensions or wages may pay taxes, utilities and loans, up to it."""

from collections.abc import Iterable
from dataclasses import dataclass

from antifraud.domain.center.movement import Movement
from antifraud.domain.center.policy import CenterPolicy
from antifraud.domain.decision import Action


@dataclass(frozen=True, slots=True, kw_only=True)
class Usable:
    """Sums in minor units of the base currency: what came in, what of it went out for living, what is left."""

    inflow_minor: int
    spent_minor: int
    usable_minor: int


def usable(account: str, movements: Iterable[Movement], policy: CenterPolicy) -> Usable:
    """Return what an account may still spend on living while the rest of its money is held.

    `movements` are what it paid and got, in any order. Only what was allowed counts: a held or blocked transfer moved
    nothing. A payment is met from what had come in before it, so that taxes paid before the pension cost nothing of
    it; what one sends to oneself is no inflow. [draft rule of the National Bank, V; the order of events is ours, E]
    """
    inflow = spent = left = 0
    for each in sorted(movements, key=lambda each: (each.at, each.seq)):
        if each.action is not Action.ALLOW or each.payer == each.payee:
            continue
        if each.payee == account and policy.social(each.purpose):
            inflow += each.base_minor
            left += each.base_minor
        elif each.payer == account and policy.living(each.purpose):
            met = min(left, each.base_minor)
            spent += met
            left -= met
    return Usable(inflow_minor=inflow, spent_minor=spent, usable_minor=left)


def may_spend(amount_minor: int, purpose: str | None, left: Usable, policy: CenterPolicy) -> bool:
    """Say whether a payment of the account is one for living that social money covers whole."""
    return policy.living(purpose) and amount_minor <= left.usable_minor
