"""Measure every row of the targets table: `make bench`.

    python -m tests.benchmarks [--quick] [--quality] [--only NAME ...] [--out FOLDER]
    python -m tests.benchmarks --page

Writes benchmarks.json, what it was measured on and benchmarks.md into docs/ (or FOLDER). With --only, or --quick
without --out, it only prints. With --page it measures nothing and makes the page anew of what was measured.
Model quality takes minutes and is measured with --quality; otherwise its rows are kept from the JSON that is there.
"""

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from rich.console import Console

from tests.benchmarks import (
    console,
    engine_alone,
    explaining,
    keeping,
    offline,
    over_http,
    overload,
    page,
    quality,
    storm,
    tracing,
)
from tests.benchmarks.machine import machine
from tests.benchmarks.sizes import FULL, QUICK, ROOT, Bench
from tests.benchmarks.trained import put_model

MEASUREMENTS = {
    "decisions": over_http.decisions,
    "steady": over_http.steady,
    "alone": engine_alone.alone,
    "scale": engine_alone.at_scale,
    "hot": engine_alone.hot_account,
    "weight": keeping.weight,
    "restart": keeping.restart,
    "pandas": offline.against_pandas,
    "explaining": explaining.explaining,
    "backtest": offline.backtest,
    "tracing": tracing.tracing,
    "storm": storm.storm,
    "console": console.console,
    "overload": overload.overload,
}
QUALITY = "quality"
_OF_QUALITY = "handbook, protocol"


def main(arguments=None):
    """Measure and write; return 1 if a measurement failed, and then write nothing."""
    given = _parse(arguments)
    if given.page:
        page.write_again(given.out or ROOT / "docs", sentences())
        return 0
    screen = Console(stderr=True)
    chosen = {name: MEASUREMENTS[name] for name in given.only or MEASUREMENTS}
    if given.quality:
        chosen[QUALITY] = quality.quality
    (ROOT / "var").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "var", prefix="bench-") as name:
        bench = Bench(QUICK if given.quick else FULL, Path(name), None if given.quick else _handbook())
        on = machine(bench.folder)
        rows, failed = _measured(chosen, bench, screen)
    if failed:
        screen.print(f"[red]failed, nothing is written:[/] {', '.join(failed)}")
        return 1
    if given.out is None and (given.only or given.quick):
        return 0
    out = given.out or ROOT / "docs"
    older = [] if given.quality else _kept(out)
    how = [(name, sentences()[name]) for name in chosen]
    page.write(out, rows + older, on, how, {row["name"] for row in older})
    screen.print(f"written: {out}/benchmarks.json, {out}/benchmarks.md")
    return 0


def sentences():
    """Return how each part is measured."""
    return {
        name: measure.__doc__.splitlines()[0] for name, measure in (MEASUREMENTS | {QUALITY: quality.quality}).items()
    }


def _parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="tiny sizes: does everything run?")
    parser.add_argument("--quality", action="store_true", help="also model quality on the handbook's data")
    parser.add_argument("--page", action="store_true", help="measure nothing, make the page of what was measured")
    parser.add_argument("--only", nargs="+", choices=MEASUREMENTS, help="only these")
    parser.add_argument("--out", type=Path, help="write here instead of docs/")
    return parser.parse_args(arguments)


def _measured(chosen, bench, screen):
    """Run each measurement in a fresh process; return their rows and the names of those that failed."""
    rows, failed = [], []
    with screen.status("training a model to measure with"):
        apart(put_model, bench)
    for number, (name, measure) in enumerate(chosen.items(), 1):
        with screen.status(f"[{number}/{len(chosen)}] {name}: {measure.__doc__.splitlines()[0]}"):
            try:
                found = [figure.as_row() for figure in apart(measure, bench)]
            except Exception as error:
                screen.print(f"{name} failed: {error.__cause__ or error}", markup=False)
                failed.append(name)
                continue
        for row in found:
            sign = "[green]holds[/]" if row["holds"] else "[red]misses[/]"
            screen.print(
                f"{sign} {row['name']}: {row['value']:g} {row['unit']} (target {row['target']:g}); {row['against']}"
            )
        rows += found
    return rows, failed


def apart(measure, bench):
    """Call in a process of its own: memory is counted from nothing, and one measurement cannot slow the next."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(measure, bench).result()


def _handbook():
    """Return the handbook's file if it is there."""
    folder = Path(os.environ.get("ANTIFRAUD_DATA") or ROOT.parent / "shared" / "data")
    path = folder / "handbook.parquet"
    return path if path.is_file() else None


def _kept(out):
    """Return the rows of model quality that stand in the JSON of an earlier run."""
    path = out / "benchmarks.json"
    rows = json.loads(path.read_text()) if path.is_file() else []
    return [row for row in rows if row["name"].startswith(_OF_QUALITY)]


if __name__ == "__main__":
    sys.exit(main())
