"""Money that passed from one account to another, as people claim it and tracing follows it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from antifraud.domain.center.movement import Movement
from antifraud.domain.decision import Action
from antifraud.domain.errors import InvalidValue
from antifraud.domain.transfer import Transfer

Ref = tuple[str, str]
"""Whose transfer it is and its id: together they name it for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One transfer. `at` is when the engine received it; sums are minor units of `currency`."""

    participant: str
    transfer_id: str
    payer: str
    payee: str
    amount_minor: int
    currency: str
    at: datetime
    payer_bank: str | None = None
    payee_bank: str | None = None
    end_to_end_id: str | None = None
    held: bool = False  # it was stopped at first: whether it was carried out since, its hold knows

    @classmethod
    def of(cls, movement: Movement) -> Self:
        """Return a transfer of the decision log, which must not be a blocked one."""
        return cls(
            participant=movement.participant,
            transfer_id=movement.transfer_id,
            payer=movement.payer,
            payee=movement.payee,
            amount_minor=movement.amount_minor,
            currency=movement.currency,
            at=movement.at,
            payer_bank=movement.payer_bank,
            payee_bank=movement.payee_bank,
            held=movement.action is Action.HOLD,
        )

    @classmethod
    def of_transfer(cls, transfer: Transfer, action: Action) -> Self:
        """Return a transfer that was decided; raise InvalidValue for a blocked one: no money moved."""
        if action is Action.BLOCK:
            raise InvalidValue("transfers", "a blocked transfer moved no money: report it", transfer.transfer_id)
        return cls(
            participant=transfer.participant,
            transfer_id=transfer.transfer_id,
            payer=transfer.payer,
            payee=transfer.payee,
            amount_minor=transfer.amount_minor,
            currency=transfer.currency,
            at=transfer.received_at,
            payer_bank=transfer.payer_bank,
            payee_bank=transfer.payee_bank,
            end_to_end_id=transfer.end_to_end_id,
            held=action is Action.HOLD,
        )

    @property
    def ref(self) -> Ref:
        """Return its name."""
        return self.participant, self.transfer_id

    @property
    def keys(self) -> tuple[str, ...]:
        """Return what lives about it are found by."""
        chain = () if self.end_to_end_id is None else (f"end-to-end:{self.end_to_end_id}",)
        return (f"transfer:{self.participant}/{self.transfer_id}", *chain)
