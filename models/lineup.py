"""Who decides, who only watches, and who chose them: the lineup of a shelf.

`lineup.jsonl` is a journal of what people did, and the lineup is what it comes to. What decides (champion, policy,
rules) changes when one person proposes and a second one approves, or goes back to what decided before, for which
one person with a reason is enough. Challengers only score, so anybody may add or dismiss them.
"""

import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from antifraud.domain.errors import Conflict, DamagedFile, InvalidValue, NotFound, NotPermitted
from models.journal import Line, Pen, read_lines, writing

JOURNAL: Final = "lineup.jsonl"
_LONGEST_NAME: Final = 200


class What(StrEnum):
    """What somebody did."""

    BEGAN = "began"  # the first lineup of a shelf that had none; one signature, there was nothing to compare it with
    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    ROLLED_BACK = "rolled back"
    CHALLENGED = "challenged"  # a bundle scores beside the champion
    DISMISSED = "dismissed"  # and no longer does


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What decides: versions of things on the shelf."""

    champion: str
    policy: str | None = None  # digest of one; None: the thresholds that were chosen with the champion
    rules: str | None = None  # None: no rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the journal; `number` counts from 1."""

    number: int
    what: What
    at: datetime
    by: str
    why: str
    choice: Choice | None = None  # began, proposed
    of: int | None = None  # approved, rejected: the proposal; rolled back: the lineup that decides again
    over: int | None = None  # proposed: the lineup that decided then, 0 if none did
    challenger: str | None = None

    @property
    def about(self) -> str:
        """Return what it is about: a champion, a challenger, or the number of a proposal or lineup."""
        return self.choice.champion if self.choice else self.challenger or str(self.of or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineup:
    """What decides from entry `number` on, and which bundles score beside it."""

    number: int
    choice: Choice
    challengers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class State:
    """What a journal comes to. `decided` are the lineups that a rollback can return to, the present one last."""

    entries: tuple[Entry, ...] = ()
    decided: tuple[tuple[int, Choice], ...] = ()
    challengers: tuple[str, ...] = ()
    proposals: Mapping[int, Entry] = field(default_factory=dict)

    @property
    def lineup(self) -> Lineup | None:
        """Return the lineup in force, or None if nothing was ever approved."""
        if not self.decided:
            return None
        number, choice = self.decided[-1]
        return Lineup(number=number, choice=choice, challengers=self.challengers)

    def after(self, entry: Entry) -> "State":
        """Return the state once somebody did this; raise DamagedFile if nobody could have."""
        entries = (*self.entries, entry)
        match entry:
            case Entry(what=What.BEGAN, choice=Choice() as first) if not self.decided:
                return replace(self, entries=entries, decided=((entry.number, first),))
            case Entry(what=What.PROPOSED, choice=Choice()):
                return replace(self, entries=entries, proposals={**self.proposals, entry.number: entry})
            case Entry(what=What.APPROVED, of=int(of)) if of in self.proposals:
                choice = self.proposals[of].choice
                assert choice is not None  # noqa: S101 - proposals have one
                return replace(
                    self,
                    entries=entries,
                    decided=(*self.decided, (entry.number, choice)),
                    challengers=self._challengers_after(choice),
                    proposals=_without(self.proposals, of),
                )
            case Entry(what=What.REJECTED, of=int(of)) if of in self.proposals:
                return replace(self, entries=entries, proposals=_without(self.proposals, of))
            case Entry(what=What.ROLLED_BACK) if len(self.decided) > 1:
                *earlier, (_, choice), _ = self.decided
                decided = (*earlier, (entry.number, choice))
                return replace(
                    self, entries=entries, decided=decided, challengers=self._challengers_after(choice, former=False)
                )
            case Entry(what=What.CHALLENGED, challenger=str(version)):
                return replace(self, entries=entries, challengers=(*self.challengers, version))
            case Entry(what=What.DISMISSED, challenger=str(version)):
                return replace(self, entries=entries, challengers=_others(self.challengers, version))
        raise DamagedFile(f"entry {entry.number} of the lineup ({entry.what}) cannot follow what came before")

    def _challengers_after(self, choice: Choice, *, former: bool = True) -> tuple[str, ...]:
        """Return who watches once `choice` decides: the former champion does, so that both can be compared."""
        kept = _others(self.challengers, choice.champion)
        before = self.decided[-1][1].champion if self.decided else choice.champion
        return kept if not former or before in (*kept, choice.champion) else (*kept, before)


def state_of(shelf: Path) -> State:
    """Return what the journal of a shelf comes to; raise DamagedFile, naming the line, if it is not whole."""
    return _folded(read_lines(shelf / JOURNAL))


def lineup_of(shelf: Path) -> Lineup:
    """Return the lineup in force on a shelf; raise NotFound if there is none, or DamagedFile."""
    lineup = state_of(shelf).lineup
    if lineup is None:
        raise NotFound(
            f"no lineup decides on {shelf}: make a first one with `antifraud train --serve`, "
            "or with `antifraud models promote` and `approve`"
        )
    return lineup


class LineupDesk:
    """Where lineups are changed: who may do what, and when. `at` is the moment of doing, `by` who does it.

    `fits` raises if a choice cannot serve, or may not take the place of what decides now (None: whatever that is);
    then nothing is written. See `models.deciding.lineup_desk`.
    """

    def __init__(self, shelf: Path, fits: Callable[[Choice, Choice | None], object]) -> None:
        self._path = shelf / JOURNAL
        self._fits = fits

    def begin(self, choice: Choice, *, by: str, why: str, at: datetime) -> Entry:
        """Let `choice` decide on a shelf where nothing ever did; raise Conflict on any other."""
        with self._writing() as (pen, state):
            if state.entries:
                raise Conflict(f"{pen.path} has a lineup already: propose another one")
            self._fits(choice, None)
            return _add(pen, state, _entry(state, What.BEGAN, by, why, at, choice=choice))

    def propose(self, choice: Choice, *, by: str, why: str, at: datetime) -> Entry:
        """Ask for `choice` to decide; raise Conflict if it does already."""
        with self._writing() as (pen, state):
            now = state.lineup
            if now is not None and now.choice == choice:
                raise Conflict(f"lineup {now.number} is the same: nothing would change")
            self._fits(choice, None if now is None else now.choice)
            over = 0 if now is None else now.number
            return _add(pen, state, _entry(state, What.PROPOSED, by, why, at, choice=choice, over=over))

    def approve(self, number: int, *, by: str, at: datetime, also_called: Collection[str] = ()) -> Entry:
        """Let a proposal decide from now on.

        Raises NotFound, NotPermitted to who proposed it under any name (`also_called` are further ones of `by`), or
        Conflict if another lineup decides than when it was proposed: it was weighed against something else.
        """
        with self._writing() as (pen, state):
            proposal = _proposal(state, number)
            if any(same_person(name, proposal.by) for name in (by, *also_called)):
                raise NotPermitted(f"{by.strip()} proposed {number}: a second person has to approve it")
            lineup = state.lineup
            now = 0 if lineup is None else lineup.number
            if proposal.over != now:
                raise Conflict(
                    f"proposal {number} was made while lineup {proposal.over} decided, now {now} does: propose it again"
                )
            if proposal.choice is not None:
                self._fits(
                    proposal.choice, None if lineup is None else lineup.choice
                )  # again: much may have happened on the shelf since
            return _add(pen, state, _entry(state, What.APPROVED, by, proposal.why, at, of=number))

    def reject(self, number: int, *, by: str, why: str, at: datetime) -> Entry:
        """Take a proposal from the table; whoever made it may do so too. Raises NotFound."""
        with self._writing() as (pen, state):
            _proposal(state, number)
            return _add(pen, state, _entry(state, What.REJECTED, by, why, at, of=number))

    def roll_back(self, to: int, *, by: str, why: str, at: datetime) -> Entry:
        """Let what decided before the present lineup decide again; raise Conflict if that is not lineup `to`."""
        with self._writing() as (pen, state):
            number, choice = former(state)
            if number != to:
                raise Conflict(f"somebody was faster: what decided before is now lineup {number}, was to be {to}")
            self._fits(choice, None)
            return _add(pen, state, _entry(state, What.ROLLED_BACK, by, why, at, of=to))

    def challenge(self, version: str, *, by: str, why: str, at: datetime) -> Entry:
        """Let a bundle score beside the champion; raise Conflict if it does, or is it."""
        with self._writing() as (pen, state):
            if version in state.challengers or (state.lineup is not None and state.lineup.choice.champion == version):
                raise Conflict(f"bundle {version} is in the lineup already")
            self._fits(Choice(champion=version), None)
            return _add(pen, state, _entry(state, What.CHALLENGED, by, why, at, challenger=version))

    def dismiss(self, version: str, *, by: str, why: str, at: datetime) -> Entry:
        """Let a challenger score no longer; raise NotFound if it is none."""
        with self._writing() as (pen, state):
            if version not in state.challengers:
                raise NotFound(f"bundle {version} is no challenger")
            return _add(pen, state, _entry(state, What.DISMISSED, by, why, at, challenger=version))

    @contextmanager
    def _writing(self) -> Iterator[tuple[Pen, State]]:
        with writing(self._path) as pen:
            yield pen, _folded(pen.lines)


def former(state: State) -> tuple[int, Choice]:
    """Return what decided before the present lineup; raise NotFound if nothing did."""
    if len(state.decided) < 2:
        raise NotFound("no lineup decided before this one: there is nothing to go back to")
    return state.decided[-2]


def same_person(one: str, other: str) -> bool:
    """Say whether two names are one, however they are written.

    >>> same_person(" Ana  Fictional", "ana fictional")
    True
    """
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _proposal(state: State, number: int) -> Entry:
    if number not in state.proposals:
        waiting = ", ".join(map(str, state.proposals)) or "none"
        raise NotFound(f"no proposal {number} waits; waiting: {waiting}")
    return state.proposals[number]


def _entry(
    state: State,
    what: What,
    by: str,
    why: str,
    at: datetime,
    *,
    choice: Choice | None = None,
    of: int | None = None,
    over: int | None = None,
    challenger: str | None = None,
) -> Entry:
    for name, text in (("by", by), ("why", why)):
        if not _plain(text) or len(text) > _LONGEST_NAME or not text.isprintable():
            raise InvalidValue(name, f"must be 1 to {_LONGEST_NAME} printable characters", text)
    return Entry(
        number=len(state.entries) + 1,
        what=what,
        at=at,
        by=by.strip(),
        why=why.strip(),
        choice=choice,
        of=of,
        over=over,
        challenger=challenger,
    )


def _add(pen: Pen, state: State, entry: Entry) -> Entry:
    state.after(entry)  # what could not be read again is not written
    pen.append(_line(entry))
    return entry


def _folded(lines: Sequence[Line]) -> State:
    state = State()
    for line in lines:
        state = state.after(_read(line, len(state.entries) + 1))
    return state


def _line(entry: Entry) -> Line:
    choice = entry.choice
    said = {
        "number": entry.number,
        "what": entry.what.value,
        "at": entry.at.astimezone(UTC).isoformat(),
        "by": entry.by,
        "why": entry.why,
        "champion": None if choice is None else choice.champion,
        "policy": None if choice is None else choice.policy,
        "rules": None if choice is None else choice.rules,
        "of": entry.of,
        "over": entry.over,
        "challenger": entry.challenger,
    }
    always = {"champion", "policy", "rules"} if choice is not None else set()
    return {name: value for name, value in said.items() if value is not None or name in always}


def _read(line: Line, number: int) -> Entry:
    try:
        if line["number"] != number:
            raise ValueError(f"entry {line['number']} stands in place {number}")
        champion = line.get("champion")
        choice = None if champion is None else Choice(champion=champion, policy=line["policy"], rules=line["rules"])
        return Entry(
            number=number,
            what=What(line["what"]),
            at=datetime.fromisoformat(line["at"]),
            by=line["by"],
            why=line["why"],
            choice=choice,
            of=line.get("of"),
            over=line.get("over"),
            challenger=line.get("challenger"),
        )
    except (ValueError, KeyError, TypeError) as problem:
        raise DamagedFile(f"entry {number} of the lineup cannot be read: {problem}") from problem


def _without(proposals: Mapping[int, Entry], number: int) -> Mapping[int, Entry]:
    return {key: value for key, value in proposals.items() if key != number}


def _others(versions: tuple[str, ...], version: str) -> tuple[str, ...]:
    return tuple(each for each in versions if each != version)
