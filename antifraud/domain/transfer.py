"""One instruction to move money, as a participant sent it and as the engine received it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Channel(StrEnum):
    """How the payer gave the instruction."""

    APP = "app"
    WEB = "web"
    ATM = "atm"
    POS = "pos"
    QR = "qr"
    PHONE_TRANSFER = "phone_transfer"  # to a phone number instead of an account
    CARD = "card"
    BRANCH = "branch"
    CASH_IN = "cash_in"
    CASH_OUT = "cash_out"
    DEBIT = "debit"
    API = "api"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A transfer before execution. `participant` and `transfer_id` together name it for ever.

    Times are aware. `received_at` is the engine's own clock, the only one that windows use;
    `occurred_at` is the participant's, and only a value. A signal that the participant does not
    measure is None, which is not False.
    """

    participant: str
    transfer_id: str
    payer: str
    payee: str
    amount_minor: int  # of `currency`, not below zero
    currency: str  # ISO 4217
    base_minor: int  # the same amount in the engine's base currency: what features add up
    channel: Channel
    occurred_at: datetime
    received_at: datetime
    purpose: str | None = None  # KNP, three digits
    end_to_end_id: str | None = None  # one id through the whole chain of messages
    payer_bank: str | None = None
    payee_bank: str | None = None
    payer_iin_bin: str | None = None
    payee_iin_bin: str | None = None
    payer_phone: str | None = None
    payee_phone: str | None = None
    device_id: str | None = None
    ip: str | None = None
    new_device: bool | None = None  # first seen for this payer within the last day
    remote_access: bool | None = None  # a remote-control program is running on the device
    call_active: bool | None = None  # the payer is on a call while giving the instruction
    phone_changed: bool | None = None  # the payer's phone number changed within 48 hours
    loan_taken: bool | None = None  # a loan was paid out to the payer within 24 hours
    payee_account_age_days: int | None = None  # since the payee's bank opened the account
