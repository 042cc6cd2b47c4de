"""`antifraud settings`: the documentation of everything that an operator can set."""

from enum import Enum
from pathlib import Path
from typing import Annotated, Final, get_args

import typer
from pydantic.fields import FieldInfo

from api.settings import Settings

_HEAD: Final = """\
# Settings

Made from `api/settings.py` by `antifraud settings --doc docs/settings.md`. All are read once, from the environment,
when a command starts. What `antifraud doctor` says of them on this machine: [operations.md](operations.md).

| Variable | By default | What |
|---|---|---|
"""


def settings(doc: Annotated[Path, typer.Option(help="Where the page goes (docs/settings.md).")]) -> None:
    """Write the page of all settings, made from the settings themselves.

    Example: antifraud settings --doc docs/settings.md
    """
    doc.write_text(page(), encoding="utf-8")


def page() -> str:
    """Return the page: a row for each setting, in the order of the code."""
    rows = [
        f"| `ANTIFRAUD_{name.upper()}` | {_default(info)} | {_words(info)} |\n"
        for name, info in Settings.model_fields.items()
    ]
    return _HEAD + "".join(rows)


def _words(info: FieldInfo) -> str:
    """Return what a setting is, with the values it may have where they are few."""
    said = (info.description or "").replace("|", "\\|")
    kinds = [each for each in (info.annotation, *get_args(info.annotation)) if isinstance(each, type)]
    few = [str(each.value) for kind in kinds if issubclass(kind, Enum) for each in kind]
    return f"{said} One of: {', '.join(few)}." if few else said


def _default(info: FieldInfo) -> str:
    value = info.default
    if value is None:
        return "-"
    if value == {} or value is False:
        return "none" if value == {} else "false"
    return f"`{value.value if isinstance(value, Enum) else value}`"
