"""The journal of acts with its audiences, and the lives with what finds them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create all five tables."""
    op.create_table(
        "acts",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False),
        sa.Column("life", sa.String(), nullable=False),
        sa.Column("life_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("participant", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
    )
    op.create_index("acts_of_a_life", "acts", ["life_id", "version"], unique=True)
    op.create_index("acts_by_moment", "acts", ["at"])
    op.create_table(
        "audience",
        sa.Column("participant", sa.String(), primary_key=True),
        sa.Column("seq", sa.BigInteger(), primary_key=True, autoincrement=False),
    )
    op.create_table(
        "lives",
        sa.Column("life_id", sa.String(), primary_key=True),
        sa.Column("life", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("body", sa.String(), nullable=False),
    )
    op.create_index("lives_by_status", "lives", ["life", "status"])
    op.create_index("lives_by_due", "lives", ["due_at"])
    for table, first in (("life_keys", "key"), ("life_parties", "participant")):
        op.create_table(
            table,
            sa.Column(first, sa.String(), primary_key=True),
            sa.Column("life", sa.String(), primary_key=True),
            sa.Column("life_id", sa.String(), primary_key=True),
        )
    op.create_index("keys_of_a_life", "life_keys", ["life_id"])
    op.create_index("parties_of_a_life", "life_parties", ["life_id"])


def downgrade() -> None:
    """Drop them."""
    for table in ("life_parties", "life_keys", "lives", "audience", "acts"):
        op.drop_table(table)
