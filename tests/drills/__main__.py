"""Break a deployment in every way that is drilled, at full length: `make drills`.

    python -m tests.drills [--short] [--only NAME ...] [--out FOLDER]

Prints a table and writes drills.md into docs/ (or FOLDER). With --only it only prints.
"""

import argparse
import random
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from tests.benchmarks.machine import machine
from tests.benchmarks.sizes import ROOT
from tests.drills.all_drills import DRILLS
from tests.drills.drill import Scene
from tests.drills.page import cells, page
from tests.servers import running_postgres


def main(arguments=None):
    """Run the drills; return 1 if one failed, could not run, or found anything lost, doubled or wrong."""
    given = _parse(arguments)
    chosen = [drill for drill in DRILLS if drill.name in (given.only or [drill.name])]
    console, rows, well = Console(stderr=True), [], True
    (ROOT / "var").mkdir(exist_ok=True)
    with ExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory(dir=ROOT / "var", prefix="drills-")))
        servers = []

        def postgres():
            if not servers:
                servers.append(parts.enter_context(running_postgres()))
            return servers[0]

        on = machine(folder)
        for number, drill in enumerate(chosen, 1):
            times = drill.short if given.short else drill.full
            with console.status(f"[{number}/{len(chosen)}] {drill.fault}, {times} times"):
                try:
                    found = drill.run(Scene(folder / drill.name, times, random.Random(drill.name), postgres))
                except (Exception, pytest.fail.Exception, pytest.skip.Exception) as problem:
                    console.print(f"{drill.name} failed: {problem}", markup=False)
                    well = False
                    continue
            well = well and found.verdict.clean
            rows.append((drill, found, times))
            console.print(drill.name, *cells(found, times), sep=" | ", markup=False)
    Console().print(_table(rows))
    if well and not given.only:
        out = (given.out or ROOT / "docs") / "drills.md"
        out.write_text(page(rows, on))
        console.print(f"written: {out}")
    return 0 if well else 1


def _parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="as often as in the tests")
    parser.add_argument("--only", nargs="+", choices=[drill.name for drill in DRILLS], help="only these")
    parser.add_argument("--out", type=Path, help="write here instead of docs/")
    return parser.parse_args(arguments)


def _table(rows):
    table = Table("fault", "times", "acknowledged", "lost", "doubled", "wrong", "blind", "recovery: median, worst")
    for drill, found, times in rows:
        table.add_row(drill.fault, *cells(found, times), style=None if found.verdict.clean else "red")
    return table


if __name__ == "__main__":
    sys.exit(main())
