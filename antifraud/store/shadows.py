"""What challengers and shadow rules said, beside the decisions they listened to: one follower, exactly once.

The follower's cursor is the end of its last watch, and moves in the transaction that keeps what was said.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import orjson
import polars as pl
from sqlalchemy import Connection, Engine, Integer, and_, case, cast, func, insert, literal, select, true, update
from sqlalchemy.exc import DBAPIError

from antifraud.domain.errors import Unavailable
from antifraud.domain.moment import micros, moment_of
from antifraud.store.address import reason
from antifraud.store.bulk import ManyRows
from antifraud.store.history import DECIDED, History
from antifraud.store.schema import decisions, shadow_hits, shadow_scores, shadow_watches
from antifraud.tables import TRANSFER_KEY

# Two followers take turns, whatever process they are in. The number is any, that of no other lock.
_TAKE_TURNS: Final = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "SELECT pg_advisory_xact_lock(8137226004)"}
_SERVED: Final = pl.Schema({"seq": pl.Int64(), **{name: DECIDED[name] for name in ("received_at", "vector")}})
_ASKED: Final = (
    "seq",
    *(*TRANSFER_KEY, "payer", "payee", "base_minor", "received_at"),
    *("action", "score", "reasons", "model_version", "policy_version"),
)
JUDGED: Final = pl.Schema(
    {"seq": pl.Int64(), **{name: DECIDED[name] for name in _ASKED if name != "seq"}, "blind": pl.Boolean()}
)
"""Decisions that were listened to; `blind` ones had no vector."""


@dataclass(frozen=True, slots=True)
class Block:
    """What was decided in `(after, upto]`: seq, received_at and the served vector, empty where there is none to score.

    Vectors are those of one catalogue; what was decided blind or under another one has none.
    """

    after: int
    upto: int
    rows: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Said:
    """What was said about a block; `rules` are the codes of those that listened, `hits` of those that fired."""

    rules: tuple[str, ...] = ()
    scores: Mapping[str, Mapping[int, float]] = field(default_factory=dict)  # by model, then by seq
    hits: Mapping[str, Sequence[int]] = field(default_factory=dict)  # by rule: seqs


@dataclass(frozen=True, slots=True)
class Watch:
    """A stretch `(after, upto]` of the log and the rules that listened to it."""

    after: int
    upto: int
    rules: tuple[str, ...]


class SqlShadows:
    """What shadows say about the decisions of one log."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._log = History(engine)
        self._turn = _TAKE_TURNS[engine.dialect.name]
        self._scores, self._hits = (ManyRows(table, engine.dialect) for table in (shadow_scores, shadow_hits))

    def next(self, limit: int, catalogue_version: str, begin: datetime, settled: datetime) -> Block | None:
        """Return the next block, at most `limit` decisions received before `settled`; None when there is none.

        What was received before `settled` is in the log by now or never will be. The first block of all begins with
        what was received from `begin` on.
        """
        with self._reading() as connection:
            cursor = _cursor(connection)
            after = _before(connection, begin) if cursor is None else cursor
        vector = case(
            (decisions.c.catalogue_version == catalogue_version, decisions.c.vector), else_=literal(b"")
        ).label("vector")
        asked = select(decisions.c.seq, decisions.c.received_at, vector).where(decisions.c.seq > after)
        rows = pl.concat([_SERVED.to_frame(), *self._log.tables(asked.order_by(decisions.c.seq).limit(limit), _SERVED)])
        young = (rows["received_at"] >= settled).arg_true()
        rows = rows if young.is_empty() else rows.head(young[0])
        return None if rows.is_empty() else Block(after, rows["seq"][-1], rows)

    def unheard_since(self, *, anybody: bool) -> datetime | None:
        """Return when the oldest decision was received that nobody listened to; None where there is none.

        Before the first listening of all, every decision is one if there is `anybody` who should listen.
        """
        with self._reading() as connection:
            cursor = _cursor(connection)
            if cursor is None and not anybody:
                return None
            asked = select(decisions.c.received_at).where(decisions.c.seq > (cursor or 0))
            first = connection.execute(asked.order_by(decisions.c.seq).limit(1)).scalar_one_or_none()
        return None if first is None else moment_of(first)

    def keep(self, block: Block, said: Said) -> bool:
        """Keep what was said about a block, all or nothing; return False if another follower was faster."""
        scores = [(model, seq, score) for model, of in said.scores.items() for seq, score in of.items()]
        hits = [(rule, seq) for rule, seqs in said.hits.items() for seq in seqs]
        rules = orjson.dumps(said.rules).decode()
        with self._writing() as connection:
            if (cursor := _cursor(connection)) is not None and cursor != block.after:
                return False
            if scores:
                self._scores.run(connection, scores)
            if hits:
                self._hits.run(connection, hits)
            goes_on = (shadow_watches.c.upto == block.after) & (shadow_watches.c.rules == rules)
            if not connection.execute(update(shadow_watches).where(goes_on).values(upto=block.upto)).rowcount:
                row = {"after": block.after, "upto": block.upto, "rules": rules}
                connection.execute(insert(shadow_watches).values(row))
            connection.commit()
        return True

    def watches(self) -> list[Watch]:
        """Return who listened to what, in the log's order."""
        with self._reading() as connection:
            rows = connection.execute(select(shadow_watches).order_by(shadow_watches.c.after)).all()
        return [Watch(row.after, row.upto, tuple(orjson.loads(row.rules))) for row in rows]

    def judged(self, since: datetime | None = None) -> pl.DataFrame:
        """Return all that was listened to, received from `since` on, in the log's order, with the columns JUDGED."""
        watched = self.watches()
        if not watched:
            return JUDGED.to_frame()
        listened = and_(decisions.c.seq > watched[0].after, decisions.c.seq <= watched[-1].upto)
        received = true() if since is None else decisions.c.received_at >= micros(since)
        blind = func.length(decisions.c.vector) == 0
        asked = select(*(decisions.c[name] for name in _ASKED), cast(blind, Integer)).where(listened, received)
        stored = pl.Schema({**JUDGED, "reasons": pl.String()})
        rows = pl.concat([stored.to_frame(), *self._log.tables(asked.order_by(decisions.c.seq), stored)])
        return rows.with_columns(pl.col("reasons").str.json_decode(DECIDED["reasons"]))

    def scores(self, model: str) -> pl.DataFrame:
        """Return seq and score of all that a model scored."""
        asked = select(shadow_scores.c.decision, shadow_scores.c.score).where(shadow_scores.c.model == model)
        schema = pl.Schema({"seq": pl.Int64(), "score": pl.Float64()})
        return pl.concat([schema.to_frame(), *self._log.tables(asked, schema)])

    def hits(self, rule: str) -> pl.Series:
        """Return the seq of all decisions on which a rule fired."""
        asked = select(shadow_hits.c.decision).where(shadow_hits.c.rule == rule)
        schema = pl.Schema({"seq": pl.Int64()})
        return pl.concat([schema.to_frame(), *self._log.tables(asked, schema)])["seq"]

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except DBAPIError as error:
            raise Unavailable(f"what shadows said cannot be read: {reason(error)}") from error

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Begin a transaction that no other follower is in; who is done commits."""
        try:
            with self._engine.connect() as connection:
                connection.exec_driver_sql(self._turn)
                yield connection
        except DBAPIError as error:
            raise Unavailable(f"what shadows say cannot be kept: {reason(error)}") from error


def _cursor(connection: Connection) -> int | None:
    """Return the last decision that was listened to; None before the first."""
    last: int | None = connection.execute(select(func.max(shadow_watches.c.upto))).scalar_one()
    return last


def _before(connection: Connection, moment: datetime) -> int:
    """Return the number before the first decision received from a moment on."""
    received = select(func.min(decisions.c.seq)).where(decisions.c.received_at >= micros(moment))
    first = connection.execute(received).scalar_one()
    if first is not None:
        return int(first) - 1
    last: int = connection.execute(select(func.coalesce(func.max(decisions.c.seq), 0))).scalar_one()
    return last
