"""The last hours as one SVG of bars: how much there was in each part, and what people changed meanwhile."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Final

_SIZE: Final = (760, 112)
_LEFT: Final = 8
_TOP: Final = 16  # for the highest value
_FOOT: Final = 20  # for moments
_NAMES: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One bar: when it begins, how high it is, and what is said about it."""

    at: datetime
    value: float
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the picture says, in the reader's language; each is escaped here."""

    title: str
    value: Callable[[float], str]
    moment: Callable[[datetime], str]


def hours_svg(parts: Sequence[Part], marks: Sequence[tuple[datetime, str]], words: Words) -> str:
    """Return the picture; parts are equally long and follow each other, `marks` are moments with what happened."""
    width = (_SIZE[0] - 2 * _LEFT) / len(parts)
    highest = max(each.value for each in parts)
    zero = _SIZE[1] - _FOOT
    scale = (zero - _TOP) / highest if highest else 0.0
    span = parts[-1].at - parts[0].at + (parts[1].at - parts[0].at)
    drawn: list[str] = []
    for number, each in enumerate(parts):
        x, height = _LEFT + number * width, each.value * scale
        drawn.append(
            f"<g><title>{escape(each.about)}</title>"
            f'<rect class="bar" x="{x + 0.5:.1f}" y="{zero - height:.1f}" width="{max(width - 1, 1):.1f}" '
            f'height="{height:.1f}"/></g>'
        )
        if number % -(-len(parts) // _NAMES) == 0:
            drawn.append(f'<text class="foot" x="{x:.1f}" y="{_SIZE[1] - 4}">{escape(words.moment(each.at))}</text>')
    for at, about in marks:
        if parts[0].at <= at < parts[0].at + span:
            x = _LEFT + (at - parts[0].at) / span * (_SIZE[0] - 2 * _LEFT)
            drawn.append(
                f'<g class="change"><title>{escape(about)}</title><path d="M{x:.1f} {_TOP}V{zero}"/>'
                f'<circle cx="{x:.1f}" cy="{_TOP}" r="4"/></g>'
            )
    return (
        f'<svg class="chart" viewBox="0 0 {_SIZE[0]} {_SIZE[1]}" role="img" xmlns="http://www.w3.org/2000/svg">'
        f"<title>{escape(words.title)}</title>{''.join(drawn)}"
        f'<text x="{_LEFT}" y="11">{escape(words.value(highest))}</text>'
        f'<line class="zero" x1="{_LEFT}" x2="{_SIZE[0] - _LEFT}" y1="{zero}" y2="{zero}"/></svg>'
    )
