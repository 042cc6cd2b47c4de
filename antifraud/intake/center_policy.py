"""Read the Center's numbers from a YAML file; what the file leaves out is as `CenterPolicy` documents it."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError

from antifraud.domain.center.policy import CenterPolicy
from antifraud.domain.errors import InvalidValue
from antifraud.intake.section import Section

_POLICY: Final = TypeAdapter(CenterPolicy)


def read_center_policy(path: Path | None) -> CenterPolicy:
    """Return the numbers of a file, or the documented ones; raise NotFound, or InvalidValue that names the key.

    A file names its own `version`: it stands in what was decided by it. Lists replace the documented ones whole.
    """
    if path is None:
        return CenterPolicy()
    section = Section.load(path)
    node = {key: section.get(key) for key in section}
    if "version" not in node:
        raise InvalidValue("version", f"{path.name} has other numbers, so it needs a name of its own", None)
    _only_known(CenterPolicy, node, "")
    try:
        return _POLICY.validate_python(node)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False)[0]
        raise InvalidValue(".".join(map(str, first["loc"])) or path.name, first["msg"], first["input"]) from None


def _only_known(kind: type[Any], node: object, where: str) -> None:
    """Refuse keys that no field has: a mistyped number must not be a number left out."""
    if isinstance(node, list | tuple):
        for number, item in enumerate(node):
            _only_known(kind, item, f"{where}[{number}]")
    elif is_dataclass(kind) and isinstance(node, Mapping):
        hints = get_type_hints(kind)
        names = {field.name for field in fields(kind)}
        for key, value in node.items():
            path = f"{where}.{key}" if where else str(key)
            if key not in names:
                raise InvalidValue(path, f"unknown key; there are {', '.join(sorted(names))}", value)
            _only_known(next(iter(get_args(hints[key])), hints[key]), value, path)
