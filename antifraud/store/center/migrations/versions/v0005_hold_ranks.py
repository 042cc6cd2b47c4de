"""What a queue of holds is filtered and sorted by, filled from the holds there are."""

import json
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0003"

_NEVER = 1 << 62
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def upgrade() -> None:
    """Create and fill it."""
    ranks = op.create_table(
        "hold_ranks",
        sa.Column("life_id", sa.String(), primary_key=True),
        sa.Column("bank", sa.String(), nullable=False),
        sa.Column("police", sa.String()),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("assignee", sa.String()),
        sa.Column("escalated", sa.String()),
        sa.Column("fraud_type", sa.String()),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("held_minor", sa.BigInteger(), nullable=False),
        sa.Column("score_ppm", sa.Integer(), nullable=False),
    )
    for name, columns in (
        ("holds_by_end", ["bank", "is_open", "ends_at", "life_id"]),
        ("holds_by_amount", ["bank", "is_open", "held_minor", "life_id"]),
        ("holds_by_score", ["bank", "is_open", "score_ppm", "life_id"]),
        ("holds_of_a_person", ["bank", "is_open", "assignee", "ends_at", "life_id"]),
        ("holds_of_police", ["police", "is_open", "ends_at", "life_id"]),
    ):
        op.create_index(name, "hold_ranks", columns)
    connection = op.get_bind()
    holds = sa.text(
        "SELECT life_id, status, body FROM lives WHERE life = 'hold' AND life_id > :last ORDER BY life_id LIMIT 1000"
    )
    last = ""
    while rows := connection.execute(holds, {"last": last}).all():
        connection.execute(ranks.insert(), [_ranked(*row) for row in rows])
        last = rows[-1][0]


def downgrade() -> None:
    """Drop it."""
    op.drop_table("hold_ranks")


def _ranked(life_id: str, status: str, body: str) -> dict[str, object]:
    hold = json.loads(body)
    birth, score = hold["birth"], hold["birth"].get("score")
    return {
        "life_id": life_id,
        "bank": birth["bank"],
        "police": hold.get("police"),
        "is_open": status in ("held", "release_proposed"),
        "status": status,
        "assignee": None,
        "escalated": None,
        "fraud_type": birth.get("fraud_type"),
        "ends_at": _end(hold["bases"]),
        "held_minor": hold["held_minor"],
        "score_ppm": -1 if score is None else round(score * 1_000_000),
    }


def _end(bases: list[dict[str, str]]) -> int:
    """Return when the last basis ends, as a hold counts it: a sanctioned return and a seizure end by no clock."""
    ends = []
    for basis in bases:
        ended, until = (None if basis.get(name) is None else _micros(basis[name]) for name in ("ended_at", "until"))
        if ended is not None:
            ends.append(ended if until is None else min(ended, until))
        elif until is None or basis["kind"] == "sanctioned_return":
            return _NEVER
        else:
            ends.append(until)
    return max(ends)


def _micros(text: str) -> int:
    return (datetime.fromisoformat(text) - _EPOCH) // timedelta(microseconds=1)
