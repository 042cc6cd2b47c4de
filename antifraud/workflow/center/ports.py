"""What the Center's use cases need from the world.

A use case is a plain function that gets an open `Page` and returns what it made. `Book.write` runs it as one
transaction: all its acts are in the journal or none, and nobody else writes meanwhile. So a use case reads,
decides and acts without any lock of its own, and is tested without a server.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol, TypeVar

from antifraud.domain.center.act import Act
from antifraud.domain.center.delivery import Delivery, Outcome, Progress
from antifraud.domain.center.hold import Hold
from antifraud.domain.center.identifiers import IdentifierKind
from antifraud.domain.center.life import Life
from antifraud.domain.center.movement import Movement
from antifraud.domain.center.overview import Flow, Tally, Waiting
from antifraud.domain.center.sighting import Sighting

T = TypeVar("T")
L = TypeVar("L", bound=Life)
Row = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was answered to an act: it can be given again, byte for byte."""

    status: int
    body: bytes
    version: int | None = None  # of the life in it


@dataclass(frozen=True, slots=True)
class Place:
    """Where a life stands in a list: behind all whose clock speaks earlier; those without a clock come last."""

    due_at: datetime | None
    life_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which lives somebody wants to see: `party` None is for those who may see all."""

    party: str | None
    statuses: Collection[str] = ()  # none: all
    keys: Collection[str] = ()  # found by all of them
    due_before: datetime | None = None
    after: Place | None = None
    limit: int


class QueueOrder(StrEnum):
    """What comes first in a queue of holds."""

    DEADLINE = "deadline"  # what is free by itself soonest
    AMOUNT = "amount"  # the largest sum, in minor units of its own currency
    SCORE = "score"  # the likeliest fraud


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSelection:
    """Which holds somebody works through: `party` is who holds or leads, None for those who may see all."""

    party: str | None
    leads: bool = False  # the party leads incidents that they belong to, instead of holding
    order: QueueOrder = QueueOrder.DEADLINE
    is_open: bool = True
    assignee: str | None = None  # only those of one person
    unassigned: bool = False  # only those that nobody works on
    escalated: bool = False  # only those that wait for somebody's help
    fraud_type: str | None = None
    keys: Collection[str] | None = None  # found by any of them
    after: tuple[int, str] | None = None  # place in the order and id of the last one before
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueCounts:
    """How many open holds wait."""

    mine: int
    all: int
    unassigned: int
    escalated: int
    last_change: int  # the journal's end: another number says that something may have moved


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An act as it stands in the journal."""

    seq: int
    kind: str  # of the life, as `hold`
    life_id: str
    version: int  # of the life after it
    name: str  # as `hold.released`
    act: Act


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An act as somebody may read it, with the hash that makes it a witness of all acts before it."""

    written: Written
    whole: bool  # or only the minimum
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """An act as the chain of the journal proves it: `hash` is SHA-256 of `before` and the SHA-256 of `said`, in hex."""

    written: Written
    before: str  # the hash of the act before it, whoever's
    said: str  # its row as a JSON array
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Which acts somebody follows: `readers` None is for those who may read all, `names` empty for all names."""

    readers: Collection[str] | None
    after: int
    names: Collection[str] = ()
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Auditing:
    """Which acts an audit goes through, in the order of the journal; None asks for all."""

    after: int
    participant: str | None = None  # of who acted
    person: str | None = None  # who acted: a sign-in name, or `key:<id>`
    life_id: str | None = None
    names: Collection[str] = ()  # none: all
    since: datetime | None = None
    until: datetime | None = None  # not included
    limit: int


