"""The columns of transfers and reports when they travel as tables (polars, parquet).

Column names are the field names of `Transfer` and `Report`. A table of transfers is in the order of
arrival: engines take the running maximum of `received_at` as the clock, so order matters.
"""

from typing import Final

import polars as pl

_MOMENT: Final = pl.Datetime("us", "UTC")
_Columns = dict[str, pl.DataType | type[pl.DataType]]

_transfers: Final[_Columns] = {
    "participant": pl.String,
    "transfer_id": pl.String,
    "payer": pl.String,
    "payee": pl.String,
    "amount_minor": pl.Int64,
    "currency": pl.String,
    "base_minor": pl.Int64,
    "channel": pl.String,
    "occurred_at": _MOMENT,
    "received_at": _MOMENT,
    "purpose": pl.String,
    "end_to_end_id": pl.String,
    "payer_bank": pl.String,
    "payee_bank": pl.String,
    "payer_iin_bin": pl.String,
    "payee_iin_bin": pl.String,
    "payer_phone": pl.String,
    "payee_phone": pl.String,
    "device_id": pl.String,
    "ip": pl.String,
    "new_device": pl.Boolean,
    "remote_access": pl.Boolean,
    "call_active": pl.Boolean,
    "phone_changed": pl.Boolean,
    "loan_taken": pl.Boolean,
    "payee_account_age_days": pl.Int32,
}

_reports: Final[_Columns] = {
    "participant": pl.String,
    "transfer_id": pl.String,
    "fraud": pl.Boolean,
    "source": pl.String,
    "known_at": _MOMENT,
    "fraud_type": pl.String,
    "reporter": pl.String,
}

_served: Final[_Columns] = {
    "participant": pl.String,
    "transfer_id": pl.String,
    "action": pl.String,
    "by_score_alone": pl.Boolean,
    "let_through": pl.Float64,
    "policy_version": pl.String,
}

REASON: Final = pl.Struct({"kind": pl.String, "code": pl.String, "action": pl.String})
"""A reason for a decision."""

TRANSFER_KEY: Final = ("participant", "transfer_id")
"""What names a transfer for ever."""

TRANSFERS: Final = pl.Schema(_transfers)
REPORTS: Final = pl.Schema(_reports)

SERVED: Final = pl.Schema(_served)
"""What was decided about transfers when they came.

`by_score_alone`: no rule and nothing blind spoke. `let_through`: the share of such holds that was let through, on
those that were; null on all others."""

_BEGINS: Final = ("=", "+", "-", "@", "\t", "\r")
_FORMULA: Final = r"^[=+\-@\t\r]"
_NUMBER: Final = r"^[+\-]?[0-9 .,]+$"


def for_people(table: pl.DataFrame) -> pl.DataFrame:
    """Return a table whose texts a spreadsheet will not run: what begins as a formula gets an apostrophe before it.

    Every CSV that a person may open goes through this: its cells were written by whoever sent a transfer. Numbers
    and phones keep their signs, they compute nothing.

    >>> for_people(pl.DataFrame({"text": ["=1+1", "+77010000000", "-5.00", "@x", "a=b"]}))["text"].to_list()
    ["'=1+1", '+77010000000', '-5.00', "'@x", 'a=b']
    """
    text = pl.col(pl.String)
    formula = text.str.contains(_FORMULA) & ~text.str.contains(_NUMBER)
    made = table.with_columns(pl.when(formula).then("'" + text).otherwise(text).name.keep())
    return made.rename(lambda name: f"'{name}" if name.startswith(_BEGINS) else name)
