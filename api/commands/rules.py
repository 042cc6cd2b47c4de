"""`antifraud rules`: a book is checked and tried on the past; shadow rules are heard on live traffic."""

from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from antifraud.domain.rule import RuleBook, RuleState, supersedes
from antifraud.store.shadows import SqlShadows
from api.commands.live import LiveLogOption, LiveParamsOption, live_store, terms_of
from api.commands.past import (
    Asked,
    HistoryOption,
    LogOption,
    ModelOption,
    ShelfOption,
    SinceOption,
    UntilOption,
    open_past,
    the_book,
    the_model,
)
from api.commands.tables import rules_table
from api.progress import progress_bars
from api.settings import read_settings
from features.catalogue import CATALOGUE
from features.rules import read_rules
from features.schema import names
from models.backtest.run import Desk, Tried
from models.backtest.run import backtest as run_backtest
from models.lineup import state_of
from models.shadow.rules import of_shadow_rules
from models.train import Params

rules = typer.Typer(no_args_is_help=True, help="Rule books: checked, tried on the past, heard on live traffic.")

_SHELF = Path("var/bundles")


@rules.command()
def check(
    file: Annotated[Path, typer.Argument(help="The rule book, .yaml.")],
    history: HistoryOption = None,
    log: LogOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    model: ModelOption = None,
    shelf: ShelfOption = _SHELF,
    params: LiveParamsOption = Path("params.yaml"),
) -> None:
    """Say whether a rule book can be read, and what it changes of the one that serves.

    Every condition must be one over the catalogue's features. With --history or --log: what each rule, drafts and
    shadow ones too, would have hit there, beside the model that serves.

    Example: antifraud rules check rules.yaml --history var/history
    """
    book = read_rules(file, names(CATALOGUE))
    counts = {state: sum(rule.state is state for rule in book.rules) for state in RuleState}
    typer.echo(f"{file}: book {book.version}, " + ", ".join(f"{count} {state}" for state, count in counts.items()))
    if state_of(shelf).lineup is not None:
        for change in supersedes(the_book(None, shelf), book):
            typer.echo(f"  {change}")
    if history is None and log is None:
        return
    settings, scorer = Params.load(params), the_model(model, shelf)
    asked = Asked(history=history, log=log, since=since, until=until)
    with progress_bars() as report, open_past(asked, settings.split.delay_days, report) as past:
        tried = Tried(scorer=scorer, policy=scorer.policy, book=_with_drafts(book), chosen=past.chosen)
        found = run_backtest(past.pieces, tried, Desk(costs=settings.costs()), report)
    Console().print(rules_table(found.rules, read_settings().base_currency))


@rules.command()
def live(
    log: LiveLogOption = None,
    since: SinceOption = None,
    shelf: ShelfOption = _SHELF,
    params: LiveParamsOption = Path("params.yaml"),
) -> None:
    """Show what each shadow rule of the lineup would have done on live transfers, by what is known of them now.

    Example: antifraud rules live --from 2026-03-01
    """
    shadow, terms = the_book(None, shelf).shadow, terms_of(params, None)
    with live_store(log) as store:
        shadows = SqlShadows(store.engine)
        found = of_shadow_rules(
            shadows.judged(None if since is None else since.replace(tzinfo=UTC)),
            store.history.reports(),
            shadows.watches(),
            {rule.code: shadows.hits(rule.code) for rule in shadow},
            shadow,
            terms,
        )
    Console().print(rules_table(found, read_settings().base_currency))
    silent = {rule.code for rule in shadow} - {each.code for each in found}
    if silent or not shadow:
        typer.echo(f"listened to nothing yet: {', '.join(sorted(silent)) or 'the lineup has no shadow rule'}")


def _with_drafts(book: RuleBook) -> RuleBook:
    """Return a book in which drafts are heard too."""
    heard = (replace(rule, state=RuleState.SHADOW) if rule.state is RuleState.DRAFT else rule for rule in book.rules)
    return RuleBook(tuple(heard))
