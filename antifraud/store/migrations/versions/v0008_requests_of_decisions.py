"""How the request was called in which a transfer was decided: what leads from a decision to the lines of the logs."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the column; of what was decided before it is not known."""
    op.add_column("decisions", sa.Column("request_id", sa.String()))


def downgrade() -> None:
    """Drop it. Not by making the table anew: that would copy the whole log."""
    op.execute("ALTER TABLE decisions DROP COLUMN request_id")
