"""One transaction on the Center's book."""

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, TypeVar, cast
from uuid import UUID

from sqlalchemy import Connection, RowMapping, Select, Table, delete, func, insert, select

from antifraud.domain.center.act import Act
from antifraud.domain.center.audience import readers_of
from antifraud.domain.center.banks import AsNamed, Banks
from antifraud.domain.center.delivery import Delivery, Outcome, Progress
from antifraud.domain.center.hold import Hold
from antifraud.domain.center.identifiers import IdentifierKind
from antifraud.domain.center.life import Life, Sight
from antifraud.domain.center.lives import KIND_NAMED, KIND_OF
from antifraud.domain.center.movement import Movement
from antifraud.domain.center.overview import Flow, Tally, Waiting
from antifraud.domain.center.sighting import Sighting
from antifraud.domain.errors import NotFound, StaleVersion
from antifraud.domain.moment import micros, moment_of
from antifraud.store.center import beside, counting, movements, pushed, ranks, sighted
from antifraud.store.center.ends import end_of
from antifraud.store.center.form import act_from_json, act_to_json, life_from_json, life_to_json, named
from antifraud.store.center.journal import Head, head_of, rows_with_before, said_by, sealed
from antifraud.store.center.schema import acts, audience, life_keys, life_parties, lives
from antifraud.store.center.selecting import CALLED, MOVED, ONE, audited, counted, latest, listened, selected
from antifraud.workflow.center.ports import (
    Answer,
    Auditing,
    Listening,
    QueueCounts,
    QueueSelection,
    Row,
    Sealed,
    Selection,
    Told,
    Written,
)

L = TypeVar("L", bound=Life)
_MOMENT_BITS: Final = 80  # of a UUID version 7, below its 48 bits of milliseconds


