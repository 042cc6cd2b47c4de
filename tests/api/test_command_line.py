"""The command line is quick to answer, and says of each command what the command says of itself."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

import api.commands
from api.cli import Commands, app

NO_COMMANDS = {
    "__init__",
    "demo_people",
    "files",
    "live",
    "model_tables",
    "offices",
    "past",
    "player",
    "tables",
    "tracking",
}
TRAINING = ("sklearn", "lightgbm", "pandas", "scipy.stats", "mlflow", "altair")
HEAVY = ("numpy", "polars", "numba", "sklearn", "lightgbm", "mlflow", "sqlalchemy", "fastapi", "pydantic")


def in_a_new_process(words):
    """Run a command and return which of the HEAVY packages it loaded."""
    asked = (
        f"import sys, json; sys.argv = {['antifraud', *words]!r}\n"
        "from api.cli import main\n"
        "try: main()\n"
        f"except SystemExit as end: sys.stderr.write(json.dumps([n for n in {HEAVY!r} if n in sys.modules]))"
    )
    ran = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    return ran.stdout, json.loads(ran.stderr)


def test_help_loads_nothing_that_only_commands_need():
    said, loaded = in_a_new_process(["--help"])
    assert loaded == []
    assert all(name in said for name in Commands.places)


@pytest.mark.parametrize("words", [["keys", "--help"], ["snapshot", "--help"], ["people", "--help"]])
def test_a_command_that_learns_nothing_loads_no_machine_learning(words):
    _, loaded = in_a_new_process(words)
    assert not {"sklearn", "lightgbm", "mlflow"} & set(loaded)


def test_a_server_loads_nothing_that_only_training_needs():
    asked = (
        "import json, sys, api.app, api.commands.serve\n"
        f"print(json.dumps([n for n in {TRAINING!r} if n in sys.modules]))"
    )
    ran = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout) == []


@pytest.mark.parametrize("name", Commands.places)
def test_help_says_of_a_command_what_it_says_of_itself(name):
    module, attribute = Commands.places[name].split(".")
    command = getattr(import_module(f"api.commands.{module}"), attribute)
    first = command.info.help if isinstance(command, Typer) else command.__doc__.split("\n\n")[0]
    shown = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "250"}).output
    line = next(line for line in shown.splitlines() if line.startswith(f"│ {name} "))
    assert line.removeprefix(f"│ {name}").strip(" │") == " ".join(first.split())
    own = CliRunner().invoke(app, [name, "--help"], env={"COLUMNS": "250"})
    assert own.exit_code == 0
    assert f"antifraud {name}" in " ".join(own.output.split()).replace("root", "antifraud")


def test_every_command_can_be_run():
    files = {path.stem for path in Path(api.commands.__file__).parent.glob("*.py")} - NO_COMMANDS
    assert {place.split(".")[0] for place in Commands.places.values()} == files


def test_a_command_that_does_not_exist_is_refused():
    ran = CliRunner().invoke(app, ["nonsense"])
    assert ran.exit_code == 2
    assert "nonsense" in ran.output
