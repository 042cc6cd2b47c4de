"""Traces of requests for a collector (OpenTelemetry); an optional extra, and nothing is imported without it."""

import time
from typing import TYPE_CHECKING, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from antifraud.domain.errors import Unavailable
from antifraud.workflow.decide import Watch
from api.observing.requests import route_of

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

_SERVER_ERROR: Final = 500
_NS: Final = 1_000_000_000


class Traces:
    """A span for each request and, below it, for each stage: routes, statuses and times, never what was sent."""

    def __init__(self, provider: "TracerProvider") -> None:
        from opentelemetry import trace
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._provider = provider
        self._trace = trace
        self._tracer = provider.get_tracer("antifraud")
        self._extract = TraceContextTextMapPropagator().extract

    async def request(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        """Serve a request inside a span, which goes on with the caller's trace."""
        carrier = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        kind = self._trace.SpanKind.SERVER
        with self._tracer.start_as_current_span(scope["method"], self._extract(carrier), kind=kind) as span:

            async def noted(message: Message) -> None:
                if message["type"] == "http.response.start":
                    status, route = message["status"], route_of(scope)
                    span.update_name(f"{scope['method']} {route}")
                    span.set_attributes(
                        {
                            "http.request.method": scope["method"],
                            "http.route": route,
                            "http.response.status_code": status,
                            "antifraud.request_id": request_id,
                        }
                    )
                    if status >= _SERVER_ERROR:
                        span.set_status(self._trace.StatusCode.ERROR)
                await send(message)

            await app(scope, receive, noted)

    def stage(self, name: str, seconds: float) -> None:
        """Note a stage that ended just now, below the request that it belongs to."""
        if self._trace.get_current_span().is_recording():
            ended = time.time_ns()
            self._tracer.start_span(name, start_time=ended - int(seconds * _NS)).end(ended)

    def close(self) -> None:
        """Send what waits."""
        self._provider.shutdown()


class TracedWatch:
    """A `Watch` that makes spans of the stages it is told of."""

    def __init__(self, watch: Watch, traces: Traces) -> None:
        self._watch = watch
        self._traces = traces
        self.now = watch.now
        self.decided = watch.decided

    def took(self, stage: str, since: float) -> None:
        """Note that a stage which began at `since` has ended."""
        self._traces.stage(stage, self.now() - since)
        self._watch.took(stage, since)


def open_traces(url: str | None) -> Traces | None:
    """Return what sends traces to the collector at `url` (OTLP over HTTP); None without one.

    How many requests are traced is set as OpenTelemetry names it: OTEL_TRACES_SAMPLER and its argument.
    """
    if url is None:
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise Unavailable("ANTIFRAUD_TRACES_URL needs the extra: in the checkout, pip install '.[traces]'") from None
    provider = TracerProvider(resource=Resource.create({"service.name": "antifraud"}), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=url, timeout=5)))
    return Traces(provider)


def watched(watch: Watch, traces: Traces | None) -> Watch:
    """Return the watch of the desk, with spans where traces are wanted."""
    return watch if traces is None else TracedWatch(watch, traces)
