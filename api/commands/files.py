"""Where a command writes: what cannot be written is said before the work begins, not after it."""

from pathlib import Path

from antifraud.domain.errors import NotFound


def a_place_for(*files: Path | None) -> None:
    """Raise NotFound, naming the file, unless the folder of each is there; None is not asked for."""
    for file in files:
        if file is not None and not file.parent.is_dir():
            raise NotFound(f"{file} cannot be written: there is no folder {file.parent}")
