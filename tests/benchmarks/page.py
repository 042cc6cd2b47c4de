"""docs/benchmarks.json for programs and docs/benchmarks.md for people, from the same rows."""

import json

INTRODUCTION = """# How fast it is

Written by `make bench`. Every ratio compares two things measured in the same run on the same machine. What is done
in turns is done in rounds, and its figure is the median over them; what takes long or is only added up is measured
once. The list at the end says which. Latencies of open loops count from the moment a request was due, not from when
it could be sent. Each measurement runs in a process of its own; servers and loads are processes too, so on few cores
they share them with the client that loads them. Transfers are made up, stores are SQLite with every commit made
durable on a real disk.
"""


def write(folder, rows, machine, how, older):
    """Write both; `how` has a name and a sentence for each measurement, `older` the names of rows kept as they were."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "benchmarks.json").write_text(json.dumps(rows, indent=1) + "\n")
    (folder / "benchmarks.md").write_text(page(rows, machine, how, older))


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
    return f"- {row['name']}: {number(row['value'])} {row['unit']}, {worse:.2f} times worse than its target."


def number(value):
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:g}"
