"""`antifraud drift`: whether today's transfers are still those that the model was trained on."""

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Final

import orjson
import typer
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from rich.console import Console

from antifraud.domain.errors import NotFound
from api.clock import utc_now
from api.commands.past import (
    Asked,
    BeforeOption,
    HistoryOption,
    LogOption,
    ModelOption,
    RecomputeOption,
    ShelfOption,
    SinceOption,
    UntilOption,
    open_past,
)
from api.metrics import DRIFT_PREFIX
from api.progress import progress_bars
from api.settings import read_settings
from features.catalogue import CATALOGUE
from models.bundle import read_bundle
from models.deciding import judged
from models.drift.page import page
from models.drift.watch import Drift
from models.drifting import measure

_EPOCH: Final = date(1970, 1, 1)
_LIVE: Final = timedelta(days=14)  # a week is compared, so the first six days of a period say nothing


def drift(
    history: HistoryOption = None,
    log: LogOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    model: ModelOption = None,
    shelf: ShelfOption = Path("var/bundles"),
    recompute: RecomputeOption = False,
    before: BeforeOption = None,
    out: Annotated[Path | None, typer.Option(help="Write everything as JSON.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page that needs nothing beside it.")] = None,
    live: Annotated[
        bool, typer.Option(help="The last two weeks of the log that is served, as gauges; settings as for serve.")
    ] = False,
    metrics: Annotated[
        Path | None,
        typer.Option(help="Write gauges for Prometheus; a server shows the file of ANTIFRAUD_DRIFT_METRICS."),
    ] = None,
) -> None:
    """Compare a period with what the model was trained on, day by day, and name what has moved.

    Features, score, alerts by score, the delay of reports and the mixture of reported frauds are watched. With --log
    and --recompute the vectors that were served are compared with features computed again: none may differ. A server
    starts `antifraud drift --live` by itself every ANTIFRAUD_DRIFT_EVERY_S seconds, and /metrics shows what it found.

    Example: antifraud drift --log sqlite:///var/antifraud.db --recompute --html var/drift.html
    """
    if live:
        settings = read_settings()
        log, shelf, metrics = settings.database_url, settings.shelf, settings.drift_file
        since = utc_now() - _LIVE
    asked = Asked(history=history, log=log, since=since, until=until, recompute=recompute, before=before)
    bundle = judged(shelf, None, CATALOGUE)[0] if model is None else read_bundle(model, CATALOGUE)
    try:
        with progress_bars() as report, open_past(asked, 0, report, beside=True) as past:
            found = measure(past.pieces, bundle, past.delays, past.again, report)
    except NotFound as nothing:
        if not live:
            raise
        typer.echo(f"no drift is measured: {nothing}", err=True)  # a server is not ill because nobody pays
        return
    if out is not None:
        _write(out, orjson.dumps(found.document(), option=orjson.OPT_INDENT_2))
    if metrics is not None:
        _write(metrics, exposed(found))
    if html is not None:
        simulated = history is not None and (history / "world.json").is_file()
        _write(html, page(found, simulated=simulated).encode())
    _say(found)


def exposed(found: Drift) -> bytes:
    """Return the last day as gauges in Prometheus' text format."""
    registry = CollectorRegistry()

    def gauge(name: str, meaning: str, *labels: str) -> Gauge:
        return Gauge(f"{DRIFT_PREFIX}{name}", meaning, labels, registry=registry)

    value = gauge("value", "What is watched: an index, a share or hours, of the last week.", "kind", "name")
    limit = gauge("limit", "Above it is an alarm.", "kind", "name")
    alarm = gauge("alarm", "1 while it is outside its limits.", "kind", "name")
    differ = gauge("different_rows", "Rows whose served feature is not the recomputed one; must be 0.", "name")
    for signal in found.signals:
        last, labels = signal.days[-1], (signal.kind.value, signal.name)
        if last.value is not None:
            value.labels(*labels).set(last.value)
            alarm.labels(*labels).set(last.off)
        if last.high is not None:
            limit.labels(*labels).set(last.high)
    for name, rows in ({} if found.compared is None else found.compared.different).items():
        differ.labels(name).set(rows)
    gauge("rows", "Transfers that were looked at.").set(found.rows)
    gauge("last_day", "The last day that was looked at, in days since 1970.").set((found.last - _EPOCH).days)
    return generate_latest(registry)


def _say(found: Drift) -> None:
    console = Console(highlight=False)
    console.print(f"{found.rows:,} transfers, {found.first} to {found.last}, against model {found.model}")
    for alarm in found.alarms:
        until = "goes on" if alarm.last == found.last else f"to {alarm.last}"
        figures = f"{alarm.value:.3g}, limit {alarm.limit:.3g}; {alarm.says}"
        console.print(f"[red]{alarm.name}[/] from {alarm.first}, {until}: {figures}")
    if not found.alarms:
        console.print("nothing has moved beyond its limit")
    if (compared := found.compared) is None:
        return
    wrong = {name: rows for name, rows in compared.different.items() if rows}
    for name, rows in wrong.items():
        console.print(f"[red]{name}[/] differs from what is computed in {rows:,} of {compared.rows:,} transfers")
    if not wrong:
        console.print(f"all {compared.rows:,} served vectors are the recomputed ones")


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.write_bytes(content)
    draft.replace(path)
