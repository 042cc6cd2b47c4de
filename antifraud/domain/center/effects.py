"""What lists, indicators and traces demand of a transfer: one table, versioned with the Center's policy.

A transfer to a black-listed payee is refused always: a bank that lets it go must make good the loss (law on banks,
2026). Everything else in the table is a choice that a policy may change; absent means no demand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from antifraud.domain.decision import Action, Reason, ReasonKind
from antifraud.domain.errors import InvalidValue


class Register(StrEnum):
    """Where a match comes from."""

    BLACK = "black_list"
    GREY = "grey_list"
    INDICATOR = "indicator"
    TAINT = "taint"  # stolen money passed through here, says the trace of an incident


class Side(StrEnum):
    """Which end of the transfer matches."""

    PAYER = "payer"
    PAYEE = "payee"
    DEVICE = "device"


@dataclass(frozen=True, slots=True)
class Match:
    """One entry that a transfer meets. `weight` is a confidence or a tainted share, 1 for lists."""

    register: Register
    side: Side
    entry_id: str
    weight: float = 1.0
    fraud_type: str | None = None

    @property
    def code(self) -> str:
        """Name the match as reasons do: register, side and entry."""
        return f"{self.register.value}.{self.side.value}:{self.entry_id}"


Demands = Mapping[Register, Mapping[Side, Action]]

_DEFAULT: Final[Demands] = {
    Register.BLACK: {Side.PAYEE: Action.BLOCK, Side.PAYER: Action.BLOCK, Side.DEVICE: Action.HOLD},
    Register.GREY: {Side.PAYEE: Action.HOLD, Side.PAYER: Action.HOLD, Side.DEVICE: Action.HOLD},
    Register.INDICATOR: {Side.PAYEE: Action.HOLD},
    Register.TAINT: {Side.PAYER: Action.HOLD},
}


@dataclass(frozen=True, slots=True)
class Effects:
    """The table, and from which weight on an indicator or a taint counts."""

    demands: Demands = field(default_factory=lambda: _DEFAULT)
    indicator_from: float = 0.5
    taint_from: float = 0.05

    def __post_init__(self) -> None:
        """Refuse a table that lets money go to a black-listed payee."""
        paying_out = self.demand(Register.BLACK, Side.PAYEE)
        if paying_out is not Action.BLOCK:
            problem = "must be block: who pays out to a black-listed payee answers for the loss"
            raise InvalidValue("effects.demands.black_list.payee", problem, paying_out)
        for name, share in (("indicator_from", self.indicator_from), ("taint_from", self.taint_from)):
            if not 0 < share <= 1:
                raise InvalidValue(f"effects.{name}", "must be above 0 and at most 1", share)

    def demand(self, register: Register, side: Side) -> Action | None:
        """Return what a match demands, None for nothing."""
        return self.demands.get(register, {}).get(side)

    def reasons(self, matches: Sequence[Match], *, subsistence: bool = False) -> tuple[Reason, ...]:
        """Return what matches demand, one reason for each that demands something.

        `subsistence` says that the payer spends, within what came in as social money, on taxes, utilities or a loan:
        that stays open to a listed payer (draft decree of the National Bank), whoever else is not listed.

        >>> Effects().reasons([Match(Register.GREY, Side.PAYER, "e1")], subsistence=True)
        ()
        """
        reasons = []
        for match in matches:
            action = self.demand(match.register, match.side)
            if action is None or action is Action.ALLOW or match.weight < self._least(match.register):
                continue
            if subsistence and match.side is Side.PAYER:
                continue
            reasons.append(
                Reason(ReasonKind.LIST, f"{match.register.value}.{match.side.value}:{match.entry_id}", action)
            )
        return tuple(reasons)

    def _least(self, register: Register) -> float:
        return {Register.INDICATOR: self.indicator_from, Register.TAINT: self.taint_from}.get(register, 0.0)
