"""`antifraud policy`: choose thresholds by money, and see what a policy would have changed."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import orjson
import polars as pl
import typer
from rich.console import Console

from antifraud.domain.decision import Action
from antifraud.domain.errors import InvalidValue
from antifraud.domain.policy import Policy
from antifraud.domain.rule import RuleBook
from api.commands.history import read_history
from api.commands.past import (
    Asked,
    CapacityOption,
    HistoryOption,
    LogOption,
    ModelOption,
    RulesOption,
    ShelfOption,
    SinceOption,
    UntilOption,
    open_past,
    the_book,
    the_model,
)
from api.commands.tables import changes_tables
from api.progress import progress_bars
from api.settings import read_settings
from features.catalogue import CATALOGUE
from models.backtest.changes import Changes, changes
from models.backtest.choosing import choose_policy
from models.backtest.hearing import as_served
from models.backtest.losses import Judged
from models.backtest.run import heard
from models.backtest.ruling import Voice, rule_on
from models.dataset import cut
from models.policies import read_policy, write_policy
from models.train import Params

policy = typer.Typer(no_args_is_help=True, help="Policies as files: chosen by money, tested on the past.")

ParamsOption = Annotated[Path, typer.Option(help="Costs, capacity, and the delay of labels.")]


@policy.command()
def choose(
    out: Annotated[Path, typer.Option(help="Where the policy goes, .yaml.")],
    history: Annotated[Path, typer.Option(help="Folder with transfers and reports.")],
    since: SinceOption = None,
    until: UntilOption = None,
    rules: RulesOption = None,
    model: ModelOption = None,
    shelf: ShelfOption = Path("var/bundles"),
    per_100k: Annotated[
        float | None, typer.Option(min=0, help="Alerts of 100,000 transfers that the desk can take; default: params.")
    ] = None,
    blind: Annotated[Action, typer.Option(help="What happens when something cannot be read: hold or block.")] = Action.HOLD,
    blind_of: Annotated[
        list[str] | None, typer.Option(help="Another meaning for one participant, as bank-1=block; may be repeated.")
    ] = None,
    params: ParamsOption = Path("params.yaml"),
) -> None:
    """Choose the thresholds that lose least money under the desk's capacity, and write them as a policy file.

    The active rules' alerts take their part of the capacity first. By default only the last part of the history
    counts, the one that `antifraud train` keeps from the model.

    Example: antifraud policy choose --history var/history --out var/policy.yaml
    """
    settings = Params.load(params)
    money = settings.money if per_100k is None else settings.money.model_copy(update={"alerts_per_100k": per_100k})
    if money.alerts_per_100k <= 0:
        raise InvalidValue("per_100k", "must be above zero", per_100k)
    others = _of_participants(blind_of or [])
    scorer, book = the_model(model, shelf), the_book(rules)
    if since is None:
        clock = read_history(history)[0]["received_at"].cum_max()
        since = clock[int(cut(clock, settings.cut()).test[0])]
    asked = Asked(history=history, log=None, since=since, until=until)
    with progress_bars() as report, open_past(asked, settings.split.delay_days, report) as past:
        rows = heard(past.pieces, scorer, book, report)
    chosen = choose_policy(rows, book, scorer.version, money, blind, others)
    write_policy(chosen, out)
    typer.echo(f"{out}: {chosen.policy.version}, hold from {chosen.policy.hold_at:.4f}, block from {chosen.policy.block_at:.4f}")


@policy.command()
def test(
    file: Annotated[Path, typer.Argument(help="The policy to test.")],
    history: HistoryOption = None,
    log: LogOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    against: Annotated[
        Path | None, typer.Option(help="The policy to compare with; default: the model's own, or what the log decided.")
    ] = None,
    rules: RulesOption = None,
    model: ModelOption = None,
    shelf: ShelfOption = Path("var/bundles"),
    capacity: CapacityOption = None,
    out: Annotated[Path | None, typer.Option(help="Also write everything as JSON.")] = None,
    params: ParamsOption = Path("params.yaml"),
) -> None:
    """Show what a policy would have changed: alerts, money, people, frauds caught and lost.

    With --log and neither --model nor --rules, scores and rules are those that spoke then: nothing is computed again.

    Example: antifraud policy test var/policy.yaml --history var/history --from 2026-03-01
    """
    asked = Asked(history=history, log=log, since=since, until=until)
    settings = Params.load(params)
    tested = read_policy(file).policy
    other = None if against is None else read_policy(against).policy
    with progress_bars() as report, open_past(asked, settings.split.delay_days, report) as past:
        if log is not None and model is None and rules is None:
            rows, voices = as_served(_together([piece[0] for piece in past.pieces]))
        else:
            scorer, book = the_model(model, shelf), the_book(rules)
            rows, voices = heard(past.pieces, scorer, book, report), Voice.of(book.active)
            other = other or (scorer.policy if log is None else None)
        now = rule_on(rows, tested, voices, past.chosen)["action"]
        then = rows["was_action"] if other is None else rule_on(rows, other, voices, past.chosen)["action"]
    known, costs = rows["known"].to_numpy(), settings.money.costs()
    found = changes(*(Judged.of(rows, action, known, costs, capacity) for action in (then, now)))
    if out is not None:
        _write(found, out)
    console = Console()
    for table in changes_tables(found, read_settings().base_currency):
        console.print(table)
    console.print(_in_words(found), highlight=False)
