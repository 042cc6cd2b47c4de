"""Participants and their API keys."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "participants",
        sa.Column("participant", sa.String(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("blind", sa.String()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.String(), primary_key=True),
        sa.Column("key_hash", sa.String(), nullable=False),
        sa.Column("participant", sa.String(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.UniqueConstraint("key_hash", name="api_keys_one_per_hash"),
    )
    op.create_index("api_keys_by_participant", "api_keys", ["participant"])


def downgrade() -> None:
    """Drop both tables."""
    op.drop_table("api_keys")
    op.drop_table("participants")
