"""How many wait is counted from an index alone: every open page of a queue asks for it every few seconds."""

from alembic import op

revision = "0008"
down_revision = "0007"

_INDEXES = {
    "holds_to_count": ["bank", "is_open", "assignee", "escalated"],
    "holds_of_police_to_count": ["police", "is_open", "assignee", "escalated"],
    "holds_to_sum": ["bank", "is_open", "currency", "held_minor"],
}


def upgrade() -> None:
    """Create them."""
    for name, columns in _INDEXES.items():
        op.create_index(name, "hold_ranks", columns)


def downgrade() -> None:
    """Drop them."""
    for name in _INDEXES:
        op.drop_index(name, "hold_ranks")
