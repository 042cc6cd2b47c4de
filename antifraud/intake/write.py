"""Put an intake on disk, whole or not at all."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import polars as pl

from antifraud.domain.errors import Conflict, InvalidValue
from antifraud.intake.read import Intake
from antifraud.tables import for_people

TRANSFERS_FILE: Final = "transfers.parquet"
REPORTS_FILE: Final = "reports.parquet"
TRUTH_FILE: Final = "truth.parquet"
_OLD: Final = "old"
_OURS: Final = frozenset({TRANSFERS_FILE, REPORTS_FILE, TRUTH_FILE})


def write(intake: Intake, out: Path) -> None:
    """Write the tables of an intake as the directory `out`, in place of an earlier import.

    Readers see the old directory or the new one, for an instant neither, never a mixture. A directory
    that holds anything else is refused. What an import that was killed left behind goes.
    """
    if out.exists() and (not out.is_dir() or any(found.name not in _OURS for found in out.iterdir())):
        raise Conflict(f"{out}: holds something that is no import; name another directory")
    out.parent.mkdir(parents=True, exist_ok=True)
    _clear_up(out)
    with TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as name, _held(Path(name)) as scratch:
        new = scratch / "new"
        new.mkdir()
        intake.transfers.write_parquet(new / TRANSFERS_FILE)
        intake.reports.write_parquet(new / REPORTS_FILE)
        intake.truth.write_parquet(new / TRUTH_FILE)
        if out.exists():
            out.rename(scratch / _OLD)
        new.rename(out)


def _clear_up(out: Path) -> None:
    """Remove the scratch folders of imports that died; what one took away and put nothing in its place comes back."""
    for left in out.parent.glob(f".{out.name}.*"):
        with suppress(BlockingIOError, NotADirectoryError, FileNotFoundError), _held(left):
            if (left / _OLD).is_dir() and not out.exists():
                (left / _OLD).rename(out)
            shutil.rmtree(left)


@contextmanager
def _held(folder: Path) -> Iterator[Path]:
    """Hold a folder as long as the process lives; raise BlockingIOError while another one does."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield folder
    finally:
        os.close(handle)


def write_rejects(rejects: pl.DataFrame, path: Path) -> None:
    """Write the rejected rows as .csv or .parquet; the file appears whole, and a spreadsheet runs none of its cells."""
    writers: dict[str, Callable[[Path], object]] = {
        ".csv": for_people(rejects).write_csv,
        ".parquet": rejects.write_parquet,
    }
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise InvalidValue("rejects", f"must end in {' or '.join(writers)}", path.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as scratch:
        part = Path(scratch) / "part"
        writer(part)
        part.replace(path)
