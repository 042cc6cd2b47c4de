"""Requests made from the documentation, right and wrong, get answers that the documentation allows."""

import pytest

from api.app import create_app
from tests.api.fuzzing import fuzzing

OPERATIONS = [
    (name, operation)
    for path in create_app(lambda: None).openapi()["paths"].values()
    for operation in path.values()
    for name in [operation["operationId"]]
]


@pytest.fixture(scope="module")
def fuzz(tmp_path_factory):
    with fuzzing(tmp_path_factory.mktemp("fuzz")) as found:
        yield found


def test_every_documented_operation_answers_as_documented(fuzz):
    fuzz.round(1, allowed=4, forbidden=2)
    assert not fuzz.failures, "\n".join(fuzz.failures.values())
    assert {name for name, _ in OPERATIONS} == fuzz.names
    assert fuzz.names == {name for name, _ in fuzz.answers}
    done = {name for name, status in fuzz.answers if status < 300}
    assert len(done) > 15, "what answers named is asked about"


def test_what_is_no_body_at_all_is_refused_as_documented(fuzz):
    fuzz.hostile_bodies()
    assert not fuzz.failures, "\n".join(fuzz.failures.values())


def test_a_path_names_the_methods_that_it_has(fuzz):
    fuzz.other_methods()
    assert not fuzz.failures, "\n".join(fuzz.failures.values())


@pytest.mark.parametrize(("name", "operation"), OPERATIONS)
def test_what_may_stand_before_an_operation_is_documented(name, operation):
    answers = operation["responses"]
    if "requestBody" in operation:
        assert {"400", "413"} <= answers.keys()
    for status in {"429", "503"} & answers.keys():
        assert name == "ready" or answers[status]["headers"]["Retry-After"]["required"]
