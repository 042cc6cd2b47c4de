"""`antifraud backtest`: what a model, rules and a policy would have decided, and what came of it."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Final

import orjson
import typer
from rich.console import Console

from antifraud.domain.errors import Conflict
from api.commands.past import (
    Asked,
    BeforeOption,
    CapacityOption,
    HistoryOption,
    LogOption,
    ModelOption,
    RecomputeOption,
    RulesOption,
    ShelfOption,
    SinceOption,
    UntilOption,
    open_past,
    the_book,
    the_model,
)
from api.commands.tables import frame_table, rules_table, weeks_table, whole_table
from api.progress import progress_bars
from api.settings import read_settings
from models.backtest.run import Backtest, Desk, Tried
from models.backtest.run import backtest as run_backtest
from models.policies import read_policy
from models.train import Params

_REPORT: Final = "report.json"
_DECISIONS: Final = "decisions.parquet"


def backtest(
    out: Annotated[Path, typer.Option(help="Folder for report.json and decisions.parquet; made if missing.")],
    history: HistoryOption = None,
    log: LogOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    policy: Annotated[Path | None, typer.Option(help="A policy file; default: the model's own policy.")] = None,
    rules: RulesOption = None,
    model: ModelOption = None,
    shelf: ShelfOption = Path("var/bundles"),
    capacity: CapacityOption = None,
    recompute: RecomputeOption = False,
    before: BeforeOption = None,
    params: Annotated[Path, typer.Option(help="Costs, and the delay of labels.")] = Path("params.yaml"),
) -> None:
    """Decide a past period again, each transfer as of its own moment, and judge what came of it.

    With --history features are computed as they would have been served. With --log the vectors that were served are
    taken, what could not be read then is not read now, and the report says how many decisions came out as they were.
    What the model was trained on flatters it: use --from.

    Example: antifraud backtest --history var/history --from 2026-03-01 --out var/backtest
    """
    asked = Asked(history=history, log=log, since=since, until=until, recompute=recompute, before=before)
    _may_write(out)
    settings = Params.load(params)
    scorer = the_model(model, shelf)
    desk = Desk(costs=settings.costs(), capacity=capacity)
    with progress_bars() as report, open_past(asked, settings.split.delay_days, report) as past:
        tried = Tried(
            scorer=scorer,
            policy=scorer.policy if policy is None else read_policy(policy).policy,
            book=the_book(rules, shelf),
            chosen=past.chosen,
            lot_key=read_settings().lot_key,
        )
        found = run_backtest(past.pieces, tried, desk, report)
    _write(found, out)
    _show(found)


def _show(found: Backtest) -> None:
    currency = read_settings().base_currency
    console = Console()
    console.print(whole_table({" ".join(found.tried.values()): found.whole}, currency))
    console.print(weeks_table(found.weeks, currency))
    console.print(frame_table("By type of fraud", found.types, currency))
    console.print(rules_table(found.rules, currency))
    if (same := found.reproduced) is not None:
        console.print(f"decided as then: {same.same:,} of {same.transfers:,}", highlight=False)
        for one in same.different:
            console.print(f"  otherwise: {one}", highlight=False)


def _may_write(out: Path) -> None:
    """Refuse a folder that holds anything else, before hours of work."""
    if out.exists() and (not out.is_dir() or any(each.name not in (_REPORT, _DECISIONS) for each in out.iterdir())):
        raise Conflict(f"{out}: holds something that is no backtest; name another folder")


def _write(found: Backtest, out: Path) -> None:
    """Write the folder, whole or not at all."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as scratch:
        new = Path(scratch) / "new"
        new.mkdir()
        (new / _REPORT).write_bytes(orjson.dumps(found.document(), option=orjson.OPT_INDENT_2))
        found.decisions.write_parquet(new / _DECISIONS)
        if out.exists():
            out.rename(Path(scratch) / "old")
        new.rename(out)
