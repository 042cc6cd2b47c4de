"""What challengers and shadow rules say about decisions, and which decisions they listened to."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the three tables; nothing said before is known."""
    op.create_table(
        "shadow_scores",
        sa.Column("model", sa.String(), primary_key=True),
        sa.Column("decision", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("score", sa.Float(53), nullable=False),
    )
    op.create_table(
        "shadow_hits",
        sa.Column("rule", sa.String(), primary_key=True),
        sa.Column("decision", sa.BigInteger(), primary_key=True, autoincrement=False),
    )
    op.create_table(
        "shadow_watches",
        sa.Column("after", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("upto", sa.BigInteger(), nullable=False),
        sa.Column("rules", sa.String(), nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    for name in ("shadow_watches", "shadow_hits", "shadow_scores"):
        op.drop_table(name)
