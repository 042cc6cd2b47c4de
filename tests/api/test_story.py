"""The scripted story: every step gives what it should, or it says which did not."""

import json

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.commands.story import PARTS, StoryBroke
from tests.servers import free_port


def told(*words):
    return CliRunner().invoke(app, ["story", *map(str, words)])


def test_one_fraud_goes_its_whole_way_through_the_public_api():
    result = told("--port", free_port())
    assert result.exit_code == 0, (result.output, result.exception)
    said = " ".join(result.output.split())
    for part in (
        "hop 2",
        "A transfer to this payee was found to be fraud not long ago",
        "may not pay yet",
        "sanctions it",
        "700,000 KZT of 900,000 KZT back",
        "black list",
        "acts, head",
    ):
        assert part in said


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        (dict.fromkeys(list(PARTS)[:-1], "afk_x"), "no key of story-prosecution"),
        (dict.fromkeys(PARTS, "afk_x"), "does not answer"),
    ],
)
def test_it_ends_with_an_error_that_says_what_broke(tmp_path, keys, why):
    file = tmp_path / "keys.json"
    file.write_text(json.dumps(keys), encoding="utf-8")
    result = told("--url", f"http://127.0.0.1:{free_port()}", "--keys-file", file)
    assert result.exit_code != 0
    assert isinstance(result.exception, StoryBroke)
    assert why in str(result.exception)


def test_a_step_that_gives_something_else_breaks_it(server, tmp_path):
    file = tmp_path / "keys.json"
    file.write_text(json.dumps(dict.fromkeys(PARTS, "afk_of_nobody")), encoding="utf-8")
    result = told("--url", server.base_url, "--keys-file", file)
    assert isinstance(result.exception, StoryBroke)
    assert "POST /v1/decisions by story-bank-1 answers 201" in str(result.exception)
