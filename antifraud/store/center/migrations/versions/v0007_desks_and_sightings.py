"""The numbers of desks, filled from what is there, and who was named with whom, which is known from now on."""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_BATCH = 1_000
_EPOCH = date(1970, 1, 1)
_ALMATY = timedelta(hours=5)  # since March 2024; a day before that may be counted an hour off
_STEP = 5 * 60 * 1_000_000
_OF_ALL = (
    ("holds_of_all_by_end", "ends_at"),
    ("holds_of_all_by_amount", "held_minor"),
    ("holds_of_all_by_score", "score_ppm"),
)


def upgrade() -> None:
    """Create and fill them."""
    op.create_table(
        "flows",
        sa.Column("participant", sa.String(), primary_key=True),
        sa.Column("at", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("action", sa.String(), primary_key=True),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("base_minor", sa.BigInteger(), nullable=False),
    )
    op.create_index("flows_by_moment", "flows", ["at"])
    tallies = op.create_table(
        "tallies",
        sa.Column("bank", sa.String(), primary_key=True),
        sa.Column("day", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("became", sa.String(), primary_key=True),
        sa.Column("currency", sa.String(), primary_key=True),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "sightings",
        sa.Column("kind", sa.String(), primary_key=True),
        sa.Column("ident", sa.String(), primary_key=True),
        sa.Column("account", sa.String(), primary_key=True),
        sa.Column("participant", sa.String(), primary_key=True),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("sightings_of_an_account", "sightings", ["account"])
    op.create_index("sightings_by_last", "sightings", ["last_at"])
    op.add_column("hold_ranks", sa.Column("currency", sa.String(), nullable=False, server_default="KZT"))
    for name, column in _OF_ALL:
        op.create_index(name, "hold_ranks", ["is_open", column, "life_id"])
    connection = op.get_bind()
    connection.execute(
        sa.text(
            "INSERT INTO flows (participant, at, action, count, base_minor) "
            "SELECT participant, at - at % :step, action, count(*), sum(base_minor) FROM movements GROUP BY 1, 2, 3"
        ),
        {"step": _STEP},
    )
    _fill(connection, tallies)


def downgrade() -> None:
    """Drop them."""
    for name, _ in _OF_ALL:
        op.drop_index(name, "hold_ranks")
    with op.batch_alter_table("hold_ranks") as ranks:
        ranks.drop_column("currency")
    for name in ("sightings", "tallies", "flows"):
        op.drop_table(name)


def _fill(connection: sa.Connection, tallies: sa.Table) -> None:
    """Count what became of each hold: on the day of its last act, as far as it is over, else on that of its first."""
    counts: Counter[tuple[str, int, str, str]] = Counter()
    sums: Counter[tuple[str, int, str, str]] = Counter()
    holds = sa.text(
        "SELECT lives.life_id, lives.status, lives.body, acts.at FROM lives "
        "JOIN acts ON acts.life_id = lives.life_id AND acts.version = lives.version "
        "WHERE lives.life = 'hold' AND lives.life_id > :last ORDER BY lives.life_id LIMIT :batch"
    )
    last = ""
    while rows := connection.execute(holds, {"last": last, "batch": _BATCH}).all():
        last = rows[-1][0]
        foreign = []
        for life_id, status, body, at in rows:
            hold = json.loads(body)
            birth = hold["birth"]
            if birth["currency"] != "KZT":
                foreign.append({"currency": birth["currency"], "life_id": life_id})
            begun = datetime.fromisoformat(birth["at"])
            for became, day, minor in (
                ("held", _day(begun), birth["amount_minor"]),
                ("expired" if status == "expired" else "released", _day_of(at), hold.get("released_minor", 0)),
                ("refused", _day_of(at), hold.get("refused_minor", 0)),
                ("returned", _day_of(at), hold.get("returned_minor", 0)),
            ):
                if minor:
                    key = (birth["bank"], day, became, birth["currency"])
                    counts[key] += 1
                    sums[key] += minor
        if foreign:
            connection.execute(sa.text("UPDATE hold_ranks SET currency = :currency WHERE life_id = :life_id"), foreign)
    if counts:
        names = ("bank", "day", "became", "currency")
        connection.execute(
            tallies.insert(),
            [
                dict(zip(names, key, strict=True)) | {"count": count, "minor": sums[key]}
                for key, count in counts.items()
            ],
        )


def _day_of(at: int) -> int:
    return _day(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at))


def _day(at: datetime) -> int:
    return ((at.astimezone(UTC) + _ALMATY).date() - _EPOCH).days
