"""The tables of the Center's book, the same in SQLite and PostgreSQL; a database of their own, or a shared one.

Times are microseconds since 1970, UTC. Names are frozen by the migrations; a change here needs a new one.
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table

metadata: Final = MetaData()

acts: Final = Table(
    "acts",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),  # no gaps
    Column("life", String, nullable=False),  # the kind, as `hold`
    Column("life_id", String, nullable=False),
    Column("version", Integer, nullable=False),  # of the life after it
    Column("name", String, nullable=False),  # as `hold.released`
    Column("at", BigInteger, nullable=False),
    Column("participant", String, nullable=False),
    Column("role", String, nullable=False),
    Column("person", String, nullable=False),
    Column("body", String, nullable=False),  # the whole act as JSON: what the hash is of
    Column("hash", String, nullable=False),  # SHA-256 in hex of the hash before and the digest of all the columns above
    Index("acts_of_a_life", "life_id", "version", unique=True),
    Index("acts_by_moment", "at"),
    Index("acts_of_a_participant", "participant", "seq"),
)

audience: Final = Table(
    "audience",
    metadata,
    Column("participant", String, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("whole", Boolean, nullable=False),  # or only the minimum
)
"""Which participant may read which act: the feed of each is a range of this."""

lives: Final = Table(
    "lives",
    metadata,
    Column("life_id", String, primary_key=True),
    Column("life", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("status", String, nullable=False),
    Column("due_at", BigInteger),
    Column("body", String, nullable=False),
    Index("lives_by_status", "life", "status"),
    Index("lives_by_due", "due_at"),
)

life_keys: Final = Table(
    "life_keys",
    metadata,
    Column("key", String, primary_key=True),
    Column("life", String, primary_key=True),
    Column("life_id", String, primary_key=True),
    Index("keys_of_a_life", "life_id"),
)
"""What a life is found by."""

life_parties: Final = Table(
    "life_parties",
    metadata,
    Column("participant", String, primary_key=True),
    Column("life", String, primary_key=True),
    Column("life_id", String, primary_key=True),
    Index("parties_of_a_life", "life_id"),
)
"""Who may see at least the minimum of a life."""

answers: Final = Table(
    "answers",
    metadata,
    Column("participant", String, primary_key=True),
    Column("key", String, primary_key=True),  # the caller's Idempotency-Key
    Column("digest", String, nullable=False),  # SHA-256 of who asked for what
    Column("status", Integer, nullable=False),
    Column("version", Integer),  # of the life in the answer, for its ETag
    Column("body", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("answers_by_moment", "at"),
)
"""What was answered to acts, so that the same request again gets the same answer."""

cursors: Final = Table(
    "cursors",
    metadata,
    Column("name", String, primary_key=True),
    Column("seq", BigInteger, nullable=False),  # of the last row of another log that had its effect here
)
"""How far each follower has come."""

hold_ranks: Final = Table(
    "hold_ranks",
    metadata,
    Column("life_id", String, primary_key=True),
    Column("bank", String, nullable=False),
    Column("police", String),
    Column("is_open", Boolean, nullable=False),
    Column("status", String, nullable=False),
    Column("assignee", String),
    Column("escalated", String),
    Column("fraud_type", String),
    Column("ends_at", BigInteger, nullable=False),  # when it is free by itself; NEVER for what is not
    Column("held_minor", BigInteger, nullable=False),
    Column("currency", String, nullable=False),
    Column("score_ppm", Integer, nullable=False),  # -1 where no model could speak
    Index("holds_by_end", "bank", "is_open", "ends_at", "life_id"),
    Index("holds_by_amount", "bank", "is_open", "held_minor", "life_id"),
    Index("holds_by_score", "bank", "is_open", "score_ppm", "life_id"),
    Index("holds_of_a_person", "bank", "is_open", "assignee", "ends_at", "life_id"),
    Index("holds_of_police", "police", "is_open", "ends_at", "life_id"),
    Index("holds_to_count", "bank", "is_open", "assignee", "escalated"),
    Index("holds_of_police_to_count", "police", "is_open", "assignee", "escalated"),
    Index("holds_to_sum", "bank", "is_open", "currency", "held_minor"),
    Index("holds_of_all_by_end", "is_open", "ends_at", "life_id"),
    Index("holds_of_all_by_amount", "is_open", "held_minor", "life_id"),
    Index("holds_of_all_by_score", "is_open", "score_ppm", "life_id"),
)
"""What a queue of holds is filtered and sorted by: places in an order, written with the life and never shown."""

webhook_states: Final = Table(
    "webhook_states",
    metadata,
    Column("webhook_id", String, primary_key=True),
    Column("seq", BigInteger, nullable=False),  # of the last act that is settled: delivered, or given up
    Column("attempts", Integer, nullable=False),  # that failed for the next one
    Column("given_up", Integer, nullable=False),  # acts in a row
    Column("next_at", BigInteger, nullable=False),
    Column("claimed_until", BigInteger, nullable=False),  # whoever delivers now is believed dead after that
)
"""How far each webhook has come."""

deliveries: Final = Table(
    "deliveries",
    metadata,
    Column("webhook_id", String, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("outcome", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),  # of the last attempt
    Column("status", Integer),  # that the receiver answered
    Column("problem", String),
    Index("deliveries_by_moment", "at"),
)
"""What became of each act at each webhook."""

flows: Final = Table(
    "flows",
    metadata,
    Column("participant", String, primary_key=True),
    Column("at", BigInteger, primary_key=True, autoincrement=False),  # when its five minutes begin
    Column("action", String, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("base_minor", BigInteger, nullable=False),
    Index("flows_by_moment", "at"),
)
"""How many transfers of a participant were answered how, counted with the movements."""

tallies: Final = Table(
    "tallies",
    metadata,
    Column("bank", String, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),  # local, since 1970
    Column("became", String, primary_key=True),
    Column("currency", String, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("minor", BigInteger, nullable=False),
)
"""What became of money at a bank by day, counted in the transaction of each act."""

sightings: Final = Table(
    "sightings",
    metadata,
    Column("kind", String, primary_key=True),
    Column("ident", String, primary_key=True),  # a device, or the keyed hash of a person or a phone
    Column("account", String, primary_key=True),
    Column("participant", String, primary_key=True),  # whose transfers say so
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Index("sightings_of_an_account", "account"),
    Index("sightings_by_last", "last_at"),
)
"""Which accounts were named together with which persons, phones and devices."""

movements: Final = Table(
    "movements",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("participant", String, nullable=False),
    Column("transfer_id", String, nullable=False),
    Column("payer", String, nullable=False),
    Column("payee", String, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String, nullable=False),
    Column("base_minor", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),  # received_at
    Column("action", String, nullable=False),  # what was decided: a block is an attempt, no money moved
    Column("purpose", String),  # KNP
    Column("payer_bank", String),
    Column("payee_bank", String),
)
"""Each transfer of the decision log, as tracing and the console read it: `seq` is the log's."""

movement_ends: Final = Table(
    "movement_ends",
    metadata,
    Column("part", BigInteger, primary_key=True, autoincrement=False),  # of the log, as `ends` numbers them
    Column("account", String, primary_key=True),
    Column("side", Integer, primary_key=True, autoincrement=False),  # 0: it pays; 1: it is paid
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
"""Which movements an account has: an index of them that is written to in few places at a time."""
