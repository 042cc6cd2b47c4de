"""Charts of a model on transfers that it never saw, as SVG; what a training leaves in the registry.

Needs altair and vl-convert-python, which only developers install.
"""

import io
from typing import Final

import altair as alt
import numpy as np
import polars as pl
from numpy.typing import NDArray

_SIZE: Final = {"width": 420, "height": 260}
_POINTS: Final = 200
_PERCENT: Final = alt.Axis(format="%")

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def plots_of(tested: pl.DataFrame) -> dict[str, bytes]:
    """Return charts by file name; `tested` has chance, fraud and base_minor of each transfer."""
    order = tested.sort("chance", descending=True)
    fraud = order["fraud"].to_numpy()
    amount = order["base_minor"].to_numpy().astype(np.float64)
    return {
        "precision_and_recall.svg": _svg(_precision_and_recall(fraud)),
        "money_by_alerts.svg": _svg(_money_by_alerts(fraud, amount)),
        "calibration.svg": _svg(_calibration(order["chance"].to_numpy(), fraud)),
    }


def _svg(chart: alt.Chart) -> bytes:
    written = io.StringIO()
    chart.properties(**_SIZE).save(written, format="svg")
    return written.getvalue().encode()


def _some(count: int) -> NDArray[np.int64]:
    """Return places along a ranking, denser at its top, where alerts are."""
    return np.unique(np.geomspace(1, count, _POINTS).astype(np.int64)) - 1


def _precision_and_recall(fraud: Bools) -> alt.Chart:
    caught, at = np.cumsum(fraud), _some(fraud.size)
    table = pl.DataFrame({"caught": caught[at] / max(caught[-1], 1), "precision": caught[at] / (at + 1)})
    chart: alt.Chart = (
        alt.Chart(table, title="Precision of the highest chances")
        .mark_line()
        .encode(
            x=alt.X("caught:Q", title="share of frauds caught", axis=_PERCENT),
            y=alt.Y("precision:Q", title="share of alerts that are frauds", axis=_PERCENT),
        )
    )
    return chart


def _money_by_alerts(fraud: Bools, amount: Floats) -> alt.Chart:
    stolen, at = np.cumsum(np.where(fraud, amount, 0.0)), _some(fraud.size)
    table = pl.DataFrame({"alerts": (at + 1) / fraud.size, "stolen": stolen[at] / max(float(stolen[-1]), 1.0)})
    chart: alt.Chart = (
        alt.Chart(table, title="Stolen money among the highest chances")
        .mark_line()
        .encode(
            x=alt.X("alerts:Q", title="share of transfers", scale=alt.Scale(type="log"), axis=alt.Axis(format=".2%")),
            y=alt.Y("stolen:Q", title="share of the stolen money", axis=_PERCENT),
        )
    )
    return chart


def _calibration(chance: Floats, fraud: Bools) -> alt.Chart:
    bins = np.minimum((chance * 10).astype(np.int64), 9)
    counts = np.bincount(bins, minlength=10)
    filled = counts > 0
    stated, real = (np.bincount(bins, weights=each, minlength=10)[filled] / counts[filled] for each in (chance, fraud))
    table = pl.DataFrame({"stated": stated, "real": real, "transfers": counts[filled]})
    chart: alt.Chart = (
        alt.Chart(table, title="Stated and real chance")
        .mark_point(filled=True)
        .encode(
            x=alt.X("stated:Q", scale=alt.Scale(domain=[0, 1])),
            y=alt.Y("real:Q", scale=alt.Scale(domain=[0, 1])),
            size=alt.Size("transfers:Q", scale=alt.Scale(type="log")),
        )
    )
    return chart
