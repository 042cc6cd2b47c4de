"""From a score and the rules that fired to one action: pure, total, harsh when blind."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Self

from antifraud.domain.decision import SCORE, Action, Reason, ReasonKind
from antifraud.domain.errors import InvalidValue

MOST_LET_THROUGH: Final = 0.1
"""Of the holds that a policy may let through to learn from: more would be paid for by victims."""


def lot_of(key: bytes, participant: str, transfer_id: str) -> float:
    """Draw a number, 0 to below 1, for a transfer: always the same, and foretold by nobody without the key.

    >>> lot_of(b"secret", "bank", "t1") == lot_of(b"secret", "bank", "t1") != lot_of(b"other", "bank", "t1")
    True
    """
    name = f"{len(participant)}:{participant}{transfer_id}".encode()
    return (int.from_bytes(hashlib.blake2b(name, digest_size=8, key=key).digest()) >> 11) / 2**53


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Versioned thresholds. They are inclusive from below: a score of exactly `hold_at` is held.

    `blind` is the action when something could not be read, `blind_of` the same for participants for which it
    differs. Nobody may choose ALLOW. `let_through_share` of the transfers that the score alone would hold are let
    through at random: what is held shows nobody how it would have ended. It is off unless chosen.
    """

    version: str
    hold_at: float
    block_at: float
    blind: Action = Action.HOLD
    let_through_share: float = 0.0
    blind_of: Mapping[str, Action] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse thresholds that contradict each other, and a blind ALLOW."""
        if not 0 <= self.hold_at <= self.block_at:
            raise InvalidValue("hold_at", f"must be 0 to block_at ({self.block_at})", self.hold_at)
        for name, blind in {"": self.blind, **self.blind_of}.items():
            if blind is Action.ALLOW:
                where = f"blind_of.{name}" if name else "blind"
                raise InvalidValue(where, "must be hold or block: blind is never allow", blind.value)
        if not 0 <= self.let_through_share <= MOST_LET_THROUGH:
            raise InvalidValue("let_through_share", f"must be 0 to {MOST_LET_THROUGH}", self.let_through_share)

    def of(self, participant: str, chosen: Action | None = None) -> Self:
        """Return the policy for one participant; `chosen` is its own word on being blind, and the last one."""
        blind = chosen or self.blind_of.get(participant, self.blind)
        return self if blind is self.blind else replace(self, blind=blind)

    def decide(
        self,
        score: float | None,
        hits: Sequence[Reason] = (),
        blind: Sequence[str] = (),
        lot: float | None = None,
    ) -> tuple[Action, tuple[Reason, ...]]:
        """Return the harshest action that any reason demands, and every reason.

        `hits` are the rules that fired; `blind` names what could not be read. With a `lot` below
        `let_through_share`, a hold that the score alone demands is let through, and a reason says so; blocks, rules
        and what is blind stand. No score is not a low score:

        >>> Policy(version="2026-03", hold_at=0.60, block_at=0.95).decide(None)[0].value
        'hold'
        """
        reasons = [*hits, *(Reason(ReasonKind.BLIND, code, self.blind) for code in blind)]
        if score is None or score != score:  # NaN is no score either
            reasons.insert(0, Reason(ReasonKind.BLIND, SCORE, self.blind))
        elif score >= self.block_at:
            reasons.insert(0, Reason(ReasonKind.SCORE, "score", Action.BLOCK))
        elif score >= self.hold_at:
            reasons.insert(0, Reason(ReasonKind.SCORE, "score", Action.HOLD))
        if not reasons:
            return Action.ALLOW, ()
        if lot is not None and lot < self.let_through_share and len(reasons) == 1:
            (only,) = reasons
            if only.kind is ReasonKind.SCORE and only.action is Action.HOLD:
                code = f"{ReasonKind.LET_THROUGH}@{self.let_through_share}"
                return Action.ALLOW, (only, Reason(ReasonKind.LET_THROUGH, code, Action.ALLOW))
        return max((reason.action for reason in reasons), key=lambda action: action.severity), tuple(reasons)
