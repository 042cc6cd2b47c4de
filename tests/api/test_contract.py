"""What a participant may rely on: the same answer again, conflicts, problems, documents."""

import itertools
import json

import pytest

from api.schemas import DecisionOut, Problem, Readiness, ReportOut
from tests.api.making import body

NUMBER = itertools.count(1)


def fresh(**fields):
    return body(f"contract-{next(NUMBER)}", **fields)


def problem(response):
    assert response.headers["content-type"] == "application/problem+json"
    found = Problem.model_validate_json(response.content)
    assert found.status == response.status_code
    return found


def test_the_same_transfer_gets_the_same_bytes_however_it_is_asked_for(server):
    transfer = fresh()
    first = server.post("/v1/decisions", json=transfer)
    again = server.post("/v1/decisions", json=dict(reversed(transfer.items())))
    (item,) = server.post("/v1/decisions/batch", json=[transfer]).json()
    looked_up = server.get(f"/v1/decisions/{transfer['transfer_id']}")
    assert (first.status_code, again.status_code, item["status"], looked_up.status_code) == (201, 200, 200, 200)
    assert "idempotent-replay" not in first.headers
    assert again.headers["idempotent-replay"] == "true"
    assert first.content == again.content == looked_up.content
    assert json.dumps(item["decision"]) == json.dumps(first.json())
    DecisionOut.model_validate_json(first.content)


def test_another_body_under_the_same_id_is_a_conflict(server):
    transfer = fresh()
    first = server.post("/v1/decisions", json=transfer)
    refused = server.post("/v1/decisions", json=transfer | {"payee": "wallet:other"})
    assert refused.status_code == 409
    assert "payee" in problem(refused).detail
    assert server.get(f"/v1/decisions/{transfer['transfer_id']}").content == first.content


def test_a_batch_answers_each_transfer_in_its_place(server):
    first, second = fresh(), fresh()
    batch = [first, first | {"amount_minor": 7}, fresh(currency="ZZZ"), second, first]
    items = server.post("/v1/decisions/batch", json=batch).json()
    assert [item["status"] for item in items] == [201, 409, 422, 201, 200]
    assert items[4]["decision"] == items[0]["decision"]
    assert items[2]["problem"]["errors"][0]["field"] == "currency"
    assert items[3]["decision"]["transfer_id"] == second["transfer_id"]


@pytest.mark.parametrize("count", [0, 1001])
def test_a_batch_has_a_length(server, count):
    refused = server.post("/v1/decisions/batch", json=[body(f"long-{number}") for number in range(count)])
    assert refused.status_code == 422
    assert problem(refused).errors[0].was == str(count)
    assert server.get("/v1/decisions/tlong-0").status_code == 404


def test_a_report_is_taken_once_and_withdrawn_once(server):
    transfer = fresh()
    server.post("/v1/decisions", json=transfer)
    said = {"transfer_id": transfer["transfer_id"], "fraud": True, "source": "police", "fraud_type": "scam-call"}
    answers = [server.post("/v1/reports", json=report) for report in (said, said, said | {"fraud": False}, said)]
    assert [answer.status_code for answer in answers] == [201, 200, 201, 201]
    assert answers[0].content == answers[1].content
    assert ["idempotent-replay" in answer.headers for answer in answers] == [False, True, False, False]
    moments = [ReportOut.model_validate_json(answer.content).known_at for answer in answers]
    assert moments[0] < moments[2] < moments[3]


def test_what_was_sent_is_shown_as_it_was_sent_and_what_is_missing_has_no_value(server):
    refused = server.post("/v1/decisions", json=fresh(payer=None, amount_minor=True, payee=["a"]) | {"channel": None})
    said = {error.field: error.was for error in problem(refused).errors}
    assert said == {"payer": "null", "amount_minor": "true", "payee": '["a"]', "channel": "null"}
    refused = server.post("/v1/reports", json={"fraud": True, "source": "police"})
    assert [(error.field, error.was) for error in problem(refused).errors] == [("transfer_id", None)]


