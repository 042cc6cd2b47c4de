"""The charts of the drift page, as SVG.

Needs altair and vl-convert-python, which only analysts and developers install.
"""

from collections.abc import Sequence
from typing import Final

import altair as alt
import polars as pl
import vl_convert

from models.drift.signals import Kind, Signal
from models.drift.watch import Drift

_INK: Final = "#1f2933"
_QUIET: Final = "#8a94a0"
_ALARM: Final = "#b42318"
_WIDTH: Final = 400
_MOST_ROWS: Final = 30
_CONFIG: Final = {
    "font": "DejaVu Sans, Arial, sans-serif",
    "background": None,
    "view": {"stroke": None},
    "axis": {
        "labelColor": _QUIET, "domainColor": "#cbd2d9", "gridColor": "#eef1f4", "ticks": False,
        "labelFontSize": 12, "labelPadding": 6,
    },
}  # fmt: skip


def line_chart(signal: Signal) -> str:
    """Draw a signal over its days with its limits; what is outside them is marked."""
    table = pl.DataFrame(
        {
            "day": [day.day for day in signal.days],
            "value": [day.value for day in signal.days],
            "low": [None if day.value is None else day.low for day in signal.days],
            "high": [None if day.value is None else day.high for day in signal.days],
            "off": [day.off for day in signal.days],
        },
        schema_overrides={"value": pl.Float64, "low": pl.Float64, "high": pl.Float64},
    )
    form = {Kind.ALERTS: ".1%", Kind.DELAY: ".0f"}.get(signal.kind, ".2~f")
    x = alt.X("day:T", title=None, axis=alt.Axis(format="%d %b", tickCount=5, grid=False, labelFlush=True))
    y = alt.Y("value:Q", title=None, axis=alt.Axis(format=form, tickCount=4), scale=alt.Scale(zero=True))
    base = alt.Chart(table).encode(x=x)
    limits = [
        base.mark_line(color=_ALARM, strokeDash=[4, 3], strokeWidth=1).encode(y=alt.Y(f"{side}:Q"))
        for side in ("low", "high")
    ]
    values = base.mark_line(color=_INK, strokeWidth=1.5).encode(y=y)
    points = base.transform_filter("datum.off").mark_point(color=_ALARM, filled=True, size=28).encode(y=y)
    return _svg(alt.layer(*limits, values, points).properties(width=_WIDTH, height=140))


def heat_map(drift: Drift) -> str:
    """Draw the features that came nearest to their limits, or beyond, day by day."""
    features = most_restless(drift)
    table = pl.DataFrame(
        [
            {"feature": signal.name, "day": day.day, "ratio": min(day.value / day.high, 2.0)}
            for signal in features
            for day in signal.days
            if day.value is not None and day.high
        ],
        schema={"feature": pl.String, "day": pl.Date, "ratio": pl.Float64},
    )
    colours = alt.Scale(domain=[0, 0.5, 1, 2], range=["#f4f6f8", "#cfd8e3", "#f0a58f", _ALARM])
    chart = (
        alt.Chart(table)
        .mark_rect(stroke="white", strokeWidth=0.5)
        .encode(
            x=alt.X("yearmonthdate(day):O", title=None, axis=alt.Axis(format="%d %b", labelOverlap=True, labelAngle=0)),
            y=alt.Y(
                "feature:N",
                title=None,
                sort=[signal.name for signal in features],
                axis=alt.Axis(labelColor=_INK, labelLimit=240),
            ),
            color=alt.Color("ratio:Q", scale=colours, legend=None),
        )
    )
    return _svg(chart.properties(width={"step": 13}, height={"step": 16}))


def most_restless(drift: Drift) -> Sequence[Signal]:
    """Return the features whose index came nearest to its limit, or farthest beyond."""

    def nearness(signal: Signal) -> float:
        return max((day.value / day.high for day in signal.days if day.value is not None and day.high), default=0.0)

    features = [signal for signal in drift.signals if signal.kind is Kind.FEATURE]
    return sorted(features, key=lambda signal: (-nearness(signal), signal.name))[:_MOST_ROWS]


def _svg(chart: alt.TopLevelMixin) -> str:
    return vl_convert.vegalite_to_svg({**chart.to_dict(), "config": _CONFIG})
