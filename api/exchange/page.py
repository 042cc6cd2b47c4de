"""docs/events.md, written from the acts themselves."""

from pathlib import Path
from typing import Final

from api.exchange.events import table_of_types

_HEAD: Final = """\
# Events

Every act in the Center is an event. This page is made from the acts themselves (`antifraud events --doc`); how events
are read by cursor and pushed to webhooks stands in [exchange.md](exchange.md).

Each is a CloudEvent 1.0 in JSON. `type` says what happened, `subject` to which life; `data.by` who acted; `data.said`
holds the fields below, and `reason` and `ground` where the whole is shown. Absent fields are left out. Money is in
minor units, times are UTC. A participant that may see only the minimum of a life finds `shown: minimum`, the fields in
bold, and no person.
"""


def events_page() -> str:
    """Return the page."""
    return "\n".join([_HEAD.rstrip(), *table_of_types(), ""])


def main(path: Path) -> None:
    """Write the page."""
    path.write_text(events_page(), encoding="utf-8")