class SqlPage:
    """A `Page` on an open connection; whoever opened it commits or rolls back."""

    def __init__(
        self,
        connection: Connection,
        *,
        writing: bool,
        banks: Callable[[], Banks] = AsNamed,
        random_bits: Callable[[int], int] = secrets.randbits,
    ) -> None:
        self._connection = connection
        self._new: dict[Table, list[dict[str, object]]] = {}  # rows that are not in the database yet
        self._writing = writing
        self._random_bits = random_bits
        self._read_banks = banks
        self._banks: Banks | None = None
        self._head: Head | None = None

    @property
    def connection(self) -> Connection:
        """Return the connection; whoever asks by it meets all that was written on this page."""
        self.flush()
        return self._connection

    def flush(self) -> None:
        """Insert the rows of the acts until now, one statement a table: each gives the interpreter up and waits."""
        new, self._new = self._new, {}
        for table, rows in new.items():
            self._connection.execute(insert(table), rows)

    @property
    def acted(self) -> bool:
        """Say whether this transaction has written into the journal."""
        return self._head is not None

    def find(self, kind: type[L], life_id: str) -> L | None:
        """Return a life, or None."""
        row = self.connection.execute(ONE, {"id": life_id, "kind": KIND_OF[kind].name}).mappings().first()
        return None if row is None else cast(L, _life(row))

    def get(self, kind: type[L], life_id: str, version: int | None = None) -> L:
        """Return a life; raise NotFound, or StaleVersion if it is not at the `version` that the caller saw."""
        life = self.find(kind, life_id)
        name = KIND_OF[kind].name
        if life is None:
            raise NotFound(f"there is no {name} {life_id}")
        if version is not None and version != life.version:
            raise StaleVersion(f"{name} {life_id} is at version {life.version} by now, not {version}: look again")
        return life

    def found_by(self, kind: type[L], key: str) -> Sequence[L]:
        """Return the lives of that kind that a key finds, oldest first."""
        rows = self.connection.execute(CALLED, {"key": key, "kind": KIND_OF[kind].name}).mappings()
        return [cast(L, _life(row)) for row in rows]

    def found_by_any(self, kind: type[L], keys: Collection[str]) -> Sequence[L]:
        """Return the lives of that kind that any of up to some thousand keys finds, each once, oldest first."""
        if not keys:
            return []
        meant = life_keys.c.key.in_(sorted(keys)) & (life_keys.c.life == KIND_OF[kind].name)
        called = self.connection.execute(select(life_keys.c.life_id).where(meant)).scalars().all()
        if not called:
            return []
        rows = self.connection.execute(select(lives).where(lives.c.life_id.in_(set(called))).order_by(lives.c.life_id))
        return [cast(L, _life(row)) for row in rows.mappings()]

    def selected(self, kind: type[L], asked: Selection) -> Sequence[L]:
        """Return the lives of that kind that `asked` selects, those whose clock speaks first in front."""
        return [cast(L, _life(row)) for row in self.connection.execute(selected(KIND_OF[kind].name, asked)).mappings()]

    def latest(self, kind: type[L], key: str, party: str | None, limit: int) -> Sequence[L]:
        """Return the newest lives of that kind that a key finds and a party (None: anybody) takes part in."""
        rows = self.connection.execute(latest(KIND_OF[kind].name, key, party, limit)).mappings()
        return [cast(L, _life(row)) for row in rows]

    def count_found(self, kind: type[Life], key: str, party: str | None) -> int:
        """Count all that `latest` would return without a limit."""
        return cast(int, self.connection.execute(counted(KIND_OF[kind].name, key, party)).scalar_one())

    def queue(self, asked: QueueSelection) -> Sequence[Hold]:
        """Return one page of a queue of holds, in its order."""
        return [cast(Hold, _life(row)) for row in self.connection.execute(ranks.queued(asked)).mappings()]

    def queue_counts(self, asked: QueueSelection, person: str) -> QueueCounts:
        """Return how many open holds of the party of `asked` wait: for a person, in all, for nobody yet."""
        return ranks.counts(self.connection, asked, person)

    def count(self, kind: type[Life], statuses: Collection[str]) -> int:
        """Count the lives of that kind that are in one of those statuses."""
        of_them = (lives.c.life == KIND_OF[kind].name) & lives.c.status.in_(sorted(statuses))
        return self.connection.execute(select(func.count()).select_from(lives).where(of_them)).scalar_one()

    def due(self, now: datetime, limit: int) -> Sequence[Life]:
        """Return up to `limit` lives for which the platform has to act at `now`, longest waiting first."""
        return [_life(row) for row in self.connection.execute(_due(now, limit)).mappings()]

    def due_names(self, now: datetime, limit: int) -> Sequence[tuple[type[Life], str]]:
        """Return what `due` would, by kind and id: also lives that cannot be read."""
        rows = self.connection.execute(_due(now, limit)).mappings()
        return [(KIND_NAMED[row["life"]].life, row["life_id"]) for row in rows]

    def next_due(self) -> datetime | None:
        """Return when the next life is due, None when no clock runs."""
        first = self.connection.execute(select(func.min(lives.c.due_at))).scalar_one()
        return None if first is None else moment_of(first)

    def changed(self, kinds: Sequence[type[Life]], since: int) -> tuple[Sequence[Life], int]:
        """Return the lives of those kinds that an act after `since` moved, and where the journal ends now."""
        head = head_of(self.connection).seq  # first: what comes meanwhile is seen again, never missed
        names = [KIND_OF[kind].name for kind in kinds]
        moved = select(acts.c.life_id).where((acts.c.seq > since) & acts.c.life.in_(names))
        which = lives.c.life.in_(names) if since == 0 else lives.c.life_id.in_(moved)
        rows = self.connection.execute(select(lives).where(which)).mappings()
        return [_life(row) for row in rows], head

    def act(self, before: Life | None, after: L, act: Act) -> L:
        """Write an act into the journal with the life it made; return `after`."""
        if not self._writing:
            raise TypeError("this page of the book is open for reading only")
        kind, name = named(after, act)
        if after.version != (1 if before is None else before.version + 1):
            raise TypeError(f"{kind.name} {after.life_id}: an act makes the next version, not {after.version}")
        head = self._head or head_of(self.connection)
        row = sealed(
            {
                "seq": head.seq + 1,
                "life": kind.name,
                "life_id": after.life_id,
                "version": after.version,
                "name": name,
                "at": micros(act.at),
                "participant": act.by.participant,
                "role": act.by.role.value,
                "person": act.by.person,
                "body": act_to_json(name, act),
            },
            head,
        )
        self._insert(acts, row)
        self._head = Head(head.seq + 1, str(row["hash"]))
        for each, sight in sorted(readers_of(before, after).items()):
            self._insert(audience, {"participant": each, "seq": self._head.seq, "whole": sight is Sight.WHOLE})
        self._save(kind.name, before, after)
        if isinstance(after, Hold):
            assert before is None or isinstance(before, Hold)  # noqa: S101 - a life never changes its kind
            counting.keep_tally(self.connection, before, after, act.at)
        return after

    def acts_of(self, life_id: str) -> Sequence[Written]:
        """Return what happened to a life, oldest first."""
        asked = select(acts).where(acts.c.life_id == life_id).order_by(acts.c.version)
        return [_written(row) for row in self.connection.execute(asked).mappings()]

    def sealed_of(self, life_id: str) -> Sequence[Sealed]:
        """Return what happened to a life with its place in the chain, oldest first."""
        return self._sealed(select(acts).where(acts.c.life_id == life_id).order_by(acts.c.seq))

    def audited(self, asked: Auditing) -> Sequence[Sealed]:
        """Return the next acts that an audit goes through, each with its place in the chain."""
        return self._sealed(audited(asked))

    def acts_after(self, seq: int, limit: int) -> Sequence[Written]:
        """Return up to `limit` acts of the journal after `seq`, in order."""
        asked = select(acts).where(acts.c.seq > seq).order_by(acts.c.seq).limit(limit)
        return [_written(row) for row in self.connection.execute(asked).mappings()]

    def told(self, asked: Listening) -> Sequence[Told]:
        """Return the next acts that somebody follows, in the order of the journal."""
        return [
            Told(written=_written(row), whole=bool(row["whole"]), hash=row["hash"])
            for row in self.connection.execute(listened(asked)).mappings()
        ]

    def head(self) -> int:
        """Return the number of the last act of the journal."""
        return head_of(self.connection).seq

    def progress(self, webhook_id: str) -> Progress:
        """Return how far a webhook has come; raise NotFound."""
        return pushed.progress(self.connection, webhook_id)

    def keep_progress(self, known: Progress) -> None:
        """Note how far it has come."""
        pushed.keep_progress(self.connection, known)

    def keep_delivery(self, delivery: Delivery) -> None:
        """Note what became of an act at a webhook, over what was noted before."""
        pushed.keep_delivery(self.connection, delivery)

    def deliveries(
        self, webhook_id: str, *, after: int, limit: int, outcome: Outcome | None = None
    ) -> Sequence[Delivery]:
        """Return what became of acts after `after` at a webhook, in their order."""
        return pushed.deliveries_of(self.connection, webhook_id, after, limit, outcome)

    def forget_deliveries(self, before: datetime) -> int:
        """Remove what is older than a moment; return how many."""
        return pushed.forget_deliveries(self.connection, before)

    def answered(self, participant: str, key: str, since: datetime) -> tuple[str, Answer] | None:
        """Return the digest of a request answered not before `since` under that key, with the answer, or None."""
        return beside.answered(self.connection, participant, key, since)

    def keep_answer(self, participant: str, key: str, digest: str, answer: Answer, at: datetime) -> None:
        """Keep an answer together with the acts of this transaction; one too old to count is replaced."""
        beside.keep_answer(self.connection, participant, key, digest, answer, at)

    def forget_answers(self, before: datetime) -> int:
        """Remove the answers given before a moment; return how many."""
        return beside.forget_answers(self.connection, before)

    def cursor(self, name: str) -> int:
        """Return how far the follower of that name has come in another log, 0 at the beginning."""
        return beside.cursor(self.connection, name)

    def move_cursor(self, name: str, seq: int) -> None:
        """Note how far it has come, in the same transaction as what it did."""
        beside.move_cursor(self.connection, name, seq)

    def keep_movements(self, rows: Sequence[Row], since: datetime) -> None:
        """Keep those transfers of the decision log that were received not before `since`."""
        counting.keep_flows(self.connection, movements.keep(self.connection, rows, since))

    def forget_movements(self, before: datetime, limit: int) -> int:
        """Remove up to `limit` of the oldest transfers, those received before a moment; return how many.

        What was counted and named before it goes with them.
        """
        counting.forget_flows(self.connection, before)
        sighted.forget(self.connection, before)
        return movements.forget(self.connection, before, limit)

    def movements(
        self, since: datetime, until: datetime, *, payer: str | None = None, payee: str | None = None, limit: int
    ) -> Sequence[Movement]:
        """Return up to `limit` transfers of one payer, or to one payee, received in `[since, until)`, oldest first."""
        if self._banks is None:  # once for each transaction
            self._banks = self._read_banks()
        found = movements.between(self.connection, *end_of(payer, payee), since, until, limit)
        return [self._banks.known(each) for each in found]

    def count_movements(
        self, since: datetime, until: datetime, *, payer: str | None = None, payee: str | None = None, limit: int
    ) -> int:
        """Count what `movements` would return, up to `limit`, without reading it."""
        return movements.count(self.connection, *end_of(payer, payee), since, until, limit)

    def keep_sightings(self, seen: Sequence[Sighting]) -> None:
        """Keep what was named together: when first, and when last."""
        sighted.keep(self.connection, seen)

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
        return sighted.found(self.connection, kind, ident, account, party, limit)

    def flows(self, since: datetime, party: str | None) -> Sequence[Flow]:
        """Return what a party sent, None: all of them, from `since` on, by `STEP` and action, oldest first."""
        return counting.flows_since(self.connection, since, party)

    def tallies(self, since: date, party: str | None) -> Sequence[Tally]:
        """Return what became of money at a bank, None: at all of them, from a local day on, oldest first."""
        return counting.tallies_since(self.connection, since, party)

    def held_now(self, party: str | None) -> Mapping[str, int]:
        """Return how much waits at a bank, None: at all of them, by currency."""
        return counting.held_now(self.connection, party)

    def waiting(self, asked: QueueSelection, moments: Sequence[datetime]) -> Sequence[Waiting]:
        """Return how many open holds of the party of `asked` each person has, by when they end, rising moments."""
        return counting.waiting(self.connection, asked, moments)

    def new_id(self, at: datetime) -> str:
        """Return a fresh UUID of version 7 (RFC 9562): 48 bits of milliseconds, then what is random."""
        bits = (micros(at) // 1_000) << _MOMENT_BITS | self._random_bits(_MOMENT_BITS)
        bits = bits & ~(0xF << 76) | 7 << 76  # the version
        return str(UUID(int=bits & ~(0b11 << 62) | 0b10 << 62))  # the variant

    def _sealed(self, asked: Select[Any]) -> Sequence[Sealed]:
        return [
            Sealed(written=_written(row), before=before, said=said_by(row), hash=row["hash"])
            for row, before in rows_with_before(self.connection, asked)
        ]

    def _save(self, kind: str, before: Life | None, after: Life) -> None:
        row: dict[str, object] = {
            "version": after.version,
            "status": after.status.value,
            "due_at": None if after.due_at is None else micros(after.due_at),
            "body": life_to_json(after),
        }
        name: dict[str, object] = {"life": kind, "life_id": after.life_id}
        if before is None:
            self._insert(lives, name | row)
        else:
            self.connection.execute(MOVED, row | {"id": after.life_id})
        if isinstance(after, Hold):
            ranks.keep(self.connection, after, new=before is None)
        self._list(life_keys, name, frozenset() if before is None else before.keys, after.keys)
        self._list(life_parties, name, frozenset() if before is None else before.parties, after.parties)

    def _list(self, table: Table, name: dict[str, object], old: frozenset[str], new: frozenset[str]) -> None:
        column = table.columns[0]
        if gone := old - new:
            self.connection.execute(delete(table).where((table.c.life_id == name["life_id"]) & column.in_(gone)))
        for added in sorted(new - old):
            self._insert(table, name | {column.name: added})

    def _insert(self, table: Table, row: dict[str, object]) -> None:
        self._new.setdefault(table, []).append(row)


def _due(now: datetime, limit: int) -> Select[Any]:
    return select(lives).where(lives.c.due_at <= micros(now)).order_by(lives.c.due_at).limit(limit)


def _life(row: RowMapping) -> Life:
    return life_from_json(row["life"], row["body"])


def _written(row: RowMapping) -> Written:
    return Written(
        seq=row["seq"],
        kind=row["life"],
        life_id=row["life_id"],
        version=row["version"],
        name=row["name"],
        act=act_from_json(row["name"], row["body"]),
    )
