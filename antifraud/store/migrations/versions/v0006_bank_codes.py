"""By what transfers name the participants that keep accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0004"


def upgrade() -> None:
    """Create the table; nobody has a code yet."""
    op.create_table(
        "bank_codes",
        sa.Column("code", sa.String(), primary_key=True),
        sa.Column("participant", sa.String(), nullable=False),
    )
    op.create_index("bank_codes_by_participant", "bank_codes", ["participant"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("bank_codes")
