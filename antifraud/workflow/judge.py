"""What one transfer gets, and why: features, score, rules and lists, put together by the policy."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from antifraud.domain.decision import (
    EXPLANATION,
    FEATURES,
    LISTS,
    RULES,
    SCORE,
    TIME,
    Action,
    Decision,
    Evidence,
    Reason,
    ReasonKind,
)
from antifraud.domain.policy import Policy, lot_of
from antifraud.domain.transfer import Transfer
from antifraud.workflow.ports import ListReader, Recorded, RuleSet, Scorer, Vectors

_log: Final = logging.getLogger(__name__)

FEATURES_UNREAD: Final = (FEATURES,)
TOO_LATE: Final = (RULES, TIME)
"""What is missing, besides the score, when the time for a transfer was over before its turn came."""

_UNEXPLAINED: Final = (EXPLANATION,)

Asked = Sequence[str | None]  # the id of the request that asked, for each transfer
Hits = tuple[Sequence[Reason], Sequence[str]]  # what fired, and what could not be read


def explaining_thread() -> Executor:
    """Return where transfers are explained: a model explains one at a time."""
    return ThreadPoolExecutor(1, thread_name_prefix="explainer")


@dataclass(slots=True)
class Judge:
    """Everything that has a say, as it stands for some transfers: they end with what they began with."""

    scorer: Scorer
    rules: RuleSet
    lists: ListReader
    catalogue_version: str
    render: Callable[[Transfer, Decision], bytes]
    blind: Mapping[str, Action]
    lot_key: bytes | None
    _policies: dict[str, Policy] = field(default_factory=dict)  # by participant

    def rows(
        self, transfers: Sequence[Transfer], asked: Asked, vectors: Vectors, late: Sequence[bool]
    ) -> list[Recorded]:
        """Return what stands in the log until harsh ones are explained."""
        if any(late):
            scores = iter(_scores(self.scorer, vectors[~np.array(late)]))
            return [
                self._row(transfer, request_id, vector, None, ((), TOO_LATE))
                if over
                else self._row(transfer, request_id, vector, next(scores), _hits(self.rules, vector))
                for transfer, request_id, vector, over in zip(transfers, asked, vectors, late, strict=True)
            ]
        return [
            self._row(transfer, request_id, vector, score, _hits(self.rules, vector))
            for transfer, request_id, vector, score in zip(
                transfers, asked, vectors, _scores(self.scorer, vectors), strict=True
            )
        ]

    def blind_rows(self, transfers: Sequence[Transfer], asked: Asked, missing: Sequence[str]) -> list[Recorded]:
        """Return what stands in the log when there is not even a vector."""
        return [
            self._row(transfer, request_id, np.empty(0), None, ((), missing))
            for transfer, request_id in zip(transfers, asked, strict=True)
        ]

    def _row(
        self, transfer: Transfer, request_id: str | None, vector: Vectors, score: float | None, by_rules: Hits
    ) -> Recorded:
        by_lists = _listed(self.lists, transfer)
        hits, unread = (*by_rules[0], *by_lists[0]), (*by_rules[1], *by_lists[1])
        policy = self._policy_of(transfer.participant)
        action, reasons = policy.decide(score, hits, unread, self._lot(policy, transfer))
        degraded = unread if score is not None else (SCORE, *unread)
        decision = Decision(
            action=action,
            score=score,
            reasons=reasons,
            evidence=() if action is Action.ALLOW else self._behind_rules(reasons, vector),
            model_version=self.scorer.version,
            catalogue_version=self.catalogue_version,
            policy_version=policy.version,
            rules_version=self.rules.version,
            # Only a score can be explained, and what is allowed needs no explanation.
            degraded=degraded if action is Action.ALLOW or score is None else (*degraded, *_UNEXPLAINED),
            request_id=request_id,
        )
        return Recorded(transfer=transfer, vector=vector, decision=decision, answer=self.render(transfer, decision))

    def _behind_rules(self, reasons: Sequence[Reason], vector: Vectors) -> tuple[Evidence, ...]:
        """Return the numbers that rules fired on: they stand without a model too, and when time is over."""
        codes = [reason.code for reason in reasons if reason.kind is ReasonKind.RULE]
        if not codes:
            return ()
        try:
            return self.scorer.measured(
                vector, list(dict.fromkeys(name for code in codes for name in self.rules.reads(code)))
            )
        except Exception:
            _log.exception("the numbers behind %s cannot be read", ", ".join(codes))
            return ()

    def _policy_of(self, participant: str) -> Policy:
        policy = self._policies.get(participant)
        if policy is None:
            policy = self._policies[participant] = self.scorer.policy.of(participant, self.blind.get(participant))
        return policy

    def _lot(self, policy: Policy, transfer: Transfer) -> float | None:
        """Draw for a transfer, if the policy draws at all."""
        if self.lot_key is None or policy.let_through_share == 0:
            return None
        return lot_of(self.lot_key, transfer.participant, transfer.transfer_id)

    def explained(self, row: Recorded) -> Recorded:
        """Return a held or blocked transfer with the model's evidence, or as it was: saying that it is missing."""
        try:
            evidence = self.scorer.explain(row.vector, [each.feature for each in row.decision.evidence])
            decision = replace(row.decision, evidence=evidence, degraded=row.decision.degraded[:-1])
            return replace(row, decision=decision, answer=self.render(row.transfer, decision))
        except Exception:
            _log.exception("transfer %s cannot be explained", row.transfer.transfer_id)
            return row


