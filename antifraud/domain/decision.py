"""The answer to one transfer, with everything that led to it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

SCORE: Final = "score"
FEATURES: Final = "features"
RULES: Final = "rules"
LISTS: Final = "lists"
TIME: Final = "time"
CAUSES: Final = (SCORE, FEATURES, RULES, LISTS, TIME)
"""What a decision may have had to do without, besides a single rule by its code: reasons of kind blind."""

EXPLANATION: Final = "explanation"  # missing from the answer, not from the decision: no reason to hold


class Action(StrEnum):
    """What the participant is told to do with the transfer, from mild to harsh."""

    ALLOW = "allow"
    HOLD = "hold"
    BLOCK = "block"

    @property
    def severity(self) -> int:
        """Rank an action: the harsher one wins."""
        return _SEVERITY[self]


_SEVERITY = {Action.ALLOW: 0, Action.HOLD: 1, Action.BLOCK: 2}


class ReasonKind(StrEnum):
    """What kind of thing demanded the action."""

    SCORE = "score"
    RULE = "rule"
    LIST = "list"  # a list, an indicator or a trace names the payer, the payee or the device
    BLIND = "blind"  # something could not be read, so the policy assumes the worst it may
    LET_THROUGH = "let_through"  # a random draw undid the hold that the score demanded, to learn from it


@dataclass(frozen=True, slots=True)
class Reason:
    """One demand for an action.

    `code` is `score`, `rule_id@version`, `register.side:entry`, what was blind, or `let_through@share`.
    """

    kind: ReasonKind
    code: str
    action: Action


@dataclass(frozen=True, slots=True)
class Evidence:
    """One number behind a decision: a feature that spoke in the score, or that a rule which fired reads.

    `value` is what was measured (None: absent), `usual` the median over the training history,
    `contribution` the share of the raw score in log-odds, positive towards fraud (None: nobody asked the model).
    """

    feature: str
    value: float | None
    usual: float | None
    contribution: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Allow, hold or block, with all reasons and the versions of all that spoke.

    `degraded` names what was missing when the decision was taken; empty means nothing was.
    """

    action: Action
    score: float | None  # calibrated chance of fraud, 0 to 1; None: no model could speak
    reasons: tuple[Reason, ...]
    evidence: tuple[Evidence, ...] = ()
    model_version: str | None
    catalogue_version: str
    policy_version: str
    rules_version: str | None = None  # None: no rule book decided, or nobody wrote down which
    degraded: tuple[str, ...] = ()
    request_id: str | None = None  # how the request is called in logs and traces; None: nobody wrote it down
