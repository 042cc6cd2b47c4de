"""The kinds of fraud: one list for what a transfer looks like, what a victim complains of and what verdicts say."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from antifraud.domain.decision import Action, Decision, ReasonKind
from antifraud.domain.transfer import Transfer


class FraudType(StrEnum):
    """What the payer is led to believe, or who hides behind the payee."""

    SCAM_CALL = "scam_call"  # "from the bank" or "the police": the safe account, often with a loan taken first
    INVESTMENT = "investment"  # "I will double your money"
    FAKE_SHOP = "fake_shop"
    MIRROR_SITE = "mirror_site"  # a copy of a known site, where people leave their cards or codes
    CAR_PREPAYMENT = "car_prepayment"
    HACKED_FRIEND = "hacked_friend"  # a known account in a network or messenger that somebody else writes from
    TAKEOVER = "takeover"  # somebody else used the client's own access
    STOLEN_IDENTITY = "stolen_identity"
    LOAN_FRAUD = "loan_fraud"  # a loan taken in somebody's name
    AD_AGENCY = "ad_agency"  # registered on a stolen identity to cash out
    MISTAKEN_TRANSFER = "mistaken_transfer"
    MULE = "mule"  # an account lent to fraudsters: a dropper's
    UNKNOWN = "unknown"  # none of these, or nobody knows yet

    @classmethod
    def _missing_(cls, value: object) -> "FraudType | None":
        """Return what incidents called so while they had a list of their own: acts in the journal never change."""
        name = _CALLED_BEFORE.get(value) if isinstance(value, str) else None
        return None if name is None else cls[name]


_CALLED_BEFORE: Final[Mapping[str, str]] = {
    "call": "SCAM_CALL",
    "shop": "FAKE_SHOP",
    "social": "HACKED_FRIEND",
    "loan": "LOAN_FRAUD",
    "dropper": "MULE",
    "other": "UNKNOWN",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSigns:
    """What makes a transfer look like a call "from the bank or police", after which the payer acts for somebody [E]."""

    rules: frozenset[str] = frozenset({"safe_account_call"})  # ids of rules whose reason means that type by itself
    score: float = 0.5  # with a caller or remote control, a score from here on means it


def led(transfer: Transfer) -> bool:
    """Say whether somebody leads the payer right now: on a call, or steering the device from elsewhere."""
    return transfer.call_active is True or transfer.remote_access is True


def scam_call(transfer: Transfer, decision: Decision, signs: CallSigns) -> bool:
    """Say whether a transfer looks like such a call: the one place where that is decided.

    It does when a rule of that type fired, or when somebody leads the payer and besides a loan was just taken, or the
    score is high enough, or no model could speak. A loan alone, or a call alone, is no such sign.
    """
    fired = {reason.code.partition("@")[0] for reason in decision.reasons if reason.kind is ReasonKind.RULE}
    likely = transfer.loan_taken is True or decision.score is None or decision.score >= signs.score
    return bool(fired & signs.rules) or (led(transfer) and likely)


def suspected(transfer: Transfer, decision: Decision, signs: CallSigns) -> FraudType | None:
    """Return what a held or blocked transfer looks like, None for one that is allowed.

    By the signs of a false call; then by where the money goes: a payee that a list, an indicator or a trace names.
    What shows no sign is UNKNOWN.
    """
    if decision.action is Action.ALLOW:
        return None
    if scam_call(transfer, decision, signs):
        return FraudType.SCAM_CALL
    if any(reason.kind is ReasonKind.LIST and ".payee:" in reason.code for reason in decision.reasons):
        return FraudType.MULE
    return FraudType.UNKNOWN
