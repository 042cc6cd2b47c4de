"""The command line: one door to every use of the engine."""

import sys
from collections.abc import Callable, Mapping
from typing import ClassVar

import typer

from antifraud.domain.errors import AntifraudError
from api.late import LateGroup


class Commands(LateGroup):
    """Every command and where it is, in the order in which help shows them."""

    places: ClassVar[Mapping[str, str]] = {
        "import": "imports.import_transfers",
        "simulate": "simulate.simulate",
        "history": "history.history",
        "features": "features.features",
        "train": "train.train",
        "evaluate": "evaluate.evaluate",
        "score": "score.score",
        "backtest": "backtest.backtest",
        "drift": "drift.drift",
        "benchmark": "benchmark.benchmark",
        "serve": "serve.serve",
        "keep": "keep.keep",
        "snapshot": "snapshot.snapshot",
        "shadow": "shadow.shadow",
        "replay": "replay.replay",
        "play": "play.play",
        "load": "load.load",
        "doctor": "doctor.doctor",
        "backup": "backup.backup",
        "restore": "backup.restore",
        "forget": "forget.forget",
        "settings": "settings.settings",
        "demo": "demo.demo",
        "story": "story.story",
        "events": "events.events",
        "lives": "events.lives",
        "policy": "policy.policy",
        "rules": "rules.rules",
        "keys": "keys.keys",
        "audit": "audit.audit",
        "people": "people.people",
        "models": "models.models",
    }


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Score every money transfer before it is executed: allow, hold or block.\n\n"
    "A first round: simulate a history, train on it, serve the model, play transfers. `antifraud demo` does all four.",
)


@app.callback()
def _every_command() -> None:
    """Do nothing before a command; without this Typer takes an application without commands of its own for none."""


def _say(why: str) -> None:
    from rich.console import Console

    Console(stderr=True, style="red", markup=False, highlight=False, soft_wrap=True).print(f"antifraud: {why}")


def main(say: Callable[[str], None] = _say) -> None:
    """Run a command; what it refuses, or the machine refuses it, is said in one line, without a trace."""
    try:
        app()
    except AntifraudError as refusal:
        why = str(refusal)
    except OSError as refusal:  # a full disk, a folder that is missing or belongs to somebody else, a port in use
        where = "" if refusal.filename is None else f"{refusal.filename}: "
        why = f"{where}{refusal.strerror or refusal}"
    else:
        return
    say(why)
    sys.exit(1)
