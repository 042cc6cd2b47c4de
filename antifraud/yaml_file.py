"""YAML files that people write: read, or refused by name."""

from pathlib import Path

import yaml

from antifraud.domain.errors import InvalidValue, NotFound


def read_yaml(path: Path) -> object:
    """Return what a file holds; raise NotFound, or InvalidValue where it is no YAML, naming the file."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFound(f"{path}: there is no such file") from None
    except (yaml.YAMLError, ValueError) as error:  # ValueError: bytes that are no text, and a 30th of February
        raise InvalidValue(path.name, "must be YAML in UTF-8", " ".join(str(error).split())) from None
