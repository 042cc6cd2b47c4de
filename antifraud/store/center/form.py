"""Between lives, acts and their JSON in the book: the only place that knows both shapes."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import TypeAdapter

from antifraud.domain.center.act import Act
from antifraud.domain.center.life import Life
from antifraud.domain.center.lives import KIND_OF, KINDS, Kind, act_name

_LIVES: Final[Mapping[str, TypeAdapter[Any]]] = {kind.name: TypeAdapter(kind.life) for kind in KINDS}
_ACTS: Final[Mapping[str, TypeAdapter[Any]]] = {
    name: TypeAdapter(act) for kind in KINDS for name, act in kind.acts.items()
}


def life_to_json(life: Life) -> str:
    """Return a life as JSON, absent values left out."""
    return _LIVES[KIND_OF[type(life)].name].dump_json(life, exclude_none=True).decode()


def life_from_json(kind: str, body: str) -> Life:
    """Return the life that a row of `lives` keeps."""
    life: Life = _LIVES[kind].validate_json(body)
    return life


def act_to_json(name: str, act: Act) -> str:
    """Return an act of that name as JSON, absent values left out."""
    return _ACTS[name].dump_json(act, exclude_none=True).decode()


def act_from_json(name: str, body: str) -> Act:
    """Return the act that a row of the journal keeps."""
    act: Act = _ACTS[name].validate_json(body)
    return act


def named(life: Life, act: Act) -> tuple[Kind, str]:
    """Return the kind of a life and the name of an act of it; an act that is not registered is a mistake here."""
    kind = KIND_OF[type(life)]
    name = act_name(kind, act)
    if kind.acts.get(name) is not type(act):
        raise TypeError(f"{type(act).__name__} is not registered as an act of {kind.name}")
    return kind, name
