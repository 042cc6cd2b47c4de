"""Commands that are loaded when they are run: help and small commands do not wait for what only others need."""

import ast
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar, Final

import typer
from typer._click.core import Command, Context  # Typer carries a click of its own
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

_PACKAGE: Final = "api.commands"


class LateGroup(TyperGroup):
    """A group whose commands are named by `places`: command -> `module.attribute` in the package of commands.

    An attribute is a function, or a `Typer` with commands of its own.
    """

    places: ClassVar[Mapping[str, str]]

    def list_commands(self, ctx: Context) -> list[str]:
        """Return the names in their order."""
        return list(self.places)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """Return what help says of a command, read from its file without loading it."""
        place = self.places.get(cmd_name)
        return None if place is None else TyperCommand(cmd_name, help=_first_words(place))

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        """Load the command that is to be run."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command if name is None else self.load(name), rest

    @classmethod
    def load(cls, name: str) -> Command:
        """Return a command as it runs."""
        module, _, attribute = cls.places[name].partition(".")
        found = getattr(import_module(f"{_PACKAGE}.{module}"), attribute)
        if not isinstance(found, typer.Typer):
            alone = typer.Typer(add_completion=False)
            alone.command(name)(found)
            found = alone
        command = get_command(found)
        command.name = name
        return command


@cache
def _first_words(place: str) -> str:
    """Return the docstring of the function at a place, or the `help` that its Typer is made with."""
    module, _, attribute = place.partition(".")
    spec = find_spec(f"{_PACKAGE}.{module}")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{_PACKAGE}.{module}")
    for node in ast.parse(Path(spec.origin).read_text(encoding="utf-8")).body:
        match node:
            case ast.FunctionDef(name=name) if name == attribute:
                return ast.get_docstring(node) or ""
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(keywords=words)) if name == attribute:
                return next((ast.literal_eval(word.value) for word in words if word.arg == "help"), "")
    raise AttributeError(f"{_PACKAGE}.{place}")
