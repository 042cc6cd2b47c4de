"""Requests made from the documentation, right and wrong, get answers that the documentation allows."""

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
POSTED = {"decide", "decideBatch", "report"}


def test_every_documented_operation_answers_as_documented(server):
    key = {"Authorization": server.headers["authorization"]}
    documentation = schemathesis.openapi.from_url(f"{server.base_url}/openapi.json")
    operations = [found.ok() for found in documentation.get_all_operations()]
    assert {operation.definition.raw["operationId"] for operation in operations} > POSTED
    for operation in operations:
        name = operation.definition.raw["operationId"]
        checks = CHECKS if name == "decideBatch" else [*CHECKS, negative_data_rejection]  # a batch refuses item by item
        for mode in (GenerationMode.POSITIVE, *((GenerationMode.NEGATIVE,) if name in POSTED else ())):

            @given(case=operation.as_strategy(generation_mode=mode))
            @settings(
                max_examples=20,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            def answers_as_documented(case):
                case.call_and_validate(headers=key, checks=checks)  # noqa: B023 - called at once

            answers_as_documented()
