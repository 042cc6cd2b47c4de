"""From a held decision to the hold of its instruction: on which basis, and whether somebody leads the payer."""

from dataclasses import dataclass
from typing import Final

from antifraud.domain.center.basis import BasisKind
from antifraud.domain.center.hold_acts import Held, HeldWhat
from antifraud.domain.center.people import ENGINE
from antifraud.domain.center.policy import CenterPolicy
from antifraud.domain.decision import Decision, ReasonKind
from antifraud.domain.transfer import Transfer

SAFE_ACCOUNT: Final = "safe_account"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """What a held decision is suspected to be."""

    basis: BasisKind
    fraud_type: str | None
    safe_account: bool


def suspicion_of(transfer: Transfer, decision: Decision, policy: CenterPolicy) -> Suspicion:
    """Return what the signs say.

    It is the type *safe account* (a call "from the bank or police", after which the payer acts for somebody else)
    when a rule of that type fired, or when the payer is on a call or the device is steered from elsewhere, and
    besides a loan was just taken, or the score is at least the policy's, or no model could speak. Then, if the call
    or the steering goes on, the basis is coercion: 24 hours. A loan alone is no such sign.
    """
    rules = {reason.code.partition("@")[0] for reason in decision.reasons if reason.kind is ReasonKind.RULE}
    led = transfer.call_active is True or transfer.remote_access is True
    score = decision.score
    likely = transfer.loan_taken is True or score is None or score >= policy.safe_account_score
    safe_account = bool(rules & policy.safe_account_rules) or (led and likely)
    return Suspicion(
        basis=BasisKind.COERCION if led and safe_account else BasisKind.BANK_SUSPICION,
        fraud_type=SAFE_ACCOUNT if safe_account else None,
        safe_account=safe_account,
    )


def hold_of(transfer: Transfer, decision: Decision, policy: CenterPolicy) -> Held | None:
    """Return the birth of the hold of a held instruction; None when there is no money in it to hold.

    It begins when the transfer was received, exactly: the bank holds it since it was told to.
    """
    if transfer.amount_minor == 0:
        return None
    found = suspicion_of(transfer, decision, policy)
    return Held(
        by=ENGINE,
        at=transfer.received_at,
        reason=", ".join(reason.code for reason in decision.reasons),
        bank=transfer.participant,
        what=HeldWhat.INSTRUCTION,
        participant=transfer.participant,
        transfer_id=transfer.transfer_id,
        account=transfer.payer,
        amount_minor=transfer.amount_minor,
        currency=transfer.currency,
        basis=found.basis,
        score=decision.score,
        fraud_type=found.fraud_type,
        safe_account=found.safe_account,
        second_signature_above=_in_its_currency(policy.second_signature_above_minor, transfer),
    )


def _in_its_currency(limit_minor: int | None, transfer: Transfer) -> int | None:
    """Return a limit in base currency as one of the transfer's own, at its own rate, rounded down."""
    if limit_minor is None or transfer.base_minor == transfer.amount_minor:
        return limit_minor
    if transfer.base_minor == 0:
        return None  # so little that it is worth nothing in base currency
    return limit_minor * transfer.amount_minor // transfer.base_minor
