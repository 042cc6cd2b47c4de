"""What operators watch, counted without locks on the event loop and put into words when asked."""

import logging
import math
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from antifraud.domain.decision import Decision
from antifraud.domain.report import Report

_log: Final = logging.getLogger(__name__)

DRIFT_PREFIX: Final = "antifraud_drift_"
"""Of the names that a file of drift gauges may bring."""

_LARGEST_FILE: Final = 1 << 20
_SECONDS: Final = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)


class Drifted(NamedTuple):
    """Something that drift is watched by, as of the last day that was looked at."""

    kind: str
    name: str
    value: float
    limit: float | None
    alarm: bool


class _Histogram:
    """Counts by bucket and a sum; about a tenth of what the client library's own costs, no labels, one thread."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def add_to(self, family: HistogramMetricFamily, *labels: str) -> None:
        buckets, below = [], 0
        for bound, count in zip((*self._bounds, float("inf")), self._counts, strict=True):
            below += count
            buckets.append(("+Inf" if bound == float("inf") else str(bound), below))
        family.add_metric(list(labels), buckets=buckets, sum_value=self._sum)


class Metrics(Collector):
    """The desk's `Watch`, and the page for Prometheus."""

    now = staticmethod(time.perf_counter)

    def __init__(self) -> None:
        self._stages: dict[str, _Histogram] = {}
        self._actions: Counter[str] = Counter()
        self._degraded: Counter[str] = Counter()
        self._reports: Counter[tuple[str, str]] = Counter()
        self._refused: Counter[str] = Counter()
        self._repeated = 0
        self._gauges: dict[str, tuple[str, Callable[[], float]]] = {}
        self._counters: dict[str, tuple[str, Callable[[], float]]] = {}
        self._histograms: dict[str, tuple[str, _Histogram]] = {}
        self._beside: Counter[str] = Counter()  # what another process added to our counters
        self._drift: DriftFile | None = None
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def took(self, stage: str, since: float) -> None:
        """Note that a stage which began at `since` has ended."""
        seconds = self.now() - since
        histogram = self._stages.get(stage)
        if histogram is None:
            histogram = self._stages[stage] = _Histogram(_SECONDS)
        histogram.observe(seconds)

    def decided(self, decisions: Iterable[Decision]) -> None:
        """Note decisions that are durable now."""
        for decision in decisions:
            self._actions[decision.action] += 1
            for cause in decision.degraded:
                self._degraded[cause] += 1

    def repeated(self) -> None:
        """Note a transfer that got its first answer again."""
        self._repeated += 1

    def refused(self, status: int) -> None:
        """Note a request that was refused."""
        self._refused[str(status)] += 1

    def reported(self, report: Report) -> None:
        """Note a report that is durable now."""
        self._reports[report.source, "fraud" if report.fraud else "withdrawn"] += 1

    def gauge(self, name: str, meaning: str, value: Callable[[], float]) -> None:
        """Show a value that is read when the page is asked for."""
        self._gauges[name] = (meaning, value)

    def counter(self, name: str, meaning: str, value: Callable[[], float]) -> None:
        """Show a count that only grows and is read when the page is asked for."""
        self._counters[name] = (meaning, value)

    def histogram(self, name: str, meaning: str, bounds: tuple[float, ...]) -> Callable[[float], None]:
        """Show how values spread; return what notes one, for one thread alone."""
        made = _Histogram(bounds)
        self._histograms[name] = (meaning, made)
        return made.observe

    def counts(self) -> dict[str, float]:
        """Return every such count as it is now."""
        return {name: value() + self._beside[name] for name, (_, value) in self._counters.items()}

    def add(self, counts: Mapping[str, int]) -> None:
        """Add to them what another process counted since it last said so."""
        self._beside.update(counts)

    def include(self, path: Path) -> None:
        """Show the drift gauges of a file that another process writes; read again only when it has changed."""
        self._drift = DriftFile(path)
        self._registry.register(self._drift)

    def value(self, name: str) -> float | None:
        """Return a gauge as it is now; None where nobody knows it."""
        found = self._gauges.get(name)
        value = math.nan if found is None else float(found[1]())
        return None if math.isnan(value) else value

    def drift(self) -> Sequence[Drifted]:
        """Return what the file of drift gauges says of the last day, what is outside its limit first."""
        return [] if self._drift is None else self._drift.signals()

    def page(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self._registry)

    def describe(self) -> Iterator[Metric]:
        """Name nothing in advance: labels are known only once they occur."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Yield every family with what was counted so far."""
        stages = HistogramMetricFamily(
            "antifraud_stage_seconds", "Time of each stage; request is the whole of it.", labels=["stage"]
        )
        for stage, histogram in self._stages.items():
            histogram.add_to(stages, stage)
        yield stages
        yield _counter("antifraud_decisions", "Transfers decided, by action.", "action", self._actions)
        yield _counter("antifraud_degraded", "What was missing for a decision.", "cause", self._degraded)
        yield _counter("antifraud_refused", "Requests refused, by status.", "status", self._refused)
        yield CounterMetricFamily(
            "antifraud_repeated", "Transfers that got their first answer again.", value=self._repeated
        )
        reports = CounterMetricFamily("antifraud_reports", "Reports taken in.", labels=["source", "kind"])
        for labels, count in self._reports.items():
            reports.add_metric(list(labels), count)
        yield reports
        for name, (meaning, value) in self._gauges.items():
            yield GaugeMetricFamily(name, meaning, value=value())
        for name, (meaning, histogram) in self._histograms.items():
            family = HistogramMetricFamily(name, meaning)
            histogram.add_to(family)
            yield family
        counts = self.counts()
        for name, (meaning, _) in self._counters.items():
            yield CounterMetricFamily(name, meaning, value=counts[name])


