"""The table of what one process carries, in docs/operations.md, made of the figures in docs/benchmarks.json.

python -m tests.benchmarks.capacity
"""

import json
from pathlib import Path

from tests.benchmarks.page import number
from tests.marked_page import with_place

DOCS = Path(__file__).parents[2] / "docs"
BEGIN, END = "<!-- capacity: made by `make fix` from benchmarks.json -->\n", "<!-- end of capacity -->\n"
ROWS = (
    "decisions a second, of the bare route",
    "bulk intake, of single requests",
    "p99 at half the saturating load",
    "open loop at 300/s, p99",
    "state, an account",
    "state, a transfer in window",
    "restart from snapshot and tail",
    "p95 of a page of the queue",
)
"""What an operator plans by."""


def table(rows):
    """Return the table; a row that was not measured is a KeyError."""
    found = {row["name"]: row for row in rows}
    lines = ["| What | Measured | How |\n", "|---|---|---|\n"]
    for name in ROWS:
        row = found[name]
        lines.append(f"| {name} | {number(row['value'])} {row['unit']} | {row['against']} |\n")
    return "".join(lines)


def page(text, rows):
    """Return the page with the table as it has to be now."""
    return with_place(text, BEGIN, table(rows), END)


def main():
    """Write the table into the page."""
    path = DOCS / "operations.md"
    path.write_text(page(path.read_text(), json.loads((DOCS / "benchmarks.json").read_text())))


if __name__ == "__main__":
    main()
