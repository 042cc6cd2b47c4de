"""What a participant is, and in which role a key acts: until now all were banks and their analysts."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_NEW = (("participants", "kind", "bank"), ("api_keys", "role", "bank_analyst"))


def upgrade() -> None:
    """Add a column to each table; who is there already gets what it was, who comes must say."""
    for name, column, was in _NEW:
        with op.batch_alter_table(name) as table:
            table.add_column(sa.Column(column, sa.String(), nullable=False, server_default=was))
        with op.batch_alter_table(name) as table:
            table.alter_column(column, existing_type=sa.String(), server_default=None)


def downgrade() -> None:
    """Drop both columns."""
    for name, column, _ in _NEW:
        with op.batch_alter_table(name) as table:
            table.drop_column(column)
