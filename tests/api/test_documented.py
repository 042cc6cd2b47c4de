"""Requests made from the documentation, right and wrong, get answers that the documentation allows."""

import re

import pytest
import schemathesis.checks

from api.app import create_app
from tests.api.fuzzing import CHECKS, NOT_ASKED, fuzzing
from tests.api.stories import ANALYST, BANK, WHY, Step

OPERATIONS = [
    (name, operation)
    for path in create_app(lambda: None).openapi()["paths"].values()
    for operation in path.values()
    for name in [operation["operationId"]]
]
ON_LISTS = {
    *("agreeToList", "dropFromList", "confirmListed", "appealListed", "keepListed", "removeListed", "getListed"),
    "withdrawIndicator",
}
"""What is listed or spotted stops every bank's transfers: each of them may know it."""

NOBODYS = {"signInWith", "getNetwork", "setBankCodes"}
"""Not another's: a provider; an account that the caller asks about, alone; what only the operator's role may."""

UNTOLD = {
    **dict.fromkeys(("getDecision", "getHold", "getHoldFile", "getIncident", "getIncidentFile", "traceIncident")),
    **dict.fromkeys(("getAccount", "getUsable", "getNetwork", "getEntity", "getCoolingOff", "getListed", "revokeKey")),
    "refuseHold": {**WHY, "because": "fraud"},
    "noteClientAnswer": {**WHY, "says": "denies"},
    "noteHold": WHY,
    "escalateHold": {**WHY, "whom": "police", "fraud_type": "scam_call"},
    "confirmLoan": WHY,
    "setBankCodes": {},
    "rotateKey": {},
}
"""What has a path and stands in no story, with a sound body where it has one: it is asked about what stories left."""


def test_every_check_that_there_is_is_asked_or_said_why_not():
    assert {check.__name__ for check in CHECKS} | NOT_ASKED.keys() == set(schemathesis.checks.CHECKS.get_all_names())


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


def steps_of_others(fuzz):
    """Yield one step on what is another's for each operation: of a story, or made of what stories left."""
    told = {step.operation: step for step in fuzz.told if step.path}
    yield from told.values()
    left = {name: value for step in told.values() for name, value in step.path.items()}
    decided = next(step.body for step in fuzz.told if step.operation == "decide")
    left |= {"transfer_id": decided["transfer_id"], "account": decided["payee"], "participant": BANK}
    left |= {"kind": "device", "ident": "of-nobody", "key_id": fuzz.key_of(ANALYST)}
    for path, _, operation in fuzz.documented():
        if (name := operation["operationId"]) in UNTOLD:
            yield Step(name, None, UNTOLD[name], {each: left[each] for each in re.findall(r"{(\w+)}", path)})


def test_what_others_did_is_as_if_it_were_not_for_a_bank_that_has_nothing_to_do_with_it(fuzz):
    answers = {step.operation: fuzz.outsider_does(step) for step in steps_of_others(fuzz)}
    named = {operation["operationId"] for path, _, operation in fuzz.documented() if "{" in path}
    assert answers.keys() == named, "what is new is asked about too"
    assert {name for name, status in answers.items() if status != 404} - NOBODYS == ON_LISTS


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
