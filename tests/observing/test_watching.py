"""What Prometheus, Grafana and a collector of traces get from a running engine."""

import asyncio
import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import yaml
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.parser import text_string_to_metric_families

from antifraud.store.center.decided import SqlDecidedLog
from antifraud.store.shadows import SqlShadows
from api.observing.envelope import SAFE
from api.observing.figures import CenterFigures, ShadowFigures
from tests.api import making
from tests.api.inside import running
from tests.api.making import body

OPERATIONS = Path(__file__).parents[2] / "docs/operations"
BOARD = json.loads((OPERATIONS / "dashboard.json").read_text())
RULES = [
    rule for group in yaml.safe_load((OPERATIONS / "alerts.yaml").read_text())["groups"] for rule in group["rules"]
]
METRIC = re.compile(r"\b((?:antifraud|process)_\w+)\b(?:\{(\w+)[=~!]+\"([^\"]*)\"\})?")
TRACE = "0af7651916cd43dd8448eb211c80319c"


class Collector(BaseHTTPRequestHandler):
    """Takes what an exporter of traces posts."""

    got: list[bytes]

    def do_POST(self):
        self.got.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """An engine that decided, held, refused and was told: its page of metrics, its answers, and its traces."""
    folder = tmp_path_factory.mktemp("watched")
    making.put_on(folder / "shelf", making.bundle(hold_at=0.0, block_at=1.0))
    handler = type("Its", (Collector,), {"got": []})
    collector = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=collector.serve_forever, daemon=True).start()

    async def scenario():
        url = f"http://127.0.0.1:{collector.server_port}/v1/traces"
        async with running(folder, traces_url=url, public_url="https://engine.example") as client:
            parent = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
            answers = [
                await client.post("/v1/decisions", json=body(1), headers=parent),
                await client.post("/v1/decisions", json=body(1)),
                await client.post("/v1/decisions", json={}, headers={"X-Request-Id": "hub-000042"}),
                await client.post("/v1/reports", json={"transfer_id": "t1", "fraud": True, "source": "police"}),
                await client.get("/v1/decisions/t1"),
                await client.get("/v1/nothing"),
                await client.get("/openapi.json"),
            ]
            center, log = client.engine.center, client.engine.log
            decided = SqlDecidedLog(log._engine)
            await client.post("/v1/decisions", json=body(2, payee="wallet:other"))
            while await center.read(lambda page: page.cursor("decisions")) < 2:
                await asyncio.sleep(0.01)
            await CenterFigures(center, decided, client.engine.metrics).round()
            shadows = SqlShadows(log._engine)
            await ShadowFigures(folder / "shelf", shadows, client.engine.center.now, client.engine.metrics).round()
            answers.append(await client.get("/metrics"))
        return answers

    answers = asyncio.run(scenario())
    collector.shutdown()
    collector.server_close()
    page = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answers[-1].text)
        for sample in family.samples
    }
    spans = [
        span
        for sent in handler.got
        for resource in ExportTraceServiceRequest.FromString(sent).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    return answers, page, spans


def expressions():
    panels = [target["expr"] for panel in BOARD["panels"] for target in panel.get("targets", ())]
    return [*panels, *(rule["expr"] for rule in RULES)]


def test_dashboard_and_alerts_name_only_metrics_that_are_there(seen):
    page = seen[1]
    names = {key[0] for key in page} | {"antifraud_degraded_total"}  # of which there was none in this engine
    asked = {found[1] for expression in expressions() for found in METRIC.finditer(expression)}
    assert len(asked) > 25
    assert asked - names == set()


def test_the_figures_are_those_of_what_happened(seen):
    page = seen[1]
    assert page["antifraud_decisions_total", "hold"] == page["antifraud_holds_open",] == 2
    assert page["antifraud_repeated_total",] == 1
    assert page["antifraud_refused_total", "422"] == 1
    assert page["antifraud_stage_seconds_count", "request"] == 5
    assert {key[1] for key in page if key[0] == "antifraud_stage_seconds_count"} >= {"judge", "record", "explain"}
    assert page["antifraud_state_accounts",] == 3
    assert page["antifraud_state_transfers",] == 2
    assert page["antifraud_state_bytes",] > 0
    assert page["antifraud_commit_rows_total",] >= page["antifraud_commits_total",] >= 3
    assert page["antifraud_decisions_to_follow",] == page["antifraud_holds_near_end",] == 0
    assert page["antifraud_shadow_models",] == page["antifraud_shadow_behind_seconds",] == 0, "nobody should listen"
    assert page["antifraud_commit_queue",] == page["antifraud_commits_failed_total",] == 0


def test_every_answer_bears_an_id_and_the_headers_that_keep_browsers_from_harm(seen):
    for answer in seen[0]:
        headers = answer.headers
        assert headers["x-request-id"]
        assert {name.decode() for name, _ in SAFE} <= set(headers)
        assert headers["strict-transport-security"]
        assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")
    assert seen[0][0].headers["x-request-id"] == TRACE
    assert seen[0][2].headers["x-request-id"] == "hub-000042"


def test_a_decision_bears_the_id_of_the_request_that_it_was_taken_in(seen):
    first, again, *_, read = [answer for answer in seen[0] if answer.url.path.startswith("/v1/decisions")]
    assert first.json()["request_id"] == TRACE
    assert again.content == read.content == first.content, "whoever asks again hears the first answer"
    assert again.headers["x-request-id"] != TRACE


def test_traces_go_on_with_the_callers_and_hold_nothing_of_what_was_sent(seen):
    spans = {span.name: span for span in seen[2]}
    assert {"POST /v1/decisions", "judge", "record", "GET /v1/decisions/{transfer_id}"} <= set(spans)
    mine = [span for span in seen[2] if span.trace_id.hex() == TRACE]
    assert {"POST /v1/decisions", "judge", "record", "explain"} <= {span.name for span in mine}
    (request,) = (span for span in mine if span.name == "POST /v1/decisions")
    assert {span.parent_span_id for span in mine if span is not request} == {request.span_id}
    assert not any(word in str(seen[2]) for word in ("KZ86125KZT5004100100", "wallet:", "afk_"))


def test_what_to_do_is_written_for_each_alert_and_no_other():
    page = (OPERATIONS.parent / "operations.md").read_text()
    assert re.findall(r"^\| `(Antifraud\w+)`", page, re.MULTILINE) == [rule["alert"] for rule in RULES]
