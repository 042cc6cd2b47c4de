"""`antifraud demo`, which is what `make run` starts: it answers, says where to look, stops cleanly, and goes on."""

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from antifraud.domain.errors import Unavailable
from api.cli import app
from models.lineup import lineup_of
from tests.api import making
from tests.servers import free_port

ROOT = Path(__file__).parents[2]
DEMO = (sys.executable, "-m", "api", "demo", "--accounts", "2000", "--rate", "50")


def key_in(line):
    """Return the headers of a printed curl line."""
    words = shlex.split(line)
    return dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")


def as_printed(line):
    """Send what a printed curl line says; return the answer."""
    words = shlex.split(line)
    return httpx.post(words[2], headers=key_in(line), json=json.loads(words[words.index("-d") + 1]))


@contextmanager
def started(folder):
    """Start the demo and yield what it said until its curl line; then stop it as a terminal does at Ctrl-C."""
    command = (*DEMO, "--folder", str(folder), "--port", str(free_port()))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as demo:
        said = []
        for line in demo.stdout:
            said.append(line)
            if line.startswith("curl "):
                break
        yield said
        os.killpg(demo.pid, signal.SIGINT)
        demo.stdout.read()
        assert demo.wait() == 0


def of_another_catalogue(shelf):
    """Let a bundle decide there that this catalogue cannot serve; return its version."""
    shutil.rmtree(shelf)
    return making.put_on(shelf, replace(making.bundle(), fingerprint="0" * 16), fits=lambda *_: None)


def test_it_answers_as_it_says_and_goes_on_with_what_is_there_and_trains_anew_under_another_catalogue(tmp_path):
    with started(tmp_path) as said:
        assert any("[1/4]" in line for line in said)
        answer = as_printed(said[-1])
        assert answer.status_code == 201, answer.text
        page = next(line for line in said if line.startswith("console")).split()[-1]
        signing_in = httpx.get(page, follow_redirects=True, headers={"Accept-Language": "en"})
        assert (signing_in.status_code, "Simulated data" in signing_in.text) == (200, True)
    with started(tmp_path) as said:
        assert not any("[1/4]" in line or "[2/4]" in line for line in said)
        known = httpx.get(f"{said[-1].split()[2]}/{answer.json()['transfer_id']}", headers=key_in(said[-1]))
        assert as_printed(said[-1]).status_code == 201, "the line of this start is about a transfer of its own"
        assert known.json()["action"] == answer.json()["action"]
    former = of_another_catalogue(tmp_path / "bundles")
    with started(tmp_path) as said:
        assert any("the catalogue of features has changed" in line for line in said)
        assert ["[1/4]" in "".join(said), "[2/4]" in "".join(said)] == [False, True]
        assert as_printed(said[-1]).json()["model_version"] != former
    (aside,) = tmp_path.glob("bundles-until-*")
    assert lineup_of(aside).choice.champion == former, "nothing is thrown away"


def test_a_port_that_is_taken_is_said_with_the_way_to_another_one(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Unavailable, match=f"port {port} .* make run PORT=N"):
            CliRunner().invoke(app, ["demo", "--folder", str(tmp_path), "--port", str(port)], catch_exceptions=False)


@pytest.mark.parametrize(("words", "port"), [([], []), (["PORT=8001"], ["--port", "8001"])])
def test_make_run_hands_a_port_on(words, port):
    environment = {name: value for name, value in os.environ.items() if name != "PORT"}
    would = subprocess.run(
        ["make", "-n", "run", *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    (line,) = (line for line in would.stdout.splitlines() if line.startswith(".venv/bin/antifraud"))
    assert line.split()[1:] == ["demo", *port]
