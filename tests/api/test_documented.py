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
ON_LISTS = {"agreeToList", "dropFromList", "confirmListed", "appealListed", "keepListed", "removeListed"}
"""What is listed stops every bank's transfers: each of them may know it."""


@pytest.fixture(scope="module")
def fuzz(tmp_path_factory, provider):
    with fuzzing(tmp_path_factory.mktemp("fuzz"), provider) as found:
        found.tell()
        yield found


def test_every_documented_operation_answers_as_documented(fuzz):
    fuzz.round(1, allowed=4, forbidden=2)
    assert not fuzz.failures, "\n".join(fuzz.failures.values())
    assert {name for name, _ in OPERATIONS} == fuzz.names
    assert fuzz.names == {name for name, _ in fuzz.answers}
    done = {name for name, status in fuzz.answers if status < 400}
    assert {step.operation for step in fuzz.told} <= done
    assert len(done) > 70, "what answers named is asked about"


def test_what_others_did_is_as_if_it_were_not_for_a_bank_that_has_nothing_to_do_with_it(fuzz):
    others = [step for step in fuzz.told if step.path and step.operation != "signInWith"]
    answers = {step.operation: fuzz.outsider_does(step) for step in others}
    assert {name for name, status in answers.items() if status != 404} == ON_LISTS
    assert len(answers) > 40


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