def test_every_answer_that_may_be_a_repeat_is_documented_with_its_header(server):
    paths = server.get("/openapi.json").json()["paths"]
    for path in ("/v1/decisions", "/v1/reports"):
        assert "Idempotent-Replay" in paths[path]["post"]["responses"]["200"]["headers"]


def test_a_report_about_an_unknown_transfer_is_not_found(server):
    refused = server.post("/v1/reports", json={"transfer_id": "never", "fraud": True, "source": "police"})
    assert refused.status_code == 404
    problem(refused)


def test_a_key_opens_only_what_it_is_for_and_shows_only_its_own_participant(server):
    reader = server.of_a_reader
    transfer = fresh()
    server.post("/v1/decisions", json=transfer)
    path = f"/v1/decisions/{transfer['transfer_id']}"
    for headers, status in (({"Authorization": "Bearer afk_nobody"}, 401), ({"Authorization": ""}, 401), (reader, 404)):
        refused = server.get(path, headers=headers)
        assert refused.status_code == status
        problem(refused)
    for post, given in (("/v1/decisions", fresh()), ("/v1/decisions/batch", [fresh()]), ("/v1/reports", {})):
        refused = server.post(post, json=given, headers=reader)
        assert refused.status_code == 403
        problem(refused)


@pytest.mark.parametrize(("path", "limit"), [("/v1/decisions", 1 << 20), ("/v1/decisions/batch", 8 << 20)])
def test_a_body_too_large_or_of_another_type_is_refused(server, path, limit):
    too_long = b" " * (limit + 1)

    def in_chunks():
        yield from (too_long[at : at + 65536] for at in range(0, len(too_long), 65536))

    kind = {"Content-Type": "application/json"}
    for content, headers, status in (
        (too_long, kind, 413),
        (in_chunks(), kind, 413),
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (b"{}", {"Content-Type": "application/json; charset=utf-16"}, 415),
        (b"{}", {}, 415),
    ):
        refused = server.post(path, content=content, headers=headers)
        assert refused.status_code == status
        problem(refused)


def test_what_does_not_exist_is_a_problem_too(server):
    for method, path, status in (
        ("GET", "/nothing", 404),
        ("DELETE", "/v1/decisions", 405),
        ("GET", "/v1/reports", 405),
    ):
        problem(refused := server.request(method, path))
        assert refused.status_code == status


def test_a_body_that_is_not_even_text_is_a_problem_that_says_so(server):
    for content in (b"\xff", b"[" * 50_000):
        for path in ("/v1/decisions", "/v1/keys"):
            refused = server.post(path, content=content, headers={"Content-Type": "application/json"})
            assert problem(refused).type == "urn:antifraud:problem:malformed-body"
            assert problem(refused).detail


def test_a_refused_method_names_all_that_the_path_has_and_not_only_those_of_one_route(server):
    for path in ("/v1/holds", "/v1/session"):
        there = server.get("/openapi.json").json()["paths"][path].keys()
        refused = server.patch(path)
        assert (refused.status_code, refused.headers["allow"]) == (405, ", ".join(sorted(there)).upper())


def test_the_feed_is_documented_as_the_list_of_events_that_it_is(server):
    (content,) = (
        server.get("/openapi.json").json()["paths"]["/v1/events"]["get"]["responses"]["200"]["content"].values()
    )
    assert content["schema"]["items"] == {"$ref": "#/components/schemas/EventOut"}


def test_readiness_names_the_model_and_metrics_count_what_was_decided(server):
    server.post("/v1/decisions", json=fresh())
    ready = Readiness.model_validate_json(server.get("/health/ready").content)
    assert ready.ready
    assert ready.missing == []
    page = server.get("/metrics").text
    for name in (
        "antifraud_stage_seconds_bucket",
        'stage="record"',
        "antifraud_decisions_total{action=",
        "antifraud_ready 1",
    ):
        assert name in page
