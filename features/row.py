"""The values of a transfer itself, each said twice: for one transfer, and as a polars column.

Both give float64; what a transfer does not say is None. Local time is that of Kazakhstan, one zone of
UTC+5 since 1 March 2024.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from antifraud.domain.moment import micros
from antifraud.domain.transfer import Channel, Transfer

_LOCAL: Final = timedelta(hours=5)
_CHANNEL_CODE: Final = {channel.value: float(code) for code, channel in enumerate(Channel)}
_ROUND_MINOR: Final = 1_000_00  # whole thousands of the base currency


@dataclass(frozen=True, slots=True)
class RowValue:
    """One value of a transfer, for a single transfer and for a table of them."""

    of: Callable[[Transfer], float | None]
    column: pl.Expr


def _flag(name: str) -> RowValue:
    def of(transfer: Transfer) -> float | None:
        seen: bool | None = getattr(transfer, name)
        return None if seen is None else float(seen)

    return RowValue(of, pl.col(name).cast(pl.Float64))


def _crosses_banks(transfer: Transfer) -> float | None:
    if transfer.payer_bank is None or transfer.payee_bank is None:
        return None
    return float(transfer.payer_bank != transfer.payee_bank)


def _days(transfer: Transfer) -> float | None:
    age = transfer.payee_account_age_days
    return None if age is None else float(age)


_local_micros = (pl.col("occurred_at") + _LOCAL).dt.timestamp("us")

ROW_VALUES: Final[Mapping[str, RowValue]] = {
    "amount": RowValue(lambda t: float(t.base_minor), pl.col("base_minor").cast(pl.Float64)),
    "amount_is_round": RowValue(
        lambda t: float(t.base_minor % _ROUND_MINOR == 0), (pl.col("base_minor") % _ROUND_MINOR == 0).cast(pl.Float64)
    ),
    "hour_of_day": RowValue(
        lambda t: float(micros(t.occurred_at + _LOCAL) // 3_600_000_000 % 24),
        (_local_micros // 3_600_000_000 % 24).cast(pl.Float64),
    ),
    "day_of_week": RowValue(  # 0 is Monday; 1 January 1970 was a Thursday
        lambda t: float((micros(t.occurred_at + _LOCAL) // 86_400_000_000 + 3) % 7),
        ((_local_micros // 86_400_000_000 + 3) % 7).cast(pl.Float64),
    ),
    "arrival_delay": RowValue(
        lambda t: (micros(t.received_at) - micros(t.occurred_at)) / 1e6,
        (pl.col("received_at").dt.timestamp("us") - pl.col("occurred_at").dt.timestamp("us")).map_batches(
            lambda micros: pl.Series(micros.to_numpy() / 1e6), return_dtype=pl.Float64, is_elementwise=True
        ),  # divided by numpy: polars multiplies by the inverse, which rounds twice
    ),
    "channel": RowValue(
        lambda t: _CHANNEL_CODE[t.channel], pl.col("channel").replace_strict(_CHANNEL_CODE, return_dtype=pl.Float64)
    ),
    "purpose": RowValue(lambda t: None if t.purpose is None else float(t.purpose), pl.col("purpose").cast(pl.Float64)),
    "crosses_banks": RowValue(_crosses_banks, (pl.col("payer_bank") != pl.col("payee_bank")).cast(pl.Float64)),
    "new_device": _flag("new_device"),
    "remote_access": _flag("remote_access"),
    "call_active": _flag("call_active"),
    "phone_changed": _flag("phone_changed"),
    "loan_taken": _flag("loan_taken"),
    "payee_account_age_days": RowValue(_days, pl.col("payee_account_age_days").cast(pl.Float64)),
}


def row_vectors(names: Sequence[str], transfers: Sequence[Transfer]) -> NDArray[np.float64]:
    """Return the named values of each transfer, [transfers, names]; NaN where a transfer does not say."""
    of = [ROW_VALUES[name].of for name in names]
    values = [[value(transfer) for value in of] for transfer in transfers]
    return np.array(values, np.float64).reshape(len(transfers), len(of))  # None becomes NaN
