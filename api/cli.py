"""The command line: one door to every use of the engine."""

import sys

import typer
from rich.console import Console

from antifraud.domain.errors import AntifraudError
from api.commands.backtest import backtest
from api.commands.benchmark import benchmark
from api.commands.demo import demo
from api.commands.drift import drift
from api.commands.evaluate import evaluate
from api.commands.events import events
from api.commands.features import features
from api.commands.history import history
from api.commands.imports import import_transfers
from api.commands.keys import keys
from api.commands.models import models
from api.commands.people import people
from api.commands.play import play
from api.commands.policy import policy
from api.commands.replay import replay
from api.commands.rules import rules
from api.commands.score import score
from api.commands.serve import serve
from api.commands.shadow import shadow
from api.commands.simulate import simulate
from api.commands.snapshot import snapshot
from api.commands.train import train

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Score every money transfer before it is executed: allow, hold or block.\n\n"
    "A first round: simulate a history, train on it, serve the model, play transfers. `antifraud demo` does all four.",
)
app.command("import")(import_transfers)
for command in (
    simulate,
    history,
    features,
    train,
    evaluate,
    score,
    backtest,
    drift,
    benchmark,
    serve,
    snapshot,
    shadow,
    replay,
    play,
    demo,
    events,
):
    app.command()(command)
app.add_typer(policy, name="policy")
app.add_typer(rules, name="rules")
app.add_typer(keys, name="keys")
app.add_typer(people, name="people")
app.add_typer(models, name="models")


def main() -> None:
    """Run a command; what it refuses is said in one line, without a trace."""
    try:
        app()
    except AntifraudError as refusal:
        Console(stderr=True, style="red", markup=False, highlight=False).print(f"antifraud: {refusal}")
        sys.exit(1)
