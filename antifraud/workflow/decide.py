"""Decide transfers before they are executed: once each, in order, durable before answered."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Final, Protocol

import numpy as np

from antifraud.domain.decision import Action, Decision, Reason
from antifraud.domain.errors import TransferConflict, Unavailable
from antifraud.domain.policy import Policy, lot_of
from antifraud.domain.transfer import Transfer
from antifraud.workflow.live import LiveState
from antifraud.workflow.ports import Clock, DecisionLog, FeatureState, ListReader, Recorded, RuleSet, Scorer, Vectors

_log: Final = logging.getLogger(__name__)
_SLICE: Final = 100  # of a batch are decided at a stretch; then whoever else is waiting gets a turn

Hits = tuple[Sequence[Reason], Sequence[str]]  # what fired, and what could not be read
Key = tuple[str, str]  # participant, transfer_id: what names a transfer for ever


class TransferRequest(Protocol):
    """A transfer that passed every check; only the moment of receipt is missing."""

    @property
    def participant(self) -> str:
        """Name who sent it."""
        ...

    @property
    def transfer_id(self) -> str:
        """Name it, among all that this participant sends."""
        ...

    @property
    def occurred_at(self) -> datetime:
        """Return when the payer gave the instruction, by the participant's clock."""
        ...

    def received(self, at: datetime) -> Transfer:
        """Return the transfer as received at that moment; this cannot fail."""
        ...


