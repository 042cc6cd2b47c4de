"""People, their sessions, failed attempts, and browsers on their way to a provider."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "people",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("full_name", sa.String(), nullable=False),
        sa.Column("participant", sa.String(), nullable=False),
        sa.Column("roles", sa.String(), nullable=False),
        sa.Column("administers", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger()),
        sa.Column("password", sa.String()),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("factor", sa.String()),
        sa.Column("factor_offered", sa.String()),
        sa.Column("factor_step", sa.BigInteger()),
        sa.Column("issuer", sa.String()),
        sa.Column("subject", sa.String()),
        sa.UniqueConstraint("issuer", "subject", name="people_one_per_subject"),
    )
    op.create_index("people_by_participant", "people", ["participant"])
    op.create_table(
        "sessions",
        sa.Column("id_hash", sa.String(), primary_key=True),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("csrf", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger()),
    )
    op.create_index("sessions_by_person", "sessions", ["person"])
    op.create_index("sessions_by_end", "sessions", ["ends_at"])
    op.create_table(
        "attempts",
        sa.Column("subject", sa.String(), primary_key=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("attempts_by_last", "attempts", ["last_at"])
    op.create_table(
        "redirects",
        sa.Column("state_hash", sa.String(), primary_key=True),
        sa.Column("browser_hash", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("verifier", sa.String(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    for name in ("redirects", "attempts", "sessions", "people"):
        op.drop_table(name)
