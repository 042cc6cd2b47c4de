"""The drift page: one HTML file that needs nothing beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from antifraud.domain.errors import Unavailable
from models.drift.signals import Kind, Signal
from models.drift.watch import Drift

_TITLES: Final = {
    Kind.SCORE: "Score",
    Kind.ALERTS: "Alerts by score",
    Kind.DELAY: "Hours until a fraud is reported",
    Kind.TYPES: "Reported types of fraud",
}
_MEANINGS: Final = {
    Kind.SCORE: "index of its distribution",
    Kind.ALERTS: "share of transfers",
    Kind.DELAY: "median of a week's reports",
    Kind.TYPES: "index of their mixture",
}


@dataclass(frozen=True, slots=True)
class _Chart:
    title: str
    meaning: str
    latest: str
    svg: Markup


@dataclass(frozen=True, slots=True)
class _Line:
    """A feature in the table: its index on the last day, the highest, its limit, and what is absent."""

    name: str
    now: float | None
    highest: float | None
    limit: float | None
    absent: float | None
    different: int | None
    off: bool


def page(drift: Drift, *, simulated: bool) -> str:
    """Return the page; raise Unavailable where the drawing libraries are not installed."""
    try:
        from models.drift.figures import heat_map, line_chart
    except ImportError as missing:
        raise Unavailable(f"{missing.name} is not installed: the page is drawn with the `dev` dependencies") from None
    others = [signal for signal in drift.signals if signal.kind in _TITLES]
    charts = [
        _Chart(_TITLES[each.kind], _MEANINGS[each.kind], _latest(each), Markup(line_chart(each)))  # noqa: S704 - ours
        for each in others
    ]
    environment = Environment(
        loader=PackageLoader("models.drift", "."), autoescape=select_autoescape(), undefined=StrictUndefined
    )
    environment.filters["breakable"] = _breakable
    different = {} if drift.compared is None else {n: c for n, c in drift.compared.different.items() if c}
    return environment.get_template("page.html").render(
        drift=drift,
        simulated=simulated,
        alarms=drift.alarms,
        charts=charts,
        heat=Markup(heat_map(drift)),  # noqa: S704 - drawn here, from names of the catalogue
        lines=_lines(drift),
        different=different,
    )


def _breakable(name: str) -> Markup:
    """Let a long name break after each of its words."""
    return escape(name).replace("_", Markup("_<wbr>"))


def _latest(signal: Signal) -> str:
    value = signal.days[-1].value
    if value is None:
        return "too few to say"
    if signal.kind is Kind.ALERTS:
        return f"{value:.2%}"
    return f"{value:.0f} h" if signal.kind is Kind.DELAY else f"{value:.3f}"


def _lines(drift: Drift) -> Sequence[_Line]:
    absent = {signal.name: signal for signal in drift.signals if signal.kind is Kind.ABSENT}
    lines = []
    for signal in (each for each in drift.signals if each.kind is Kind.FEATURE):
        last, values = signal.days[-1], [day.value for day in signal.days if day.value is not None]
        missing = absent[signal.name].days
        lines.append(
            _Line(
                name=signal.name,
                now=last.value,
                highest=max(values, default=None),
                limit=last.high,
                absent=missing[-1].value,
                different=None if drift.compared is None else drift.compared.different[signal.name],
                off=any(day.off for day in (*signal.days, *missing)),
            )
        )
    return sorted(lines, key=lambda line: (-(line.highest or 0) / (line.limit or 1), line.name))
