"""The kinds of fraud that the police name, and which of them a transfer looks like."""

from enum import StrEnum

from antifraud.domain.decision import Action, Decision, ReasonKind
from antifraud.domain.transfer import Transfer


class FraudType(StrEnum):
    """What the payer is led to believe, or who hides behind the payee."""

    SCAM_CALL = "scam_call"  # "from the bank" or "the police": the safe account, often with a loan taken first
    INVESTMENT = "investment"  # "I will double your money"
    FAKE_SHOP = "fake_shop"
    CAR_PREPAYMENT = "car_prepayment"
    HACKED_FRIEND = "hacked_friend"
    STOLEN_IDENTITY = "stolen_identity"
    AD_AGENCY = "ad_agency"  # registered on a stolen identity to cash out
    MISTAKEN_TRANSFER = "mistaken_transfer"
    MULE = "mule"
    UNKNOWN = "unknown"


def suspected(transfer: Transfer, decision: Decision) -> FraudType | None:
    """Return what a held or blocked transfer looks like, None for one that is allowed.

    By the signs that a payer is led by somebody: a call or a remote hand on the device, a loan just taken. Then by
    where the money goes: a payee that a list, an indicator or a trace names. What shows no sign is UNKNOWN.
    """
    if decision.action is Action.ALLOW:
        return None
    if transfer.call_active or transfer.remote_access or transfer.loan_taken:
        return FraudType.SCAM_CALL
    if any(reason.kind is ReasonKind.LIST and ".payee:" in reason.code for reason in decision.reasons):
        return FraudType.MULE
    return FraudType.UNKNOWN
