"""Decide transfers before they are executed: once each, in order, durable before answered.

Whoever calls stands in line; whatever stands there is decided together, a hundred transfers at a stretch, so that
many small calls cost as little as one large one. Then the event loop takes in who came meanwhile.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, fields, replace
from typing import Final, Protocol, TypeVar

from antifraud.domain.decision import Action, Decision
from antifraud.domain.errors import TransferConflict, Unavailable
from antifraud.domain.pseudonym import is_pseudonym
from antifraud.domain.transfer import Transfer
from antifraud.workflow.judge import FEATURES_UNREAD, Explaining, Judge, explaining_thread, unexplained
from antifraud.workflow.line import Call, Key, Line, Overloaded, Piece, TransferRequest
from antifraud.workflow.live import LiveState
from antifraud.workflow.ports import Clock, DecisionLog, FeatureState, ListReader, Recorded, RuleSet, Scorer

_log: Final = logging.getLogger(__name__)
_T = TypeVar("_T")
_STRETCH: Final = 100  # transfers are decided at a time; then whoever else is waiting gets a turn


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


@dataclass(slots=True, kw_only=True)
class Desk:
    """Where transfers are decided.

    `scorer` and `rules` may be replaced at any moment; a transfer ends with those it began with. `render`
    puts a decision into the body of its answer. `blind` is what a participant chose to happen when
    something cannot be read, where it differs from the policy. Without a `lot_key` no policy lets a hold through.
    At most `room` transfers are on the way at once, `share` of one participant; who brings more is Overloaded.
    An answer waits for the disk at most `patience_s` seconds longer than it had time.
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
    room: int = 5_000
    share: int = 5_000
    patience_s: float = 1.0
    no_room: int = field(default=0, init=False)  # calls refused
    beyond_share: int = field(default=0, init=False)  # calls refused
    not_durable_in_time: int = field(default=0, init=False)  # calls
    _line: Line = field(default_factory=Line, init=False)
    _on_the_way: dict[Key, Call] = field(default_factory=dict, init=False)
    _of_participant: Counter[str] = field(default_factory=Counter, init=False)
    _explainer: Executor = field(default_factory=explaining_thread, init=False)
    _turns: set[asyncio.Task[None]] = field(default_factory=set, init=False)
    _next: asyncio.Task[None] | None = field(default=None, init=False)

    @property
    def on_the_way(self) -> int:
        """Count the transfers that are being decided right now."""
        return len(self._on_the_way)

    @property
    def waiting(self) -> int:
        """Count the transfers of which nobody has begun to decide."""
        return self._line.transfers

    def refuse_when_full(self, participant: str) -> None:
        """Raise Overloaded if nothing more fits in, of all or of this participant; a batch begins whole."""
        if len(self._on_the_way) >= self.room:
            self.no_room += 1
            raise Overloaded(f"{len(self._on_the_way)} transfers are on the way already")
        if (mine := self._of_participant[participant]) >= self.share:
            self.beyond_share += 1
            raise Overloaded(f"{mine} transfers of {participant} are on the way already")

    async def decide(
        self, requests: Sequence[TransferRequest], due: float | None = None, request_id: str | None = None
    ) -> list[Answer | TransferConflict]:
        """Return one answer a request, in order; a repeated transfer gets its first answer again.

        What is not decided when it is `due`, by the event loop's time, is decided blind; what is decided now bears
        `request_id`. The same id with another body gets a conflict in its place. Unavailable is raised when the fresh
        ones cannot be decided durably, or not in time; nothing was acknowledged then, and all may be sent again.
        """
        mine: dict[Key, TransferRequest] = {}
        elsewhere: dict[Key, Call] = {}
        for request in requests:
            key = (request.participant, request.transfer_id)
            if (first := self._on_the_way.get(key)) is not None:
                elsewhere[key] = first
            else:
                mine.setdefault(key, request)
        call = Call(tuple(mine), due, self._release, request_id)
        known = await self._settle(call, mine) if mine else {}
        if len(requests) == 1 and mine and not known:  # nearly all calls
            return [Answer(call.rows[call.keys[0]].answer, repeated=False)]
        answers: list[Answer | TransferConflict] = []
        for request in requests:
            key = (request.participant, request.transfer_id)
            if mine.pop(key, None) is not None and key not in known:
                answers.append(Answer(call.rows[key].answer, repeated=False))
            elif key in call.rows:
                answers.append(_again(request, call.rows[key]))
            else:
                answers.append(_again(request, await self._outcome(elsewhere[key], key, due)))
        return answers

    async def find(self, participant: str, transfer_id: str) -> Recorded | None:
        """Return what was answered about a transfer, or None if it was never decided.

        One that is on its way is waited for: what the log holds of it may not be the last word.
        """
        if (first := self._on_the_way.get((participant, transfer_id))) is not None:
            await first.ended()
        return await self.log.find(participant, transfer_id)

    async def in_time(self, waiting: Awaitable[_T], due: float | None) -> _T:
        """Wait for the log as long as it makes sense: without durability there is no honest answer."""
        if due is None:
            return await waiting
        try:
            async with asyncio.timeout_at(due + self.patience_s):
                return await waiting
        except TimeoutError:
            self.not_durable_in_time += 1
            raise Unavailable("this is not durable in time; send it again and hear what became of it") from None

    async def _settle(self, call: Call, mine: Mapping[Key, TransferRequest]) -> Mapping[Key, Recorded]:
        """Let a call be decided and return what the log knew; until it has ended nobody else decides the same ids."""
        self._on_the_way.update(dict.fromkeys(call.keys, call))
        self._of_participant[call.keys[0][0]] += len(call.keys)
        try:
            known = await self.in_time(self.log.find_all(call.keys), call.due)
            call.knows(known, [request for key, request in mine.items() if key not in known])
            if call.unbegun > 0:
                self._line.join(call)
                if self._next is None:
                    self._call_next()
                await self.in_time(call.ended(), call.due)
        except BaseException as error:
            call.give_up(_problem(error))  # what has begun goes on
            raise
        if call.problem is not None:
            raise call.problem
        return known

    async def _outcome(self, first: Call, key: Key, due: float | None) -> Recorded:
        """Return what another call decided about the same transfer."""
        await self.in_time(first.ended(), due)
        if (recorded := first.rows.get(key)) is None:
            raise Unavailable(f"transfer {key[1]} came twice at once and could not be decided; send it again")
        return recorded

    def _call_next(self) -> None:
        """Let the next in line have their turn, after whoever is on the way into the line."""
        self._next = asyncio.get_running_loop().create_task(self._turn()) if self._line else None
        if self._next is not None:
            self._turns.add(self._next)
            self._next.add_done_callback(self._turns.discard)

    async def _turn(self) -> None:
        """Decide some transfers that were never seen; the next have their turn once the log has begun on these."""
        pieces = self._line.take(_STRETCH)
        try:
            with self.live as features:
                await self._decide(features, pieces)
        except BaseException as error:
            if self._next is asyncio.current_task():  # it failed before the log began
                self._call_next()
            for piece in pieces:
                piece.fail(_problem(error))
            if not isinstance(error, Exception):
                raise

    async def _decide(self, features: FeatureState, pieces: Sequence[Piece]) -> None:
        """Decide, record and explain at a stretch; whoever waits for what is allowed waits for no explanation."""
        judge = Judge(
            self.scorer, self.rules, self.lists, self.catalogue_version, self.render, self.blind, self.lot_key
        )
        since = self.watch.now()
        async with self.live.order:
            rows = await self._judged(judge, features, pieces)
        # Begun before anybody else can see these transfers in the state: whatever was decided on what it saw of
        # them comes after them in the log.
        recording = self.log.record(rows)
        self._call_next()
        self.watch.took("judge", since)
        since = self.watch.now()
        if any(unexplained(row.decision) for row in rows):
            await self._explain(judge, pieces, rows, recording)
            return
        await recording
        self.watch.took("record", since)
        at = 0
        for piece in pieces:
            self._durable(piece, rows[at : (at := at + len(piece.requests))])

    async def _explain(
        self, judge: Judge, pieces: Sequence[Piece], rows: Sequence[Recorded], recording: Awaitable[None]
    ) -> None:
        """Let what is allowed be answered once it is recorded, and what is not once it has its last words."""
        whose = list(zip(_each(pieces), rows, strict=True))
        harsh = [(piece, row) for piece, row in whose if unexplained(row.decision)]
        due = min((piece.call.due for piece, _ in harsh if piece.call.due is not None), default=None)
        since = self.watch.now()
        explaining = Explaining(self._explainer, judge, [row for _, row in harsh], due)
        await recording
        self.watch.took("record", since)
        for piece, row in whose:
            if not unexplained(row.decision):
                self._durable(piece, (row,))
        explained = await explaining.rows()
        self.watch.took("explain", since)
        if changed := [row for row in explained if not unexplained(row.decision)]:
            since = self.watch.now()
            await self.log.amend(changed)
            self.watch.took("record", since)
        for (piece, _), row in zip(harsh, explained, strict=True):
            self._durable(piece, (row,))

    def _durable(self, piece: Piece, rows: Sequence[Recorded]) -> None:
        piece.settle(rows)
        self.watch.decided(row.decision for row in rows)

    async def _judged(self, judge: Judge, features: FeatureState, pieces: Sequence[Piece]) -> list[Recorded]:
        """Stamp, read, score and decide; nobody else may come between the stamps and the state."""
        stamp = self.clock.stamp
        transfers = [request.received(stamp(request.occurred_at)) for piece in pieces for request in piece.requests]
        asked = [piece.call.request_id for piece in _each(pieces)]
        try:
            vectors = await features.read_then_observe(transfers)
        except Exception:
            _log.exception("features of %d transfers cannot be read", len(transfers))
            self.live.doubt("the features of a transfer could not be read")
            return judge.blind_rows(transfers, asked, FEATURES_UNREAD)
        now = asyncio.get_running_loop().time()
        late = [piece.call.due is not None and piece.call.due <= now for piece in _each(pieces)]
        return judge.rows(transfers, asked, vectors, late)

    def _release(self, call: Call) -> None:
        """Let the ids of a call go that is over: from now on the log knows them, or nobody does."""
        for key in call.keys:
            del self._on_the_way[key]
        participant = call.keys[0][0]
        self._of_participant[participant] -= len(call.keys)
        if not self._of_participant[participant]:
            del self._of_participant[participant]


def _each(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Yield for each transfer the piece that it is of."""
    return (piece for piece in pieces for _ in piece.requests)


def _problem(error: BaseException) -> Exception:
    """Return what those hear who wait for a call that failed."""
    return error if isinstance(error, Exception) else Unavailable("it was broken off; send it again")


def _differ(now: object, before: object) -> bool:
    """Say whether a field is another one; nobody knows of a name that was forgotten."""
    return now != before and not (is_pseudonym(before) and now is not None)


def _again(request: TransferRequest, first: Recorded) -> Answer | TransferConflict:
    """Return the first answer, unless the transfer has changed since."""
    before = first.transfer
    now = replace(request.received(before.received_at), base_minor=before.base_minor)  # rates may have moved
    changed = [each.name for each in fields(Transfer) if _differ(getattr(now, each.name), getattr(before, each.name))]
    if not changed:
        return Answer(first.answer, repeated=True)
    return TransferConflict(f"transfer {before.transfer_id} was already decided, with another {', '.join(changed)}")
