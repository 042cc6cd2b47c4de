"""From a score and the rules that fired to one action: pure, total, harsh when blind."""

from collections.abc import Sequence
from dataclasses import dataclass

from antifraud.domain.decision import Action, Reason, ReasonKind
from antifraud.domain.errors import InvalidValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Versioned thresholds. They are inclusive from below: a score of exactly `hold_at` is held.

    `blind` is the action when something could not be read; a participant may choose BLOCK,
    nobody may choose ALLOW.
    """

    version: str
    hold_at: float
    block_at: float
    blind: Action = Action.HOLD

    def __post_init__(self) -> None:
        """Refuse thresholds that contradict each other, and a blind ALLOW."""
        if not 0 <= self.hold_at <= self.block_at:
            raise InvalidValue("hold_at", f"must be 0 to block_at ({self.block_at})", self.hold_at)
        if self.blind is Action.ALLOW:
            raise InvalidValue("blind", "must be hold or block: blind is never allow", self.blind.value)

    def decide(
        self, score: float | None, hits: Sequence[Reason] = (), blind: Sequence[str] = ()
    ) -> tuple[Action, tuple[Reason, ...]]:
        """Return the harshest action that any reason demands, and every reason.

        `hits` are the rules that fired; `blind` names what could not be read. No score is not a low score:

        >>> Policy(version="2026-03", hold_at=0.60, block_at=0.95).decide(None)[0].value
        'hold'
        """
        reasons = [*hits, *(Reason(ReasonKind.BLIND, code, self.blind) for code in blind)]
        if score is None or score != score:  # NaN is no score either
            reasons.insert(0, Reason(ReasonKind.BLIND, "score", self.blind))
        elif score >= self.block_at:
            reasons.insert(0, Reason(ReasonKind.SCORE, "score", Action.BLOCK))
        elif score >= self.hold_at:
            reasons.insert(0, Reason(ReasonKind.SCORE, "score", Action.HOLD))
        if not reasons:
            return Action.ALLOW, ()
        return max((reason.action for reason in reasons), key=lambda action: action.severity), tuple(reasons)
