"""The log: decisions and reports."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _seq() -> sa.Column[int]:
    return sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True)


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "decisions",
        _seq(),
        sa.Column("participant", sa.String(), nullable=False),
        sa.Column("transfer_id", sa.String(), nullable=False),
        sa.Column("payer", sa.String(), nullable=False),
        sa.Column("payee", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("base_minor", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.String()),
        sa.Column("end_to_end_id", sa.String()),
        sa.Column("payer_bank", sa.String()),
        sa.Column("payee_bank", sa.String()),
        sa.Column("payer_iin_bin", sa.String()),
        sa.Column("payee_iin_bin", sa.String()),
        sa.Column("payer_phone", sa.String()),
        sa.Column("payee_phone", sa.String()),
        sa.Column("device_id", sa.String()),
        sa.Column("ip", sa.String()),
        sa.Column("new_device", sa.Boolean()),
        sa.Column("remote_access", sa.Boolean()),
        sa.Column("call_active", sa.Boolean()),
        sa.Column("phone_changed", sa.Boolean()),
        sa.Column("loan_taken", sa.Boolean()),
        sa.Column("payee_account_age_days", sa.Integer()),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("score", sa.Float(53)),
        sa.Column("reasons", sa.String(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("degraded", sa.String(), nullable=False),
        sa.Column("model_version", sa.String()),
        sa.Column("catalogue_version", sa.String(), nullable=False),
        sa.Column("policy_version", sa.String(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.UniqueConstraint("participant", "transfer_id", name="decisions_one_per_transfer"),
        sqlite_autoincrement=True,
    )
    op.create_index("decisions_by_arrival", "decisions", ["received_at"])
    op.create_table(
        "reports",
        _seq(),
        sa.Column("participant", sa.String(), nullable=False),
        sa.Column("transfer_id", sa.String(), nullable=False),
        sa.Column("fraud", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.Column("fraud_type", sa.String()),
        sa.Column("reporter", sa.String()),
        sqlite_autoincrement=True,
    )
    op.create_index("reports_by_known_at", "reports", ["known_at"])
    op.create_index("reports_by_transfer", "reports", ["participant", "transfer_id"])


def downgrade() -> None:
    """Drop both tables."""
    op.drop_table("reports")
    op.drop_table("decisions")
