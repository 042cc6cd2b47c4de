"""The tables of the durable store, the same in SQLite and PostgreSQL.

Times are microseconds since 1970, UTC, as whole numbers: exact, fast, and equal on both databases.
Columns of a transfer follow `antifraud.tables.TRANSFERS`; a field that a transfer may leave out is
nullable. Names of tables and columns are frozen by the migrations; a change here needs a new one.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, Final

import polars as pl
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)
from sqlalchemy.types import TypeEngine

from antifraud.domain.report import Report
from antifraud.domain.transfer import Transfer
from antifraud.tables import REPORTS, TRANSFERS

SQL_TYPE: Final[Mapping[object, type[TypeEngine[Any]]]] = {
    pl.String: String,
    pl.Int64: BigInteger,
    pl.Int32: Integer,
    pl.Boolean: Boolean,
    pl.Datetime("us", "UTC"): BigInteger,
}

metadata: Final = MetaData()


def _columns(entity: type[Transfer] | type[Report], travels_as: pl.Schema) -> list[Column[Any]]:
    """Return a column for each field of a dataclass, in its order."""
    return [
        Column(field.name, SQL_TYPE[travels_as[field.name]](), nullable=field.default is not MISSING)
        for field in fields(entity)
    ]


def _seq() -> Column[int]:
    """Return the order of arrival; SQLite counts only a plain INTEGER by itself."""
    return Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)


# The two long columns stand last: SQLite then reads the others without touching overflow pages.
decisions: Final = Table(
    "decisions",
    metadata,
    _seq(),
    *_columns(Transfer, TRANSFERS),
    Column("action", String, nullable=False),
    Column("score", Float(53)),
    Column("reasons", String, nullable=False),  # JSON lists, as `antifraud.store.rows` writes them
    Column("evidence", String, nullable=False),
    Column("degraded", String, nullable=False),
    Column("model_version", String),
    Column("catalogue_version", String, nullable=False),
    Column("policy_version", String, nullable=False),
    Column("rules_version", String),  # NULL: no rule book, or decided before it was written down
    Column("request_id", String),  # NULL: decided before it was written down
    Column("vector", LargeBinary, nullable=False),  # float64, little endian; empty when nothing could be read
    Column("answer", LargeBinary, nullable=False),
    UniqueConstraint("participant", "transfer_id", name="decisions_one_per_transfer"),
    Index("decisions_by_arrival", "received_at"),
    sqlite_autoincrement=True,  # a number is never given twice, even after rows were removed
)

reports: Final = Table(
    "reports",
    metadata,
    _seq(),
    *_columns(Report, REPORTS),
    Index("reports_by_known_at", "known_at"),
    Index("reports_by_transfer", "participant", "transfer_id"),
    sqlite_autoincrement=True,
)

participants: Final = Table(
    "participants",
    metadata,
    Column("participant", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("kind", String, nullable=False),  # bank, police, ...: decides which roles it may have
    Column("blind", String),  # the action when something could not be read; NULL: as the policy says
    Column("created_at", BigInteger, nullable=False),
)

bank_codes: Final = Table(
    "bank_codes",
    metadata,
    Column("code", String, primary_key=True),  # a BIC, or the three digits of KZ IBANs: each is one bank's
    Column("participant", String, nullable=False),
    Index("bank_codes_by_participant", "participant"),
)

api_keys: Final = Table(
    "api_keys",
    metadata,
    Column("key_id", String, primary_key=True),
    Column("key_hash", String, nullable=False),  # SHA-256 in hex; the key itself is never stored
    Column("participant", String, nullable=False),
    Column("role", String, nullable=False),  # in which it acts
    Column("scopes", String, nullable=False),  # separated by spaces, sorted
    Column("label", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    UniqueConstraint("key_hash", name="api_keys_one_per_hash"),
    Index("api_keys_by_participant", "participant"),
)

# What challengers and shadow rules said about decisions, by the decisions' own `seq`; who listened to which of them.
shadow_scores: Final = Table(
    "shadow_scores",
    metadata,
    Column("model", String, primary_key=True),
    Column("decision", BigInteger, primary_key=True, autoincrement=False),
    Column("score", Float(53), nullable=False),
)

shadow_hits: Final = Table(
    "shadow_hits",
    metadata,
    Column("rule", String, primary_key=True),  # its code
    Column("decision", BigInteger, primary_key=True, autoincrement=False),
)

shadow_watches: Final = Table(
    "shadow_watches",
    metadata,
    Column("after", BigInteger, primary_key=True, autoincrement=False),
    Column("upto", BigInteger, nullable=False),  # the last one's is how far the follower has come
    Column("rules", String, nullable=False),  # JSON list of the codes of the rules that listened
)
