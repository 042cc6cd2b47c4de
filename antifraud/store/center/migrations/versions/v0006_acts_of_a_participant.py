"""What one organisation's people and machines did, page by page: an index of its acts."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create it."""
    op.create_index("acts_of_a_participant", "acts", ["participant", "seq"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index("acts_of_a_participant", "acts")