def _counter(name: str, meaning: str, label: str, counts: Counter[str]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, meaning, labels=[label])
    for value, count in counts.items():
        family.add_metric([value], count)
    return family


class DriftFile(Collector):
    """Gauges that `antifraud drift --metrics` wrote; what is no such file is left out, and a gauge says so."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._families: list[Metric] = []
        self._readable = False

    def describe(self) -> Iterator[Metric]:
        """Name nothing in advance."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Yield what the file holds now."""
        self._look()
        yield from self._families
        yield GaugeMetricFamily(
            "antifraud_drift_readable", "Whether the file of drift gauges could be read.", value=self._readable
        )

    def signals(self) -> list[Drifted]:
        """Return each signal with its value, its limit and whether it is outside."""
        self._look()
        found: dict[tuple[str, str], dict[str, float]] = {}
        for family in self._families:
            name = family.name.removeprefix(DRIFT_PREFIX)
            if name in ("value", "limit", "alarm"):
                for sample in family.samples:
                    if not {"kind", "name"} <= sample.labels.keys():
                        continue  # a signal of nothing that has a name
                    found.setdefault((sample.labels["kind"], sample.labels["name"]), {})[name] = sample.value
        signals = [
            Drifted(kind, name, values["value"], values.get("limit"), bool(values.get("alarm")))
            for (kind, name), values in found.items()
            if "value" in values
        ]
        return sorted(signals, key=lambda each: (not each.alarm, each.kind, each.name))

    def _look(self) -> None:
        try:
            found = self._path.stat()
            stamp = (found.st_mtime_ns, found.st_size)
            if stamp == self._stamp:
                return
            self._stamp, self._families, self._readable = stamp, [], False
            if found.st_size > _LARGEST_FILE:
                raise ValueError(f"{found.st_size} bytes are too many")
            families = list(text_string_to_metric_families(self._path.read_text(encoding="utf-8")))
            self._families = [each for each in families if each.name.startswith(DRIFT_PREFIX)]
            self._readable = True
        except FileNotFoundError:  # nothing was measured yet
            self._stamp, self._families, self._readable = None, [], False
        except (OSError, ValueError, LookupError) as problem:  # the library's reader runs off the end of some texts
            self._stamp, self._families, self._readable = None, [], False
            _log.warning("the drift gauges at %s cannot be read: %s", self._path, problem)
