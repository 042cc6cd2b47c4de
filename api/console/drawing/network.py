"""A network as one SVG: money flows from left to right, the wider the more, the redder the more of it is stolen.

Colours and fonts are classes of the console's style sheet; here are only shapes, so that print, dark and light come by
themselves. The same network as a table is for the page to write: nothing stands in the picture only.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from math import log10
from typing import Final

from antifraud.domain.center.network import Account, Link, Network
from api.console.drawing.layout import Spot, layout

_BOX: Final = (172, 46)
_GAP: Final = (120, 18)
_EDGE: Final = 12  # around everything
_LOOP: Final = 26  # how far a link bulges that stays in its column
_TIP: Final = 10  # of an arrow
_WIDTHS: Final = (1.2, 9.0)  # of lines
_MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the picture says, in the reader's language; each is escaped here."""

    title: str
    account: Callable[[Account], str]  # one line in its box
    below: Callable[[Account], str]  # a second line: its bank, and what is known of it
    about: Callable[[Account], str]  # all that is known, for who points at it
    link: Callable[[Link], str]  # the sum on the line
    about_link: Callable[[Link], str]
    address: Callable[[Account], str]  # of its page


def network_svg(network: Network, words: Words, *, middle: str | None = None) -> str:
    """Return the picture; `middle` is the account that it is about."""
    spots = layout(network)
    columns = 1 + max((spot.column for spot in spots.values()), default=0)
    rows = 1 + max((spot.row for spot in spots.values()), default=0)
    width = 2 * _EDGE + columns * _BOX[0] + (columns - 1) * _GAP[0]
    height = 2 * _EDGE + rows * _BOX[1] + (rows - 1) * _GAP[1]
    most = max((link.amount_minor for link in network.links), default=0)
    tallest = _heights(spots)
    corners = {name: _corner(spot, rows, tallest) for name, spot in spots.items()}
    outs, ins = (Counter(getattr(each, end) for each in network.links) for end in ("payer", "payee"))
    drawn = [_line(link, corners, most, words, _apart(outs[link.payer], ins[link.payee])) for link in network.links]
    lines, labels = ("".join(each[place] for each in drawn) for place in (0, 1))
    boxes = "".join(_box(each, corners[name], words, middle == name) for name, each in network.accounts.items())
    return (
        f'<svg class="network" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="group" '
        f'xmlns="http://www.w3.org/2000/svg"><title>{escape(words.title)}</title>'
        f'<defs><marker id="tip" viewBox="0 0 8 8" refY="4" markerWidth="{_TIP}" markerHeight="14" '
        'preserveAspectRatio="none" markerUnits="userSpaceOnUse" orient="auto">'
        '<path class="tip" d="M0 0L8 4L0 8z"/></marker></defs>'
        f'<g class="links">{lines}</g><g class="sums">{labels}</g><g class="accounts">{boxes}</g></svg>'
    )


def _heights(spots: Mapping[str, Spot]) -> Mapping[int, int]:
    """Return how many accounts stand in each column."""
    tallest: dict[int, int] = {}
    for spot in spots.values():
        tallest[spot.column] = max(tallest.get(spot.column, 0), spot.row + 1)
    return tallest


def _corner(spot: Spot, rows: int, tallest: Mapping[int, int]) -> tuple[float, float]:
    """Return the upper left corner of a box; short columns stand in the middle."""
    free = (rows - tallest[spot.column]) * (_BOX[1] + _GAP[1]) / 2
    return _EDGE + spot.column * (_BOX[0] + _GAP[0]), _EDGE + free + spot.row * (_BOX[1] + _GAP[1])


def _apart(outs: int, ins: int) -> float:
    """Return at which part of a line its sum stands: near the end where the lines beside it lie further apart."""
    return 0.65 if outs > ins else 0.35 if outs < ins else 0.5


def _line(
    link: Link, corners: Mapping[str, tuple[float, float]], most: int, words: Words, part: float
) -> tuple[str, str]:
    """Return a line, and the sum that stands above all lines at a part of it."""
    (from_x, from_y), (to_x, to_y) = corners[link.payer], corners[link.payee]
    y1, y2 = from_y + _BOX[1] / 2, to_y + _BOX[1] / 2
    if to_x > from_x:
        x1, x2 = from_x + _BOX[0], to_x - _TIP
        bend = (x2 - x1) / 2
        path = f"M{x1:g} {y1:g}C{x1 + bend:g} {y1:g} {x2 - bend:g} {y2:g} {x2:g} {y2:g}"
    elif to_x < from_x:
        x1, x2 = from_x, to_x + _BOX[0] + _TIP
        bend = (x1 - x2) / 2
        y1, y2 = y1 + 8, y2 + 8  # money that goes back runs below what came
        path = f"M{x1:g} {y1:g}C{x1 - bend:g} {y1:g} {x2 + bend:g} {y2:g} {x2:g} {y2:g}"
    else:
        x1, x2 = from_x + _BOX[0], from_x + _BOX[0] + _TIP
        path = f"M{x1:g} {y1:g}C{x1 + _LOOP:g} {y1:g} {x2 + _LOOP:g} {y2:g} {x2:g} {y2:g}"
    middle = 3 * part * (1 - part)  # of a cubic curve: what its two inner points weigh together
    bulge = _LOOP if to_x == from_x else 0
    x = x1 * (1 - part) ** 3 + ((x1 + x2) / 2 + bulge) * middle + x2 * part**3
    y = y1 + (y2 - y1) * (3 * (1 - part) * part**2 + part**3) - 4
    width = _width(link.amount_minor, most)
    kinds = "attempt" if link.count == 0 else "tainted" if link.tainted_minor else "clean"
    return (
        f'<g class="link {kinds}"><title>{escape(words.about_link(link))}</title>'
        f'<path d="{path}" fill="none" stroke-width="{width:.1f}" marker-end="url(#tip)"/></g>',
        f'<text x="{x:g}" y="{y:g}" text-anchor="middle">{escape(words.link(link))}</text>',
    )


def _width(amount_minor: int, most: int) -> float:
    """Return how wide a line is: each tenth of the largest sum is a third of the way thinner."""
    if amount_minor <= 0 or most <= 0:
        return _WIDTHS[0]
    share = max(0.0, 1 + log10(amount_minor / most) / 3)
    return _WIDTHS[0] + (_WIDTHS[1] - _WIDTHS[0]) * share


def _box(account: Account, corner: tuple[float, float], words: Words, is_middle: bool) -> str:
    x, y = corner
    stolen = min(account.share_ppm or 0, _MILLION) * (_BOX[0] - 2) // _MILLION
    fill = f'<rect class="stolen" x="{x + 1:g}" y="{y + 1:g}" width="{stolen}" height="{_BOX[1] - 2}"/>'
    return (
        f'<a class="account{" middle" if is_middle else ""}" href="{escape(words.address(account))}">'
        f"<title>{escape(words.about(account))}</title>"
        f'<rect class="box" x="{x:g}" y="{y:g}" width="{_BOX[0]}" height="{_BOX[1]}" rx="4"/>'
        f"{fill if stolen > 0 else ''}"
        f'<text class="name" x="{x + 10:g}" y="{y + 19:g}">{escape(words.account(account))}</text>'
        f'<text class="below" x="{x + 10:g}" y="{y + 36:g}">{escape(words.below(account))}</text></a>'
    )
