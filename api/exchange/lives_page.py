"""The tables of docs/center.md, written from the literal tables of the lives themselves."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from antifraud.domain.center import hold_table, incident_steps, inquiry, listing, return_order
from antifraud.domain.center.act import Act
from antifraud.domain.center.life import Table
from antifraud.domain.center.people import Role
from antifraud.domain.errors import InvalidValue
from api.exchange.events import first_line

_BEGIN: Final = "<!-- tables: antifraud lives -->"
_END: Final = "<!-- end of tables -->"
_LIVES: Final[tuple[tuple[str, Table[Any]], ...]] = (
    ("Incident", incident_steps.NEXT),
    ("Inquiry", inquiry.NEXT),
    ("Return order", return_order.NEXT),
    ("Hold", hold_table.NEXT),
    ("Entry of a list", listing.NEXT),
)


def write_tables(path: Path) -> None:
    """Put the tables of today into the page; raise InvalidValue for a page that has no place for them."""
    text = path.read_text(encoding="utf-8")
    if text.count(_BEGIN) != 1 or text.count(_END) != 1:
        raise InvalidValue("doc", f"needs one line {_BEGIN} and one line {_END}", str(path))
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    path.write_text("\n".join([before + _BEGIN, *_tables(), _END + after]), encoding="utf-8")


def _tables() -> Iterator[str]:
    for title, table in _LIVES:
        yield ""
        yield f"### {title}"
        yield ""
        yield "| Act | From | To | By | What it is |"
        yield "|---|---|---|---|---|"
        for (act, to, roles), states in _grouped(table).items():
            by = ", ".join(sorted(role.value for role in roles))
            came = ", ".join(f"`{state.value}`" for state in sorted(states, key=list(type(states[0])).index))
            leads = "stays" if to is None else f"`{to}`"
            yield f"| {act.__name__} | {came} | {leads} | {by} | {first_line(act)} |"
    yield ""


def _grouped(table: Table[Any]) -> dict[tuple[type[Act], str | None, frozenset[Role]], list[StrEnum]]:
    """Return the states that share a step; a step that leaves its state stays (None)."""
    found: dict[tuple[type[Act], str | None, frozenset[Role]], list[StrEnum]] = {}
    for (state, act), step in table.items():
        to = None if step.to is state else step.to.value
        found.setdefault((act, to, step.roles), []).append(state)
    return found
