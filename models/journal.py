"""Append-only lines of JSON, each sealed and bound to the one before: what was written stays written.

A line holds its own checksum (`sha256`) and that of the line before (`after`), so that a changed, lost or
reordered line is found. A last line without its line feed was never acknowledged: whoever wrote it died over it.
Readers pass it over, the next writer cuts it off. One process writes at a time; nobody waits to read.
"""

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from antifraud.domain.errors import DamagedFile, Unavailable

Line = Mapping[str, Any]

_SEAL: Final = "sha256"  # of the rest of the line
_AFTER: Final = "after"  # the seal of the line before; empty on the first


@dataclass(frozen=True, slots=True)
class Pen:
    """The right to append to a journal, with all that stands in it."""

    path: Path
    lines: tuple[Line, ...]
    _file: int
    _end: int  # in bytes

    def append(self, line: Line) -> None:
        """Write one more line and return once it is durable; raise Unavailable, with nothing written, if it cannot be.

        A pen writes once: for another line the journal is read again.
        """
        after = self.lines[-1][_SEAL] if self.lines else ""
        content = _sealed({**line, _AFTER: after})
        try:
            os.ftruncate(self._file, self._end)  # what a dead writer left
            if os.pwrite(self._file, content, self._end) != len(content):
                raise OSError("the disk is full")
            os.fsync(self._file)
        except OSError as problem:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self._end)
            raise Unavailable(f"{self.path} cannot be written: {problem}") from problem


def read_lines(path: Path) -> tuple[Line, ...]:
    """Return all acknowledged lines, none if there is no file; raise DamagedFile naming the first wrong one."""
    try:
        return _read(path)[0]
    except FileNotFoundError:
        return ()


@contextlib.contextmanager
def writing(path: Path) -> Iterator[Pen]:
    """Let one process at a time append; another one waits. The file, and its folder, are made if missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)  # given back by closing, and by dying
        _sync_folder(path.parent)
        lines, end = _read(path)
        yield Pen(path, lines, file, end)
    finally:
        os.close(file)


def _read(path: Path) -> tuple[tuple[Line, ...], int]:
    """Return the acknowledged lines and where they end."""
    content = path.read_bytes()
    end = content.rfind(b"\n") + 1
    lines: list[Line] = []
    for number, text in enumerate(content[:end].splitlines(keepends=True), 1):
        lines.append(_opened(text, lines[-1][_SEAL] if lines else "", f"{path}, line {number}"))
    return tuple(lines), end


def _opened(text: bytes, after: str, where: str) -> Line:
    try:
        line: dict[str, Any] = orjson.loads(text)
        sound = _sealed({name: value for name, value in line.items() if name != _SEAL}) == text
    except (ValueError, AttributeError):
        sound = False
    if not sound:
        raise DamagedFile(f"{where} is not what was written")
    if line.get(_AFTER) != after:
        raise DamagedFile(f"{where} does not follow the line before: one is missing or moved")
    return line


def _sealed(line: Line) -> bytes:
    """Return a line with its own checksum, as it stands in the file."""
    return _json({**line, _SEAL: hashlib.sha256(_json(line)).hexdigest()}) + b"\n"


def _json(line: Line) -> bytes:
    return orjson.dumps(line, option=orjson.OPT_SORT_KEYS)


def _sync_folder(folder: Path) -> None:
    """Make the name of a new file as durable as its content."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
