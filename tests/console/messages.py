"""Every text of the console, as it stands in code and templates: `python -m tests.console.messages` writes new ones.

What is new is added to the files of both languages without a translation, what is gone is dropped.
"""

from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

CONSOLE = Path(__file__).parents[2] / "api" / "console"
LANGUAGES = CONSOLE / "languages"
_BEGUN = datetime(2026, 11, 1, tzinfo=UTC)  # the day of each run would stand in the way of every merge
_HOW = [("**.py", "python"), ("**.html", "jinja2")]
_OPTIONS = {"**.html": {"trimmed": "true", "newstyle_gettext": "true"}}
_CALLED = {"_": None, "N_": None, "say": None, "gettext": None, "ngettext": (1, 2), "count": (1, 2)}


def texts():
    """Return all texts there are, as a catalog in English."""
    found = Catalog(project="antifraud", charset="utf-8", creation_date=_BEGUN)
    for _, _, message, _, _ in extract_from_dir(CONSOLE, _HOW, _OPTIONS, keywords=_CALLED):
        found.add(message)
    return found


def catalog(code):
    with (LANGUAGES / f"{code}.po").open("rb") as file:
        return read_po(file, locale=code)


def main():
    found = texts()
    for code in ("kk", "ru"):
        path = LANGUAGES / f"{code}.po"
        known = catalog(code) if path.exists() else Catalog(locale=code)
        known.update(found, no_fuzzy_matching=True)
        known.obsolete.clear()
        with path.open("wb") as file:
            write_po(file, known, no_location=True, omit_header=False, sort_output=True, width=120)


if __name__ == "__main__":
    main()
