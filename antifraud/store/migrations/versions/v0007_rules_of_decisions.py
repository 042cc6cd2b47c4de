"""Which rule book spoke when a transfer was decided: until now nobody wrote it down."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the column; of what was decided before it is not known."""
    op.add_column("decisions", sa.Column("rules_version", sa.String()))


def downgrade() -> None:
    """Drop it. Not by making the table anew: that would copy the whole log."""
    op.execute("ALTER TABLE decisions DROP COLUMN rules_version")
