"""What Prometheus, Grafana and a collector of traces get from a running engine."""

import asyncio
import json
import math
import operator
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import yaml
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.parser import text_string_to_metric_families

from antifraud.domain.decision import CAUSES, EXPLANATION, ReasonKind
from api.errors import MEANINGS
from api.observing.envelope import SAFE
from api.schemas import DecisionOut
from tests.observing import watched
from tests.observing.metrics import page
from tests.observing.watched import TRACE

OPERATIONS = Path(__file__).parents[2] / "docs/operations"
BOARD = json.loads((OPERATIONS / "dashboard.json").read_text())
RULES = [
    rule for group in yaml.safe_load((OPERATIONS / "alerts.yaml").read_text())["groups"] for rule in group["rules"]
]
SELECTED = re.compile(r"\b((?:antifraud|process)_\w+)\b(\{([^}]*)\})?")
MATCHER = re.compile(r"(\w+)(=~|!~|!=|=)\"([^\"]*)\"")
GROUPED = re.compile(r"\b(?:by|without|on|ignoring) ?\(([^)]*)\)")
FILLED_IN = re.compile(r"\{\{ ?(\w+) ?\}\}")
COMPARED = re.compile(r"(antifraud_\w+) (>|<|==) ([\d.e]+)|absent\((antifraud_\w+)\)")
OF_LABELS = re.compile(r"\{\{ ?\$labels\.(\w+) ?\}\}")


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
    handler = type("Its", (Collector,), {"got": []})
    collector = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=collector.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{collector.server_port}/v1/traces"
    answers = asyncio.run(watched.sound(tmp_path_factory.mktemp("watched"), traces_url=url))
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


@pytest.fixture(scope="module")
def families(seen, tmp_path_factory):
    """All that engines show, by family: also what stands on the page only after something went wrong."""
    blind = asyncio.run(watched.blind(tmp_path_factory.mktemp("blind") / "engine"))
    return watched.families_of(seen[0][-1], blind)


def asked():
    """Yield each expression of dashboard and alerts, with the texts that are filled in with its labels."""
    for panel in BOARD["panels"]:
        for target in panel.get("targets", ()):
            yield target["expr"], FILLED_IN.findall(target.get("legendFormat", ""))
    for rule in RULES:
        yield rule["expr"], OF_LABELS.findall(str(rule["annotations"]))


def wrong_in(expression, filled_in, families):
    """Return what an expression asks for that no engine shows: metrics, labels, values of labels."""
    shown = {}
    for sample in (sample for family in families.values() for sample in family.samples):
        shown.setdefault(sample.name, []).append(sample.labels)
    wrong, labels = [], set()
    for name, _, selector in SELECTED.findall(expression):
        wrong += [name] * (name not in shown)
        labels |= {label for each in shown.get(name, ()) for label in each}
        for label, how, value in MATCHER.findall(selector):
            kept = (re.fullmatch(value, each.get(label, "")) for each in shown.get(name, ()))
            wrong += [] if how in ("=", "=~") and any(kept) else [f"{name}{{{label}{how}{value}}}"]
    grouped = {label for group in GROUPED.findall(expression) for label in re.findall(r"\w+", group)}
    left = grouped - {"le"} if grouped else labels
    return [*wrong, *(grouped - labels), *(set(filled_in) - left)]


