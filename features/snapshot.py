"""Live state on disk: saved whole, read back whole, refused when damaged or of another catalogue."""

import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tokenize import TokenError
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from antifraud.domain.errors import DamagedFile, FingerprintMismatch
from features.online import OnlineState
from features.schema import fingerprint
from features.spec import Feature

_VERSION: Final = 5

# What the libraries below say of an archive or an array that is none: by flags of the archive they would want a
# password or a method that nobody has, and headers of arrays are read as text of a program.
_UNREADABLE: Final = (
    *(OSError, EOFError, ValueError, LookupError, TypeError, AttributeError),
    *(RuntimeError, zipfile.BadZipFile, zlib.error, TokenError),
)


def save(state: OnlineState, path: Path) -> None:
    """Write a snapshot, all or nothing: a crash leaves the former one as it was."""
    arrays: dict[str, NDArray[np.generic]] = {"clock": state.clock}
    for number, events in enumerate(state.events):
        arrays[f"marks{number}"] = events.arrays.marks
        for part, kept in enumerate(events.kept()):
            arrays |= {f"ring{number}.{part}.{name}": array for name, array in kept.items()}
    for kind, (cells, free) in enumerate(state.slots.kept()):
        arrays |= {f"cells{kind}": cells, f"free{kind}": free}
    words = {
        "version": _VERSION,
        "fingerprint": fingerprint(state.catalogue),
        "names": state.slots.name_of,
        "active_reports": [[*key, number] for key, number in state.active_reports.items()],
    }
    draft = path.with_suffix(".draft")
    with draft.open("wb") as file:
        np.savez(file, allow_pickle=False, words=np.frombuffer(orjson.dumps(words), np.uint8), **arrays)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def load(path: Path, catalogue: Sequence[Feature]) -> OnlineState:
    """Read a snapshot back.

    Raises FingerprintMismatch when it was taken under another catalogue, DamagedFile when a checksum fails or
    anything else in it cannot be read, FileNotFoundError when there is none.
    """
    state = OnlineState(catalogue)
    with _opened(path, catalogue) as (file, words):
        _fill(state, file, words)
    return state


def check(path: Path, catalogue: Sequence[Feature]) -> None:
    """Read a snapshot through against its checksums, with room for its names alone; raise as `load` does."""
    with _opened(path, catalogue) as (file, _):
        if (damaged := file.zip.testzip()) is not None:
            raise DamagedFile(f"snapshot {path} cannot be read: {damaged} is not what was written")


@contextmanager
def _opened(path: Path, catalogue: Sequence[Feature]) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    """Open a snapshot of this form and catalogue; what goes wrong inside is raised as `load` says."""
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            words = orjson.loads(file["words"].tobytes())
            if words["version"] != _VERSION:
                raise DamagedFile(f"snapshot {path} has the form {words['version']}, this engine reads {_VERSION}")
            if words["fingerprint"] != fingerprint(catalogue):
                taken_under = f"catalogue {words['fingerprint']}, not {fingerprint(catalogue)}"
                raise FingerprintMismatch(f"snapshot {path} is of {taken_under}")
            yield file, words
    except FileNotFoundError:
        raise
    except _UNREADABLE as error:
        raise DamagedFile(f"snapshot {path} cannot be read: {error}") from error


def _fill(state: OnlineState, file: Mapping[str, NDArray[Any]], words: Mapping[str, Any]) -> None:
    """Put what a file holds where it belongs, one array after the other: there may be no room for all of it twice."""
    state.clock = file["clock"]
    for number, events in enumerate(state.events):
        events.restore(file[f"marks{number}"])
        for part, kept in enumerate(events.kept()):
            for name, array in kept.items():
                array[:] = file[f"ring{number}.{part}.{name}"]
    kinds = range(len(state.slots.kept()))
    state.slots.restore(((file[f"cells{kind}"], file[f"free{kind}"]) for kind in kinds), words["names"])
    state.active_reports = {(bank, name): int(number) for bank, name, number in words["active_reports"]}