def unexplained(decision: Decision) -> bool:
    """Say whether a decision waits for its explanation, or has to do without."""
    return decision.degraded[-1:] == _UNEXPLAINED


class Explaining:
    """Some transfers being explained, off the event loop and one at a time, for as long as there is time."""

    def __init__(self, thread: Executor, judge: Judge, rows: Sequence[Recorded], until: float | None) -> None:
        """Begin; what is not explained `until` then (the event loop's time) stays as it is."""
        self._judge = judge
        self._rows = rows
        self._until = until
        self._found: list[Recorded] = []
        self._loop = asyncio.get_running_loop()
        self._working = self._loop.run_in_executor(thread, self._work)

    async def rows(self) -> list[Recorded]:
        """Return the rows, in order, with the explanations that were found in time."""
        left = None if self._until is None else max(0.0, self._until - self._loop.time())
        await asyncio.wait((self._working,), timeout=left)
        found = self._found[:]  # what the thread finds from now on is too late
        return found + list(self._rows[len(found) :])

    def _work(self) -> None:
        for row in self._rows:
            if self._until is not None and self._loop.time() >= self._until:
                return
            self._found.append(self._judge.explained(row))


def _scores(scorer: Scorer, vectors: Vectors) -> list[float | None]:
    """Return a chance of fraud for each row, None where the model gave none."""
    if not len(vectors):
        return []
    try:
        scores = scorer.score(vectors).tolist()
        if len(scores) != len(vectors):
            raise ValueError(f"{len(scores)} scores for {len(vectors)} transfers")
    except Exception:
        _log.exception("%d transfers cannot be scored", len(vectors))
        return [None] * len(vectors)
    return [score if 0 <= score <= 1 else None for score in scores]  # NaN is no score either


def _hits(rules: RuleSet, vector: Vectors) -> Hits:
    """Return the rules that fired and those that could not be read."""
    try:
        return rules.hits(vector)
    except Exception:
        _log.exception("the rules cannot be read")
        return (), (RULES,)


def _listed(lists: ListReader, transfer: Transfer) -> Hits:
    """Return what lists demand, or that they could not be read."""
    try:
        return lists.hits(transfer)
    except Exception:
        _log.exception("the lists cannot be read")
        return (), (LISTS,)
