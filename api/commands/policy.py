"""`antifraud policy`: choose thresholds by money, and see what a policy would have changed."""

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Annotated

import orjson
import polars as pl
import typer
from rich.console import Console

from antifraud.domain.decision import Action
from antifraud.domain.errors import InvalidValue
from antifraud.domain.policy import Policy
from api.commands.history import read_history
from api.commands.past import (
    Asked,
    CapacityOption,
    HistoryOption,
    LogOption,
    ModelOption,
    Past,
    RulesOption,
    ShelfOption,
    SinceOption,
    UntilOption,
    open_past,
    the_book,
    the_model,
)
from api.commands.tables import changes_tables, money
from api.progress import progress_bars
from api.settings import read_settings
from models.backtest.changes import Changes, changes
from models.backtest.choosing import choose_policy
from models.backtest.hearing import as_served
from models.backtest.losses import Judged
from models.backtest.ruling import Voice, draw, rule_on
from models.backtest.run import heard, together
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
    blind: Annotated[Action, typer.Option(help="When something cannot be read: hold or block.")] = Action.HOLD,
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
    weighed = settings.money if per_100k is None else settings.money.model_copy(update={"alerts_per_100k": per_100k})
    if weighed.alerts_per_100k <= 0:
        raise InvalidValue("per_100k", "must be above zero", per_100k)
    others = _of_participants(blind_of or [])
    scorer, book = the_model(model, shelf), the_book(rules, shelf)
    if since is None:
        clock = read_history(history)[0]["received_at"].cum_max()
        since = clock[int(cut(clock, settings.cut()).test[0])]
    asked = Asked(history=history, log=None, since=since, until=until)
    with progress_bars() as report, open_past(asked, settings.split.delay_days, report) as past:
        rows = heard(past.pieces, scorer, book, report)
    found = choose_policy(rows, book, scorer.version, weighed, settings.policy.let_through_share, blind, others)
    write_policy(found, out)
    chosen = found.policy
    typer.echo(f"{out}: {chosen.version}, hold from {chosen.hold_at:.4f}, block from {chosen.block_at:.4f}")


@policy.command("test")
def compare(
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
            spoken, voices = as_served(together(rows for rows, _ in past.pieces))
        else:
            scorer, book = the_model(model, shelf), the_book(rules, shelf)
            spoken, voices = heard(past.pieces, scorer, book, report), Voice.of(book.active)
            other = other or (scorer.policy if log is None else None)
        then, now = (
            spoken["was_action"] if each is None else _actions(spoken, each, voices, past) for each in (other, tested)
        )
    known, costs = spoken["known"].to_numpy(), settings.costs()
    found = changes(*(Judged.of(spoken, action, known, costs, capacity) for action in (then, now)))
    if out is not None:
        _write(found, out)
    console = Console()
    currency = read_settings().base_currency
    for table in changes_tables(found, currency):
        console.print(table)
    console.print(_in_words(found, currency), highlight=False)


def _actions(spoken: pl.DataFrame, policy: Policy, voices: Sequence[Voice], past: Past) -> pl.Series:
    drawn = draw(spoken, policy, read_settings().lot_key)
    return rule_on(drawn, policy, voices, past.chosen)["action"]


def _of_participants(words: Sequence[str]) -> dict[str, Action]:
    """Return what blind means for each participant of `name=action`."""
    found = {}
    for word in words:
        participant, sign, action = word.partition("=")
        if not (participant and sign) or action not in (Action.HOLD, Action.BLOCK):
            raise InvalidValue("blind_of", "is written PARTICIPANT=hold or PARTICIPANT=block", word)
        found[participant] = Action(action)
    return found


def _write(found: Changes, out: Path) -> None:
    tables = {name: getattr(found, name).to_dicts() for name in ("moves", "types", "dearest")}
    document = {each.name: getattr(found, each.name) for each in fields(found)} | tables
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = out.with_name(f".{out.name}.draft")
    draft.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    draft.replace(out)


def _in_words(found: Changes, currency: str) -> str:
    saved = f"{money(found.saved_more_minor, currency)} {currency}"
    return (
        f"{found.changed:,} of {found.before.transfers:,} decisions would change: {found.frauds_gained:,} more frauds "
        f"caught and {found.frauds_lost:,} lost, {found.honest_clients_newly_disturbed:,} honest clients disturbed who "
        f"were not and {found.honest_clients_freed:,} left in peace; {saved} more saved"
    )
