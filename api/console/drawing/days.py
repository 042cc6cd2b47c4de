"""In and out of an account by day as one SVG: what came stands above the zero line, what went hangs below it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from typing import Final

from antifraud.domain.center.calendar import is_working_day
from antifraud.domain.center.profile import Day

_SIZE: Final = (760, 160)
_LEFT: Final = 8
_FOOT: Final = 20  # for the names of days
_MOST_NAMES: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the picture says, in the reader's language; each is escaped here."""

    title: str
    day: Callable[[date], str]
    about: Callable[[Day], str]
    came: Callable[[int], str]  # what stands above, with the highest sum of a day
    went: Callable[[int], str]


def days_svg(days: Sequence[Day], first: date, last: date, words: Words) -> str:
    """Return the picture of all days from the first to the last, those off shaded."""
    known = {each.day: each for each in days}
    count = (last - first).days + 1
    step = (_SIZE[0] - 2 * _LEFT) / count
    highest = max((each.in_minor for each in days), default=0)
    lowest = max((each.out_minor for each in days), default=0)
    scale = (_SIZE[1] - _FOOT - 8) / max(highest + lowest, 1)
    zero = 4 + highest * scale
    parts: list[str] = []
    for number in range(count):
        day, x = first + timedelta(days=number), _LEFT + number * step
        if not is_working_day(day):
            parts.append(f'<rect class="offday" x="{x:.1f}" y="0" width="{step:.1f}" height="{_SIZE[1] - _FOOT}"/>')
        if (each := known.get(day)) is not None:
            up, down = each.in_minor * scale, each.out_minor * scale
            parts.append(
                f"<g><title>{escape(words.about(each))}</title>"
                f"{_bar('bar', x, zero - up, step, up)}{_bar('out', x, zero, step, down)}</g>"
            )
        if number % max(1, -(-count // _MOST_NAMES)) == 0:
            parts.append(f'<text class="foot" x="{x:.1f}" y="{_SIZE[1] - 4}">{escape(words.day(day))}</text>')
    for y, text in ((11, f"↑ {words.came(highest)}"), (_SIZE[1] - _FOOT - 4, f"↓ {words.went(lowest)}")):
        parts.append(f'<text x="{_LEFT}" y="{y}">{escape(text)}</text>')
    return (
        f'<svg class="chart" viewBox="0 0 {_SIZE[0]} {_SIZE[1]}" role="img" xmlns="http://www.w3.org/2000/svg">'
        f"<title>{escape(words.title)}</title>{''.join(parts)}"
        f'<line class="zero" x1="{_LEFT}" x2="{_SIZE[0] - _LEFT}" y1="{zero:.1f}" y2="{zero:.1f}"/></svg>'
    )


def _bar(kind: str, x: float, y: float, step: float, height: float) -> str:
    width = max(step - 1, 1)
    return f'<rect class="{kind}" x="{x + 0.5:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'
