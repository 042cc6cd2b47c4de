"""What decides, as people see it and choose it: the shelf with its lineup, and how all of it does on live transfers."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from antifraud.domain.center.people import CHOOSERS
from antifraud.domain.center.person import Person, Session
from antifraud.domain.errors import AntifraudError, NotPermitted
from antifraud.domain.policy import Policy
from antifraud.domain.rule import RuleBook, supersedes
from features.catalogue import CATALOGUE
from models.deciding import lineup_desk
from models.lineup import Choice, Entry, State, state_of
from models.shadow.standing import Standing, Standings, read_standings
from models.shelf import bundle_of, policy_at, rules_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """What a bundle says of itself: figures of the part of its history that it never saw, and its own thresholds."""

    version: str
    figures: Mapping[str, float]
    learnt_until: datetime | None
    policy: Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a choice names. A part that cannot be read is None, and `problem` says why."""

    choice: Choice
    papers: Papers | None = None
    policy: Policy | None = None  # in force: of the choice, or the bundle's own
    book: RuleBook | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A choice that waits for a second person. `changes` are of the rule book, a line a rule."""

    entry: Entry
    chosen: Chosen
    changes: tuple[str, ...]
    overtaken: bool  # another lineup decides than when it was made: it cannot be approved any more
    standing: Standing | None  # of its champion, if that is a challenger now


@dataclass(frozen=True, slots=True, kw_only=True)
class Deciders:
    """All that a page about what decides shows. `now` is None on a shelf where nothing decides yet."""

    state: State
    now: Chosen | None
    challengers: tuple[Chosen, ...]
    proposals: tuple[Proposal, ...]
    standings: Standings | None
    doubt: str | None  # why standings cannot be read


class Choosing:
    """Where people look at what decides and sign second; `choosers` is whose people may, None: nobody's."""

    def __init__(self, shelf: Path, standings: Path, choosers: str | None, now: Callable[[], datetime]) -> None:
        self._shelf = shelf
        self._standings = standings
        self._choosers = choosers
        self._now = now
        self._desk = lineup_desk(shelf, CATALOGUE)
        self._papers: dict[str, Papers] = {}  # what stands on a shelf never changes

    def may_choose(self, session: Session) -> bool:
        """Say whether somebody may sign second for what decides over everybody's transfers."""
        return session.role in CHOOSERS and session.participant == self._choosers

    async def look(self) -> Deciders:
        """Return what decides, who watches, and what waits; raise DamagedFile for a lineup that is not whole."""
        return await asyncio.to_thread(self._look)

    async def approve(self, number: int, session: Session, person: Person) -> Entry:
        """Let a proposal decide, as `antifraud models approve` does; raise what that raises, or NotPermitted."""
        by = self._signature(session)
        also = (person.name, person.full_name)
        return await asyncio.to_thread(self._desk.approve, number, by=by, at=self._now(), also_called=also)

    async def reject(self, number: int, session: Session, why: str) -> Entry:
        """Take a proposal from the table, as `antifraud models reject` does."""
        return await asyncio.to_thread(self._desk.reject, number, by=self._signature(session), why=why, at=self._now())

    def _signature(self, session: Session) -> str:
        if not self.may_choose(session):
            raise NotPermitted(f"{session.person} may not choose what decides as {session.role.value}")
        return f"{session.person} of {session.participant}"

    def _look(self) -> Deciders:
        state = state_of(self._shelf)
        lineup = state.lineup
        now = None if lineup is None else self._chosen(lineup.choice)
        standings, doubt = None, None
        try:
            standings = read_standings(self._standings)
        except AntifraudError as problem:
            doubt = str(problem)
        known = {} if standings is None else {each.challenger: each for each in standings.challengers}
        watching = () if lineup is None else lineup.challengers
        proposals = tuple(
            self._proposal(entry, now, 0 if lineup is None else lineup.number, known)
            for entry in state.proposals.values()
        )
        challengers = tuple(self._chosen(Choice(champion=each)) for each in watching)
        return Deciders(
            state=state, now=now, challengers=challengers, proposals=proposals, standings=standings, doubt=doubt
        )

    def _proposal(self, entry: Entry, now: Chosen | None, number: int, known: Mapping[str, Standing]) -> Proposal:
        assert entry.choice is not None  # noqa: S101 - proposals have one
        chosen = self._chosen(entry.choice)
        changes: tuple[str, ...] = ()
        if now is not None and now.book is not None and chosen.book is not None:
            try:
                changes = supersedes(now.book, chosen.book)
            except AntifraudError as refusal:
                changes = (str(refusal),)
        return Proposal(
            entry=entry,
            chosen=chosen,
            changes=changes,
            overtaken=entry.over != number,
            standing=known.get(entry.choice.champion),
        )

    def _chosen(self, choice: Choice) -> Chosen:
        papers, policy, book, problem = None, None, None, None
        try:
            papers = self._papers_of(choice.champion)
            policy = papers.policy if choice.policy is None else policy_at(self._shelf, choice.policy)
            book = rules_of(self._shelf, choice.rules, CATALOGUE)
        except AntifraudError as refusal:
            problem = str(refusal)
        return Chosen(choice=choice, papers=papers, policy=policy, book=book, problem=problem)

    def _papers_of(self, version: str) -> Papers:
        if version not in self._papers:
            bundle = bundle_of(self._shelf, version, CATALOGUE)
            test, learnt = bundle.about.get("test"), bundle.about.get("learnt_until")
            figures = test.items() if isinstance(test, Mapping) else ()
            self._papers[version] = Papers(
                version=version,
                figures={name: value for name, value in figures if isinstance(value, (int, float))},
                learnt_until=datetime.fromisoformat(learnt) if isinstance(learnt, str) else None,
                policy=bundle.policy,
            )
        return self._papers[version]
