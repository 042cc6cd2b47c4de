"""Days as people in Kazakhstan live them."""

import polars as pl


def local_day(column: str = "received_at") -> pl.Expr:
    """Return the local day, Asia/Almaty, of a moment."""
    return pl.col(column).dt.convert_time_zone("Asia/Almaty").dt.date()