class Watch(Protocol):
    """Is told what happened and how long it took; the time it reads is its own."""

    def now(self) -> float:
        """Return seconds since some fixed point."""
        ...

    def took(self, stage: str, since: float) -> None:
        """Note that a stage which began at `since` has ended."""
        ...

    def decided(self, decisions: Iterable[Decision]) -> None:
        """Note decisions that are durable now."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """The body to send; `repeated` if the transfer had been decided before."""

    body: bytes
    repeated: bool


@dataclass(frozen=True, slots=True)
class _Judged:
    """A transfer with its decision, not yet explained nor put into words."""

    transfer: Transfer
    vector: Vectors
    decision: Decision


def _one_thread() -> Executor:
    return ThreadPoolExecutor(1, thread_name_prefix="explainer")


@dataclass(slots=True, kw_only=True)
class Desk:
    """Where transfers are decided.

    `scorer` and `rules` may be replaced at any moment; a transfer ends with those it began with. `render`
    puts a decision into the body of its answer. `blind` is what a participant chose to happen when
    something cannot be read, where it differs from the policy. Without a `lot_key` no policy lets a hold through.
    """

    log: DecisionLog
    live: LiveState
    clock: Clock
    scorer: Scorer
    rules: RuleSet
    lists: ListReader
    catalogue_version: str
    render: Callable[[Transfer, Decision], bytes]
    watch: Watch
    blind: Mapping[str, Action] = field(default_factory=dict)
    lot_key: bytes | None = None
    _on_the_way: dict[Key, asyncio.Future[Recorded | None]] = field(default_factory=dict, init=False)
    _explainer: Executor = field(default_factory=_one_thread, init=False)  # a scorer explains one at a time

    @property
    def on_the_way(self) -> int:
        """Count the transfers that are being decided right now."""
        return len(self._on_the_way)

    async def decide(self, requests: Sequence[TransferRequest]) -> list[Answer | TransferConflict]:
        """Return one answer a request, in order; a repeated transfer gets its first answer again.

        The same id with another body gets a conflict in its place. Unavailable is raised when the fresh
        ones cannot be decided durably; nothing was acknowledged then, and all may be sent again.
        """
        mine: dict[Key, TransferRequest] = {}
        elsewhere: dict[Key, asyncio.Future[Recorded | None]] = {}
        for request in requests:
            key = (request.participant, request.transfer_id)
            if (first := self._on_the_way.get(key)) is not None:
                elsewhere[key] = first
            else:
                mine.setdefault(key, request)
        known, made = await self._settle(mine)
        answers: list[Answer | TransferConflict] = []
        for request in requests:
            key = (request.participant, request.transfer_id)
            if (fresh := made.pop(key, None)) is not None:
                known[key] = fresh
                answers.append(Answer(fresh.answer, repeated=False))
            else:
                answers.append(_again(request, known.get(key) or await _outcome(elsewhere[key], key)))
        return answers

    async def find(self, participant: str, transfer_id: str) -> Recorded | None:
        """Return what was answered about a transfer, or None if it was never decided.

        One that is on its way is waited for: what the log holds of it may not be the last word.
        """
        if (first := self._on_the_way.get((participant, transfer_id))) is not None:
            await asyncio.shield(first)
        return await self.log.find(participant, transfer_id)

    async def _settle(self, mine: Mapping[Key, TransferRequest]) -> tuple[dict[Key, Recorded], dict[Key, Recorded]]:
        """Return what the log knew and what was decided now; meanwhile nobody else decides the same ids."""
        create_future = asyncio.get_running_loop().create_future
        claims: dict[Key, asyncio.Future[Recorded | None]] = {key: create_future() for key in mine}
        self._on_the_way.update(claims)
        known: dict[Key, Recorded] = {}
        made: dict[Key, Recorded] = {}
        try:
            known = dict(await self.log.find_all(tuple(mine)))
            fresh = [request for key, request in mine.items() if key not in known]
            if fresh:
                made = await self._decide_fresh(fresh)
        finally:  # whoever waits for one that failed gets None
            for key, claim in claims.items():
                del self._on_the_way[key]
                claim.set_result(known.get(key) or made.get(key))
        return known, made

    async def _decide_fresh(self, requests: Sequence[TransferRequest]) -> dict[Key, Recorded]:
        """Decide, explain and record transfers that were never seen."""
        with self.live as features:
            scorer, rules = self.scorer, self.rules
            judged: list[_Judged] = []
            rows: list[Recorded] = []
            begun: list[Awaitable[None]] = []
            since = self.watch.now()
            for start in range(0, len(requests), _SLICE):
                if start:
                    await asyncio.sleep(0)
                judged += await self._judge(features, scorer, rules, requests[start : start + _SLICE])
                rows += [self._rendered(one, _unexplained(one.decision)) for one in judged[start:]]
                # Begun before anybody else can see these transfers in the state: whatever was decided on what
                # it saw of them comes after them in the log.
                begun.append(self.log.record(rows[start:]))
            self.watch.took("judge", since)
            explained = await self._explained(scorer, judged)
            since = self.watch.now()
            await (begun[0] if len(begun) == 1 else asyncio.gather(*begun))
            if explained:
                await self.log.amend(list(explained.values()))
            self.watch.took("record", since)
            rows = [explained.get(index, row) for index, row in enumerate(rows)]
        self.watch.decided(row.decision for row in rows)
        return {(row.transfer.participant, row.transfer.transfer_id): row for row in rows}

    async def _judge(
        self, features: FeatureState, scorer: Scorer, rules: RuleSet, requests: Sequence[TransferRequest]
    ) -> list[_Judged]:
        """Stamp, read, score and decide. Nothing in here waits: stamps reach the state in their order."""
        transfers = [request.received(self.clock.stamp(request.occurred_at)) for request in requests]
        try:
            vectors = await features.read_then_observe(transfers)
        except Exception:
            _log.exception("features of %d transfers cannot be read", len(transfers))
            self.live.doubt("the features of a transfer could not be read")
            return [self._judge_one(scorer, transfer, None, None, ((), ("features",))) for transfer in transfers]
        scores = _scores(scorer, vectors)
        return [
            self._judge_one(scorer, transfer, vector, score, _hits(rules, vector))
            for transfer, vector, score in zip(transfers, vectors, scores, strict=True)
        ]

    def _judge_one(
        self,
        scorer: Scorer,
        transfer: Transfer,
        vector: Vectors | None,
        score: float | None,
        by_rules: Hits,
    ) -> _Judged:
        by_lists = _listed(self.lists, transfer)
        hits, unread = (*by_rules[0], *by_lists[0]), (*by_rules[1], *by_lists[1])
        policy = scorer.policy.of(transfer.participant, self.blind.get(transfer.participant))
        action, reasons = policy.decide(score, hits, unread, self._lot(policy, transfer))
        decision = Decision(
            action=action,
            score=score,
            reasons=reasons,
            model_version=scorer.version,
            catalogue_version=self.catalogue_version,
            policy_version=policy.version,
            degraded=unread if score is not None else ("score", *unread),
        )
        return _Judged(transfer, np.empty(0) if vector is None else vector, decision)

    def _lot(self, policy: Policy, transfer: Transfer) -> float | None:
        """Draw for a transfer, if the policy draws at all."""
        if self.lot_key is None or policy.let_through_share == 0:
            return None
        return lot_of(self.lot_key, transfer.participant, transfer.transfer_id)

    async def _explained(self, scorer: Scorer, judged: Sequence[_Judged]) -> dict[int, Recorded]:
        """Return what is held or blocked on a score, by its place, with its explanation, made off the event loop."""
        harsh = {index: one for index, one in enumerate(judged) if _wants_explaining(one.decision)}
        if not harsh:
            return {}
        since = self.watch.now()
        explain = asyncio.get_running_loop().run_in_executor
        rows = await explain(self._explainer, lambda: [self._explain(scorer, one) for one in harsh.values()])
        self.watch.took("explain", since)
        return dict(zip(harsh, rows, strict=True))

    def _explain(self, scorer: Scorer, one: _Judged) -> Recorded:
        """Return a held or blocked transfer with evidence and words, or say that they are missing."""
        try:
            return self._rendered(one, replace(one.decision, evidence=scorer.explain(one.vector)))
        except Exception:
            _log.exception("transfer %s cannot be explained", one.transfer.transfer_id)
            degraded = (*one.decision.degraded, "explanation")
            return self._rendered(one, replace(one.decision, degraded=degraded))

    def _rendered(self, one: _Judged, decision: Decision) -> Recorded:
        answer = self.render(one.transfer, decision)
        return Recorded(transfer=one.transfer, vector=one.vector, decision=decision, answer=answer)


def _wants_explaining(decision: Decision) -> bool:
    """Say whether the model has something to explain: a score, and a transfer that is not allowed."""
    return decision.action is not Action.ALLOW and decision.score is not None


def _unexplained(decision: Decision) -> Decision:
    """Return a decision as it stands in the log until its explanation is there."""
    if not _wants_explaining(decision):
        return decision
    return replace(decision, degraded=(*decision.degraded, "explanation"))


def _scores(scorer: Scorer, vectors: Vectors) -> list[float | None]:
    """Return a chance of fraud for each row, None where the model gave none."""
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
        return (), ("rules",)


def _listed(lists: ListReader, transfer: Transfer) -> Hits:
    """Return what lists demand, or that they could not be read."""
    try:
        return lists.hits(transfer)
    except Exception:
        _log.exception("the lists cannot be read")
        return (), ("lists",)


async def _outcome(first: asyncio.Future[Recorded | None], key: Key) -> Recorded:
    """Return what another call decided about the same transfer."""
    recorded = await asyncio.shield(first)  # shield: one waiter's end is not everybody's
    if recorded is None:
        raise Unavailable(f"transfer {key[1]} came twice at once and could not be decided; send it again")
    return recorded


def _again(request: TransferRequest, first: Recorded) -> Answer | TransferConflict:
    """Return the first answer, unless the transfer has changed since."""
    before = first.transfer
    now = replace(request.received(before.received_at), base_minor=before.base_minor)  # rates may have moved
    if now == before:
        return Answer(first.answer, repeated=True)
    changed = [each.name for each in fields(Transfer) if getattr(now, each.name) != getattr(before, each.name)]
    return TransferConflict(f"transfer {before.transfer_id} was already decided, with another {', '.join(changed)}")
