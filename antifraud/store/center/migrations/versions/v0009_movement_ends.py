"""Which movements an account has is noted by parts of the log, instead of in two indexes of all of them."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_ENDS = ("payer", "payee")
_NOTE = (  # in parts of the last level, which are numbered from 2 << 48
    "INSERT INTO movement_ends (part, account, side, at, seq) "
    "SELECT 562949953421312 + (seq >> 26), payer, 0, at, seq FROM movements ORDER BY 1, 2, 3, 4, 5",
    "INSERT INTO movement_ends (part, account, side, at, seq) "
    "SELECT 562949953421312 + (seq >> 26), payee, 1, at, seq FROM movements ORDER BY 1, 2, 3, 4, 5",
)
_CURSORS = {"movement ends": 0, "movement ends 0": 21, "movement ends 1": 26}


def upgrade() -> None:
    """Note all that there are in parts of the last level, and how far that goes."""
    op.create_table(
        "movement_ends",
        sa.Column("part", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("account", sa.String(), primary_key=True),
        sa.Column("side", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger(), primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    for note in _NOTE:
        op.execute(note)
    connection = op.get_bind()
    last = connection.execute(sa.text("SELECT max(seq) FROM movements")).scalar_one()
    if last is not None:
        connection.execute(
            sa.text("INSERT INTO cursors (name, seq) VALUES (:name, :seq)"),
            [{"name": name, "seq": last >> bits} for name, bits in _CURSORS.items()],
        )
    for end in _ENDS:
        op.drop_index(f"movements_of_a_{end}", "movements")


def downgrade() -> None:
    """Lay the indexes again."""
    for end in _ENDS:
        op.create_index(f"movements_of_a_{end}", "movements", [end, "at"])
    noted = sa.text("DELETE FROM cursors WHERE name = :name")
    op.get_bind().execute(noted, [{"name": name} for name in _CURSORS])
    op.drop_table("movement_ends")
