"""From a held decision to the hold of its instruction: on which basis, and whether somebody leads the payer."""

from antifraud.domain.center.basis import BasisKind
from antifraud.domain.center.hold_acts import Held, HeldWhat
from antifraud.domain.center.people import ENGINE
from antifraud.domain.center.policy import CenterPolicy
from antifraud.domain.decision import Decision
from antifraud.domain.transfer import Transfer
from antifraud.domain.typology import FraudType, led, suspected


def hold_of(transfer: Transfer, decision: Decision, policy: CenterPolicy) -> Held | None:
    """Return the birth of the hold of a held instruction; None when there is no money in it to hold.

    It begins when the transfer was received, exactly: the bank holds it since it was told to. When it looks like a
    call "from the bank or police" and the call or the steering goes on, the basis is coercion: 24 hours.
    """
    if transfer.amount_minor == 0:
        return None
    looks_like = suspected(transfer, decision, policy.scam_call)
    safe_account = looks_like is FraudType.SCAM_CALL
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
        basis=BasisKind.COERCION if safe_account and led(transfer) else BasisKind.BANK_SUSPICION,
        score=decision.score,
        fraud_type=looks_like,
        safe_account=safe_account,
        second_signature_above=_in_its_currency(policy.second_signature_above_minor, transfer),
    )


def _in_its_currency(limit_minor: int | None, transfer: Transfer) -> int | None:
    """Return a limit in base currency as one of the transfer's own, at its own rate, rounded down."""
    if limit_minor is None or transfer.base_minor == transfer.amount_minor:
        return limit_minor
    if transfer.base_minor == 0:
        return None  # so little that it is worth nothing in base currency
    return limit_minor * transfer.amount_minor // transfer.base_minor
