"""What each reader may see of an act, how far webhooks have come, and a chain that can be shown in part."""

import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_SEALED = ("seq", "life", "life_id", "version", "name", "at", "participant", "role", "person", "body")


def upgrade() -> None:
    """Add them. Acts from before are told as the minimum, and their chain is made anew in its new form."""
    with op.batch_alter_table("audience") as audience:
        audience.add_column(sa.Column("whole", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("audience") as audience:
        audience.alter_column("whole", existing_type=sa.Boolean(), existing_nullable=False, server_default=None)
    op.create_table(
        "webhook_states",
        sa.Column("webhook_id", sa.String(), primary_key=True),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("given_up", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("claimed_until", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "deliveries",
        sa.Column("webhook_id", sa.String(), primary_key=True),
        sa.Column("seq", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("problem", sa.String()),
    )
    op.create_index("deliveries_by_moment", "deliveries", ["at"])
    _chain_anew(in_parts=True)


def downgrade() -> None:
    """Drop them, and make the chain anew in its old form."""
    for table in ("deliveries", "webhook_states"):
        op.drop_table(table)
    with op.batch_alter_table("audience") as audience:
        audience.drop_column("whole")
    _chain_anew(in_parts=False)


def _chain_anew(*, in_parts: bool) -> None:
    connection, last, seq = op.get_bind(), "0" * 64, 0
    page = sa.text(f"SELECT {', '.join(_SEALED)} FROM acts WHERE seq > :seq ORDER BY seq LIMIT 1000")  # noqa: S608
    while rows := connection.execute(page, {"seq": seq}).all():
        for row in rows:
            last = _sha256(last + _sha256(_json(list(row))) if in_parts else _json([last, *row]))
            connection.execute(sa.text("UPDATE acts SET hash = :hash WHERE seq = :seq"), {"hash": last, "seq": row[0]})
        seq = rows[-1][0]


def _json(values: list[object]) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
