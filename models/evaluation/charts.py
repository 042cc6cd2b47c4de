"""Charts of an evaluation as SVG, drawn without a browser.

Needs altair and vl-convert-python, which only developers install.
"""

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

import altair as alt
import polars as pl

Facts = Mapping[str, Any]  # what `report.facts` makes of an evaluation: plain JSON
Drawn = alt.Chart | alt.LayerChart | alt.FacetChart

_SIZE: Final = {"width": 400, "height": 210}
_GOOD, _BAD, _CALM = "#1f5fa8", "#b3261e", "#8a8f98"
_FONT: Final = "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif"


def charts(facts: Facts) -> dict[str, str]:
    """Return every chart by name, as the text of an SVG."""
    made: dict[str, Drawn] = {
        "money": _money(facts),
        "sizes": _sizes(facts),
        "types": _shares(facts["by_type"], "share of frauds caught"),
        "amounts": _shares(facts["by_amount"], "share of frauds caught", keep_order=True),
        "weeks": _weeks(facts),
        "delays": _delays(facts),
        "calibration": _calibration(facts),
    }
    return {name: _svg(chart) for name, chart in made.items()}


def _svg(chart: Drawn) -> str:
    styled = chart.properties(**_SIZE).configure(font=_FONT).configure_axis(labelFontSize=11, titleFontSize=12)
    styled = styled.configure_view(stroke=None).configure_legend(orient="top", title=None, labelFontSize=12)
    out = io.StringIO()
    styled.save(out, format="svg")
    return out.getvalue()


def _rows(rows: Sequence[Mapping[str, object]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows))


def _money(facts: Facts) -> Drawn:
    """Draw what is saved a day, in millions, by desks of several sizes, with the judged policy as a point."""
    millions = facts["about"]["minor_in_a_unit"] * 1e6
    rows = [_saved(each["desk"], millions) | {"alerts": each["capacity"]} for each in facts["sizes"]]
    mine = _saved(facts["policy"], millions) | {"alerts": facts["policy"]["alerts_a_day"], "what": "this policy"}
    x = alt.X("alerts:Q", title="alerts a day", scale=alt.Scale(zero=True))
    y = alt.Y("value:Q", title=f"saved a day, million {facts['about']['currency']}")
    base = alt.Chart(_rows(rows))
    band = base.mark_area(opacity=0.15, color=_GOOD).encode(x=x, y=alt.Y("low:Q"), y2="high:Q")
    line = base.mark_line(color=_GOOD, point=alt.OverlayMarkDef(color=_GOOD)).encode(x=x, y=y)
    point = alt.Chart(_rows([mine])).mark_point(size=110, filled=True, shape="diamond", color=_BAD).encode(x=x, y=y)
    text = alt.Chart(_rows([mine])).mark_text(align="left", dx=9, dy=14, color=_BAD).encode(x=x, y=y, text="what:N")
    layers: Drawn = alt.layer(band, line, point, text)
    return layers


def _saved(desk: Facts, scale: float) -> dict[str, float | None]:
    return {key: None if value is None else value / scale for key, value in desk["saved_a_day"].items()}


def _sizes(facts: Facts) -> Drawn:
    """Draw how precision falls while the share of frauds caught grows."""
    rows = [
        {"alerts": each["capacity"], "share": each["desk"][name]["value"], "what": said}
        for each in facts["sizes"]
        for name, said in (("caught", "of frauds caught"), ("precision", "of alerts right"))
    ]
    chart: Drawn = (
        alt.Chart(_rows(rows))
        .mark_line(point=True)
        .encode(
            x=alt.X("alerts:Q", title="alerts a day"),
            y=alt.Y("share:Q", title="share", axis=alt.Axis(format="%")),
            color=alt.Color("what:N", scale=alt.Scale(range=[_CALM, _GOOD])),
        )
    )
    return chart


def _shares(slices: Sequence[Facts], title: str, *, keep_order: bool = False) -> Drawn:
    """Draw the share of frauds caught in each slice that has any, with its interval."""
    rows = [{"name": each["name"].replace("_", " "), **each["caught"]} for each in slices if each["frauds"]]
    order = [row["name"] for row in rows] if keep_order else "-x"
    y = alt.Y("name:N", title=None, sort=order, axis=alt.Axis(labelLimit=150))
    x = alt.X("value:Q", title=title, axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1]))
    base = alt.Chart(_rows(rows))
    ranges = base.mark_rule(color="#222", strokeWidth=1.5).encode(y=y, x=alt.X("low:Q"), x2="high:Q")
    layers: Drawn = alt.layer(base.mark_bar(color=_GOOD, opacity=0.75).encode(y=y, x=x), ranges)
    return layers


def _weeks(facts: Facts) -> Drawn:
    """Draw the share of frauds caught week by week."""
    rows = [{"week": each["name"], **each["caught"]} for each in facts["by_week"] if each["frauds"]]
    x = alt.X("week:O", title="week that begins on", axis=alt.Axis(labelAngle=-40))
    y = alt.Y("value:Q", title="share of frauds caught", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1]))
    base = alt.Chart(_rows(rows))
    ranges = base.mark_rule(color="#222").encode(x=x, y=alt.Y("low:Q"), y2="high:Q")
    layers: Drawn = alt.layer(
        base.mark_line(color=_GOOD).encode(x=x, y=y), ranges, base.mark_point(filled=True, size=70).encode(x=x, y=y)
    )
    return layers


def _delays(facts: Facts) -> Drawn:
    """Draw how many groups of frauds were caught at their first transfer, later, or never."""
    whose = {"chain": "chains", "payer": "victims", "payee": "payees"}
    when = (
        ("at_once", "at the first"),
        ("after_one", "at the second"),
        ("after_more", "later"),
        ("never", "never"),
    )
    rows = [
        {"of": whose[each["of"]], "when": said, "share": each[name] / each["groups"], "place": place}
        for each in facts["delays"]
        for place, (name, said) in enumerate(when)
    ]
    colours = alt.Scale(domain=[said for _, said in when], range=[_GOOD, "#7fa8d8", "#d9b26a", _BAD])
    chart: Drawn = (
        alt.Chart(_rows(rows))
        .mark_bar()
        .encode(
            y=alt.Y("of:N", title=None, sort=list(whose.values())),
            x=alt.X("share:Q", title="share of groups", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])),
            color=alt.Color("when:N", scale=colours),
            order="place:Q",
        )
    )
    return chart


def _calibration(facts: Facts) -> Drawn:
    """Draw stated against real shares of frauds, both on logarithmic axes; on the line they agree."""
    rows = [
        {"stated": each["stated"] / each["transfers"], "real": each["real"] / each["transfers"]}
        for each in facts["quality"]["calibration"]
        if each["real"] > 0 and each["stated"] > 0 and each["transfers"] > 0
    ]
    ends = [value for row in rows for value in row.values()]
    line = [{"stated": end, "real": end} for end in (min(ends), max(ends))]
    axis = alt.Axis(format="~%", tickCount=5)
    x = alt.X("stated:Q", title="stated chance of fraud", scale=alt.Scale(type="log", nice=False), axis=axis)
    y = alt.Y("real:Q", title="share that was fraud", scale=alt.Scale(type="log", nice=False), axis=axis)
    layers: Drawn = alt.layer(
        alt.Chart(_rows(line)).mark_line(color=_CALM, strokeDash=[4, 4]).encode(x=x, y=y),
        alt.Chart(_rows(rows)).mark_line(color=_GOOD, point=alt.OverlayMarkDef(color=_GOOD)).encode(x=x, y=y),
    )
    return layers