def test_dashboard_and_alerts_ask_only_for_what_engines_show(families):
    found = {expression: wrong_in(expression, names, families) for expression, names in asked()}
    assert len(found) > 40
    assert {expression: wrong for expression, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize(
    ("expression", "names", "wrong"),
    [
        ("antifraud_redy == 0", [], ["antifraud_redy"]),
        ('rate(antifraud_stage_seconds_count{stage="whole"}[5m])', [], ["antifraud_stage_seconds_count{stage=whole}"]),
        ('antifraud_refused_total{code=~"5.."}', [], ["antifraud_refused_total{code=~5..}"]),
        ("sum by (action, why) (antifraud_decisions_total)", [], ["why"]),
        ("sum by (action) (antifraud_decisions_total)", ["cause"], ["cause"]),
        ('sum by (cause) (antifraud_degraded_total{cause="lists"})', ["cause"], []),
    ],
)
def test_a_metric_a_label_or_a_value_that_is_not_there_is_noticed(expression, names, wrong, families):
    assert wrong_in(expression, names, families) == wrong


def spoken(page):
    """Return the alerts that speak on a page of metrics, of those that compare a figure as it is now with a number."""
    compare = {">": operator.gt, "<": operator.lt, "==": operator.eq}
    alerts = set()
    for rule in RULES:
        for found in map(COMPARED.fullmatch, re.split(r" or (?![^(]*\))", rule["expr"])):
            if found is not None:
                name, sign, number, absent = found.groups()
                speaks = (
                    (absent,) not in page if absent else (name,) in page and compare[sign](page[name,], float(number))
                )
                alerts |= {rule["alert"]} if speaks else set()
    return alerts - {"AntifraudDiskFills"}  # the disk is this machine's


WRONG = {
    "AntifraudNotReady": ("antifraud_ready", 0.0),
    "AntifraudQueueGrows": ("antifraud_commit_queue", 501.0),
    "AntifraudStateFills": ("antifraud_state_filled", 0.81),
    "AntifraudClockBehind": ("antifraud_clock_behind_seconds", 3_600.0),
    "AntifraudLineupPassedOver": ("antifraud_lineup_passed_over", 1.0),
    "AntifraudListsOld": ("antifraud_lists_age_seconds", math.inf),
    "AntifraudCenterAway": ("antifraud_center_open", 0.0),
    "AntifraudFollowerBehind": ("antifraud_follower_behind_seconds", math.inf),
    "AntifraudVerdictsBehind": ("antifraud_acts_to_learn", 1_001.0),
    "AntifraudShadowsBehind": ("antifraud_shadow_behind_seconds", 3_601.0),
    "AntifraudHoldsNearEnd": ("antifraud_holds_near_end", 1.0),
    "AntifraudWebhooksFail": ("antifraud_webhooks_failing", 1.0),
}


@pytest.mark.parametrize(("alert", "wrong"), WRONG.items(), ids=WRONG)
def test_an_alert_speaks_of_what_is_wrong_and_of_nothing_else(alert, wrong, seen):
    name, value = wrong
    assert (name,) in seen[1]
    assert spoken(seen[1]) == set()
    assert spoken(seen[1] | {(name,): value}) == {alert}


def test_a_server_that_answers_nobody_is_an_alert():
    assert spoken({}) == {"AntifraudNotReady"}


def test_the_page_of_metrics_names_each_as_it_is_shown(families):
    path = OPERATIONS.parent / "metrics.md"
    assert path.read_text() == page(path.read_text(), families), "make fix writes it anew"


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
    assert page["antifraud_commit_rows_total",] >= page["antifraud_commit_seconds_count",] >= 3
    assert page["antifraud_commit_seconds_bucket", "+Inf"] == page["antifraud_commit_seconds_count",]
    assert page["antifraud_commit_seconds_sum",] > 0
    assert page["antifraud_decisions_to_follow",] == page["antifraud_holds_near_end",] == 0
    assert page["antifraud_follower_behind_seconds",] == page["antifraud_webhooks_failing",] == 0
    assert 0 < page["antifraud_snapshot_age_seconds",] < 3_600, "there is none: the start counts"
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


def test_each_cause_of_a_degraded_decision_is_explained_to_banks_and_to_the_operator():
    banks = (OPERATIONS.parent / "integration.md").read_text().partition("**`degraded`**")[2].partition("\n\n")[0]
    rows = (OPERATIONS.parent / "operations.md").read_text().splitlines()
    (operator,) = (row for row in rows if row.startswith("| `AntifraudDegraded`"))
    for told in (banks, operator.partition("held")[2]):
        assert {cause for cause in (*CAUSES, EXPLANATION, "fan-in@1") if f"`{cause}`" not in told} == set()


def test_the_contract_of_a_bank_names_each_field_of_an_answer_and_each_kind_of_reason():
    answer = (OPERATIONS.parent / "integration.md").read_text().partition("## The answer")[2].partition("\n## ")[0]
    fields = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`[^|]*) \|", answer, re.MULTILINE))))
    assert fields == set(DecisionOut.model_fields)
    (reasons,) = re.findall(r"^\| `reasons` .*", answer, re.MULTILINE)
    assert {kind.value for kind in ReasonKind if f"`{kind.value}`" not in reasons} == set()


def test_the_contract_of_a_bank_names_each_problem():
    errors = (OPERATIONS.parent / "integration.md").read_text().partition("\nTypes: ")[2].partition(", each after")[0]
    assert set(re.findall(r"`([\w-]+)`", errors)) == {each.code for each in MEANINGS.values()} | {"unexpected"}
