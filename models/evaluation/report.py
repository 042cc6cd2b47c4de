"""An evaluation as one HTML file that needs nothing else, and as JSON with the same numbers.

Every number on the page stands in a `data` element that names its place in the JSON.
"""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final

import orjson
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from antifraud.domain.money import MINOR_DIGITS
from models.evaluation.evaluation import Evaluation
from models.evaluation.suspicion import TOO_GOOD

Facts = Mapping[str, Any]  # plain JSON

_SPACE: Final = "\N{NO-BREAK SPACE}"
_LARGE: Final = ((1e9, "bn"), (1e6, "M"))
_WORD: Final = re.compile(r"(?<=\w)[._](?=\w)")


def facts(evaluation: Evaluation) -> Facts:
    """Return an evaluation as plain JSON."""
    found: dict[str, Any] = orjson.loads(orjson.dumps(asdict(evaluation)))
    found["about"] |= {"minor_in_a_unit": 10 ** MINOR_DIGITS[evaluation.about.currency], "too_good": TOO_GOOD}
    return found


def as_json(evaluation: Evaluation) -> bytes:
    """Return an evaluation as the bytes of a JSON file."""
    return orjson.dumps(facts(evaluation), option=orjson.OPT_INDENT_2)


def page(evaluation: Evaluation) -> str:
    """Return an evaluation as the text of an HTML file: no scripts, no other files, simulated data labelled."""
    from models.evaluation.charts import charts  # altair is no dependency of a running engine

    told = facts(evaluation)
    templates = Environment(
        loader=PackageLoader("models.evaluation", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    drawn = {name: _source(svg) for name, svg in charts(told).items()}
    return templates.get_template("report.html").render(e=told, n=_numbers(told), words=_words, charts=drawn)


def _source(svg: str) -> Markup:
    """Return an SVG as the source of an image: names inside it cannot meet those of another."""
    return Markup("data:image/svg+xml;base64,") + base64.b64encode(svg.encode()).decode()


def _words(name: str) -> str:
    return _WORD.sub(" ", name)


def _numbers(told: Facts) -> Callable[[str, str], Markup]:
    """Return what writes the number at a path of the JSON, as money, share, count, rate or chance."""
    about = told["about"]
    unit, currency = about["minor_in_a_unit"], about["currency"]
    said: dict[str, Callable[[float], str]] = {
        "money": lambda value: f"{currency}{_SPACE}{_large(value / unit)}",
        "share": lambda value: f"{_digits(100 * value)}{_SPACE}%",
        "count": lambda value: f"{value:,.0f}".replace(",", _SPACE),
        "rate": _digits,
        "chance": lambda value: f"{value:.3f}",
    }

    def number(path: str, kind: str) -> Markup:
        value: Any = told
        for step in path.split("."):
            value = value[int(step)] if isinstance(value, list) else value[step]
        if value is None:
            return Markup('<span class="none">&ndash;</span>')
        return Markup('<data data-path="{}" value="{}">{}</data>').format(path, repr(value), escape(said[kind](value)))

    return number


def _large(value: float) -> str:
    """Write an amount with three digits and a word for its size."""
    for size, word in _LARGE:
        if abs(value) >= 0.9995 * size:
            return f"{_digits(value / size, 3)}{_SPACE}{word}"
    return f"{float(f'{value:.2e}'):,.0f}".replace(",", _SPACE)


def _digits(value: float, most: int = 2) -> str:
    r"""Write a number with that many telling digits, whole from a hundred on.

    >>> [_digits(value) for value in (0.0, 0.0234, 5.03, 71.1, 1234.5)]
    ['0', '0.023', '5.0', '71', '1\xa0234']
    """
    if value == 0:
        return "0"
    if abs(value) >= 10 ** (most - 1):
        places = max(most - len(str(int(abs(value)))), 0)
        return f"{value:,.{places}f}".replace(",", _SPACE)
    return f"{float(f'{value:.{most - 1}e}'):.{_places(value, most)}f}"


def _places(value: float, most: int) -> int:
    """Return how many places behind the point show `most` telling digits of a small number."""
    exponent = int(f"{abs(value):.{most - 1}e}".partition("e")[2])
    return max(most - 1 - exponent, 0)