class Page(Protocol):
    """The book as one transaction sees it."""

    def find(self, kind: type[L], life_id: str) -> L | None:
        """Return a life, or None."""
        ...

    def get(self, kind: type[L], life_id: str, version: int | None = None) -> L:
        """Return a life; raise NotFound, or StaleVersion if it is not at the `version` that the caller saw."""
        ...

    def found_by(self, kind: type[L], key: str) -> Sequence[L]:
        """Return the lives of that kind that a key finds, oldest first."""
        ...

    def found_by_any(self, kind: type[L], keys: Collection[str]) -> Sequence[L]:
        """Return the lives of that kind that any of up to some thousand keys finds, each once, oldest first."""
        ...

    def latest(self, kind: type[L], key: str, party: str | None, limit: int) -> Sequence[L]:
        """Return the newest lives of that kind that a key finds and a party (None: anybody) takes part in."""
        ...

    def count_found(self, kind: type[Life], key: str, party: str | None) -> int:
        """Count all that `latest` would return without a limit."""
        ...

    def selected(self, kind: type[L], asked: Selection) -> Sequence[L]:
        """Return the lives of that kind that `asked` selects, those whose clock speaks first in front."""
        ...

    def queue(self, asked: QueueSelection) -> Sequence[Hold]:
        """Return one page of a queue of holds, in its order."""
        ...

    def queue_counts(self, asked: QueueSelection, person: str) -> QueueCounts:
        """Return how many open holds of the party of `asked` wait: for a person, in all, for nobody yet."""
        ...

    def count(self, kind: type[Life], statuses: Collection[str]) -> int:
        """Count the lives of that kind that are in one of those statuses."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[Life]:
        """Return up to `limit` lives for which the platform has to act at `now`, longest waiting first."""
        ...

    def changed(self, kinds: Sequence[type[Life]], since: int) -> tuple[Sequence[Life], int]:
        """Return the lives of those kinds that an act after `since` moved, and where the journal ends now."""
        ...

    def due_names(self, now: datetime, limit: int) -> Sequence[tuple[type[Life], str]]:
        """Return what `due` would, by kind and id: also lives that cannot be read."""
        ...

    def next_due(self) -> datetime | None:
        """Return when the next life is due, None when no clock runs."""
        ...

    def act(self, before: Life | None, after: L, act: Act) -> L:
        """Write an act into the journal with the life it made (`before` None: its birth); return `after`."""
        ...

    def acts_of(self, life_id: str) -> Sequence[Written]:
        """Return what happened to a life, oldest first."""
        ...

    def sealed_of(self, life_id: str) -> Sequence[Sealed]:
        """Return what happened to a life with its place in the chain, oldest first."""
        ...

    def audited(self, asked: Auditing) -> Sequence[Sealed]:
        """Return the next acts that an audit goes through, each with its place in the chain."""
        ...

    def acts_after(self, seq: int, limit: int) -> Sequence[Written]:
        """Return up to `limit` acts of the journal after `seq`, in order."""
        ...

    def told(self, asked: Listening) -> Sequence[Told]:
        """Return the next acts that somebody follows, in the order of the journal."""
        ...

    def head(self) -> int:
        """Return the number of the last act of the journal."""
        ...

    def progress(self, webhook_id: str) -> Progress:
        """Return how far a webhook has come; raise NotFound."""
        ...

    def keep_progress(self, known: Progress) -> None:
        """Note how far it has come."""
        ...

    def keep_delivery(self, delivery: Delivery) -> None:
        """Note what became of an act at a webhook, over what was noted before."""
        ...

    def deliveries(
        self, webhook_id: str, *, after: int, limit: int, outcome: Outcome | None = None
    ) -> Sequence[Delivery]:
        """Return what became of acts after `after` at a webhook, in their order."""
        ...

    def forget_deliveries(self, before: datetime) -> int:
        """Remove what is older than a moment; return how many."""
        ...

    def answered(self, participant: str, key: str, since: datetime) -> tuple[str, Answer] | None:
        """Return the digest of a request answered not before `since` under that key, with the answer, or None."""
        ...

    def keep_answer(self, participant: str, key: str, digest: str, answer: Answer, at: datetime) -> None:
        """Keep an answer together with the acts of this transaction; one too old to count is replaced."""
        ...

    def forget_answers(self, before: datetime) -> int:
        """Remove the answers given before a moment; return how many."""
        ...

    def cursor(self, name: str) -> int:
        """Return how far the follower of that name has come in another log, 0 at the beginning."""
        ...

    def move_cursor(self, name: str, seq: int) -> None:
        """Note how far it has come, in the same transaction as what it did."""
        ...

    def keep_movements(self, rows: Sequence[Row], since: datetime) -> None:
        """Keep those transfers of the decision log that were received not before `since`."""
        ...

    def forget_movements(self, before: datetime, limit: int) -> int:
        """Remove up to `limit` of the oldest transfers, those received before a moment; return how many.

        What was counted and named before it goes with them.
        """
        ...

    def movements(
        self, since: datetime, until: datetime, *, payer: str | None = None, payee: str | None = None, limit: int
    ) -> Sequence[Movement]:
        """Return up to `limit` transfers of one payer, or to one payee, received in `[since, until)`, oldest first.

        Their banks are participants, whatever the transfers name them by; None where that is nobody's.
        """
        ...

    def count_movements(
        self, since: datetime, until: datetime, *, payer: str | None = None, payee: str | None = None, limit: int
    ) -> int:
        """Count what `movements` would return, up to `limit`, without reading it."""
        ...

    def keep_sightings(self, seen: Sequence[Sighting]) -> None:
        """Keep what was named together; what is known already to the hour changes nothing."""
        ...

    def sightings(
        self,
        *,
        kind: IdentifierKind | None = None,
        ident: str | None = None,
        account: str | None = None,
        party: str | None,
        limit: int,
    ) -> Sequence[Sighting]:
        """Return up to `limit` sightings of an identifier, or of an account, told by a party; the latest first."""
        ...

    def flows(self, since: datetime, party: str | None) -> Sequence[Flow]:
        """Return what a party sent, None: all of them, from `since` on, by `STEP` and action, oldest first."""
        ...

    def tallies(self, since: date, party: str | None) -> Sequence[Tally]:
        """Return what became of money at a bank, None: at all of them, from a local day on, oldest first."""
        ...

    def held_now(self, party: str | None) -> Mapping[str, int]:
        """Return how much waits at a bank, None: at all of them, by currency."""
        ...

    def waiting(self, asked: QueueSelection, moments: Sequence[datetime]) -> Sequence[Waiting]:
        """Return how many open holds of the party of `asked` each person has, by when they end, rising moments.

        What ends at a moment ends by it: the law's ends are midnights, and today's must not be counted as tomorrow's.
        """
        ...

    def new_id(self, at: datetime) -> str:
        """Return a name that nothing has yet, in order of time (UUID version 7)."""
        ...


class Book(Protocol):
    """Where the Center's acts and lives are kept."""

    async def write(self, work: Callable[[Page], T]) -> T:
        """Run `work` as one transaction, after all that were begun before; durable when it returns.

        What `work` raises undoes all of it. Raise Unavailable when the book cannot be written now.
        """
        ...

    async def write_lightly(self, work: Callable[[Page], T]) -> T:
        """Do what `write` does; unless it acts, it may be gone after a loss of power, and must be done again then."""
        ...

    async def read(self, work: Callable[[Page], T]) -> T:
        """Run `work` on the book as it stands; it may not act."""
        ...
