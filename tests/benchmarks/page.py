"""docs/benchmarks.json for programs and docs/benchmarks.md for people, from the same rows.

What the rows were measured on stands in docs/benchmarks.machine.json, so that the page can be made again without
measuring: nothing on it is written by hand. Why a target is missed is said in `reasons`.
"""

import json

from tests.benchmarks.figures import significant
from tests.benchmarks.reasons import REASONS

_ROWS, _MACHINE, _PAGE = "benchmarks.json", "benchmarks.machine.json", "benchmarks.md"

INTRODUCTION = """# How fast it is

Written by `make bench`. Every ratio compares two things measured in the same run on the same machine. What is done
in turns is done in rounds, and its figure is the median over them; what takes long or is only added up is measured
once. The list at the end says which. Latencies of open loops count from the moment a request was due, not from when
it could be sent. Each measurement runs in a process of its own; servers and loads are processes too, so on few cores
they share them with the client that loads them. Transfers are made up, stores are SQLite with every commit made
durable on a real disk.
"""


def write(folder, rows, machine, how, older):
    """Write all; `how` has a name and a sentence for each measurement, `older` the names of rows kept as they were."""
    folder.mkdir(parents=True, exist_ok=True)
    measured = {"machine": machine, "measured": [name for name, _ in how], "older": sorted(older)}
    (folder / _ROWS).write_text(json.dumps(rows, indent=1) + "\n")
    (folder / _MACHINE).write_text(json.dumps(measured, indent=1) + "\n")
    (folder / _PAGE).write_text(page(rows, machine, how, older))


def write_again(folder, sentences):
    """Write the page anew from what was measured; `sentences` say of each measurement how it is done."""
    (folder / _PAGE).write_text(made_of(folder, sentences))


def made_of(folder, sentences):
    """Return the page that what was measured makes."""
    measured = json.loads((folder / _MACHINE).read_text())
    how = [(name, sentences[name]) for name in measured["measured"]]
    return page(json.loads((folder / _ROWS).read_text()), measured["machine"], how, measured["older"])


def page(rows, machine, how, older=()):
    """Return the page."""
    missed = [row for row in rows if not row["holds"]]
    lines = [
        INTRODUCTION,
        f"{len(rows) - len(missed)} of {len(rows)} targets hold.",
        "",
        "| What | Measured | Target | Holds | Against |",
        "|---|---|---|---|---|",
        *(_line(row, row["name"] in older) for row in rows),
        "",
    ]
    if older:
        lines += ["Rows marked with * were measured in an earlier run: `python -m tests.benchmarks --quality`.", ""]
    if missed:
        lines += ["## What misses its target", "", *(_miss(row) for row in missed), ""]
    lines += ["## Machine", "", *(f"- {name}: {value}" for name, value in machine.items()), ""]
    lines += ["## How it is measured", "", *(f"- {name}: {sentence}" for name, sentence in how), ""]
    return "\n".join(lines)


def _line(row, older):
    sign = "<=" if row["better"] == "lower" else ">="
    holds = "yes" if row["holds"] else "**no**"
    star = " *" if older else ""
    return (
        f"| {row['name']}{star} | {number(row['value'])} {row['unit']} "
        f"| {sign} {number(row['target'])} {row['unit']} | {holds} | {row['against']} |"
    )


def _miss(row):
    worse = row["value"] / row["target"] if row["better"] == "lower" else row["target"] / row["value"]
    lacks = f"{significant(abs(row['value'] - row['target'])):g} {row['unit']}".strip()
    measured = f"{number(row['value'])} {row['unit']}".strip()
    why = REASONS.get(row["name"], "Why is not known.")
    return f"- **{row['name']}**: {measured}, {lacks} from its target, {worse:.2f} times worse. {why}"


def number(value):
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:g}"
