"""The table of every metric, in docs/metrics.md, made of what two engines show.

python -m tests.observing.metrics
"""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.marked_page import with_place
from tests.observing import watched

PAGE = Path(__file__).parents[2] / "docs/metrics.md"
BEGIN, END = "<!-- metrics: made by `make fix` from running engines -->\n", "<!-- end of metrics -->\n"


def table(families):
    """Return the table of all families of ours by name; a counter is named as its samples are."""
    named = {f"{name}_total" if family.type == "counter" else name: family for name, family in families.items()}
    lines = ["| Metric | Labels | What |\n", "|---|---|---|\n"]
    for name, family in sorted(named.items()):
        if name.startswith("antifraud_"):
            labels = sorted({label for sample in family.samples for label in sample.labels} - {"le"})
            told = ", ".join(f"`{each}`" for each in labels)
            lines.append(f"| `{name}`, {family.type} | {told} | {family.documentation} |\n")
    return "".join(lines)


def page(text, families):
    """Return the page with the table as it has to be now."""
    return with_place(text, BEGIN, table(families), END)


def main():
    """Write the table into the page."""
    with TemporaryDirectory() as folder:
        sound = asyncio.run(watched.sound(Path(folder) / "sound"))
        blind = asyncio.run(watched.blind(Path(folder) / "blind"))
    PAGE.write_text(page(PAGE.read_text(), watched.families_of(sound[-1], blind)))


if __name__ == "__main__":
    main()
