"""The tables of people and their sessions; they stand in the database of the Center's book, beside it.

Times are microseconds since 1970, UTC. What opens doors is kept as a hash, but for the secrets of second factors:
a code cannot be checked without. Names are frozen by the migrations; a change here needs a new one.
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, String, Table, UniqueConstraint

metadata: Final = MetaData()

people: Final = Table(
    "people",
    metadata,
    Column("name", String, primary_key=True),
    Column("full_name", String, nullable=False),
    Column("participant", String, nullable=False),
    Column("roles", String, nullable=False),  # separated by spaces, sorted
    Column("administers", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
    Column("password", String),  # argon2id, with its parameters; NULL: a provider answers for the person
    Column("must_change", Boolean, nullable=False),
    Column("factor", String),  # the secret that codes are made of, base32
    Column("factor_offered", String),  # one that was shown and not yet confirmed
    Column("factor_step", BigInteger),  # of the last code that was used: none is good twice
    Column("issuer", String),
    Column("subject", String),
    UniqueConstraint("issuer", "subject", name="people_one_per_subject"),
    Index("people_by_participant", "participant"),
)

sessions: Final = Table(
    "sessions",
    metadata,
    Column("id_hash", String, primary_key=True),  # SHA-256 in hex of what the cookie holds
    Column("person", String, nullable=False),
    Column("role", String, nullable=False),
    Column("csrf", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Index("sessions_by_person", "person"),
    Index("sessions_by_end", "ends_at"),
)

attempts: Final = Table(
    "attempts",
    metadata,
    Column("subject", String, primary_key=True),  # `person:aliya` or `address:10.0.0.1`
    Column("failures", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Index("attempts_by_last", "last_at"),
)
"""Who guessed how often: a person's name, known or not, and an address."""

redirects: Final = Table(
    "redirects",
    metadata,
    Column("state_hash", String, primary_key=True),
    Column("browser_hash", String, nullable=False),  # of a cookie: the answer must come to who asked
    Column("provider", String, nullable=False),
    Column("nonce", String, nullable=False),
    Column("verifier", String, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
)
"""Browsers that were sent to a provider and have not come back."""
