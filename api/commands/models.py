"""`antifraud models`: what was trained, how two of them compare, and what decides."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from antifraud.domain.errors import InvalidValue, NotFound, Unavailable
from antifraud.store.shadows import SqlShadows
from api.clock import utc_now
from api.commands.live import (
    LiveLogOption,
    LiveParamsOption,
    comparison_table,
    differences_table,
    live_store,
    terms_of,
    terms_of_lineup,
)
from api.commands.model_tables import comparison_of, print_bundles, print_lineup
from api.commands.past import SinceOption
from api.commands.tracking import open_registry
from api.settings import read_settings
from features.catalogue import CATALOGUE
from features.rules import STARTER_RULES
from models.bundle import Bundle
from models.deciding import lineup_desk
from models.lineup import Choice, Entry, LineupDesk, former, lineup_of, state_of
from models.shadow.comparison import Terms
from models.shadow.comparison import compare as compare_live
from models.shadow.standing import measure, write_standings
from models.shelf import bundle_of, bundles_on, put_policy, put_rules

models = typer.Typer(no_args_is_help=True, help="What was trained, how two compare, and what decides.")

Shelf = Annotated[Path, typer.Option(help="Folder of bundles; its lineup says which decides.")]
By = Annotated[str, typer.Option(help="Your name: it stands in the lineup for good.")]
Why = Annotated[str, typer.Option(help="The reason, in one line.")]
Version = Annotated[str, typer.Argument(help="A bundle's version or how it begins; or champion, or challenger.")]
_SHELF = Path("var/bundles")


@models.command("list")
def list_models(shelf: Shelf = _SHELF) -> None:
    """Show the lineup, what waits for a second person, and every bundle on the shelf or in the registry.

    Example: antifraud models list
    """
    console = Console()
    print_lineup(console, state_of(shelf))
    try:
        registered = open_registry().versions()
    except Unavailable as away:
        registered = []
        console.print(f"only what is on the shelf: {away}", markup=False, highlight=False)
    print_bundles(console, shelf, state_of(shelf).lineup, registered)


@models.command()
def compare(
    one: Version = "champion",
    other: Version = "challenger",
    live: Annotated[
        bool, typer.Option(help="By what both said about live transfers, with a verdict, instead of by their papers.")
    ] = False,
    log: LiveLogOption = None,
    since: SinceOption = None,
    capacity: Annotated[int | None, typer.Option(min=1, help="Alerts a day that the desk can look at.")] = None,
    params: LiveParamsOption = Path("params.yaml"),
    shelf: Shelf = _SHELF,
) -> None:
    """Show what two bundles were made of and how each was judged, and warn where that cannot be compared.

    With --live: what the desk would have got from each on the same live transfers, and whether to promote the
    challenger, keep the champion, or wait for more data.

    Example: antifraud models compare champion 3f2a
    """
    first, second = (_whole(shelf, each) for each in (one, other))
    console = Console()
    if live:
        _compare_live(console, first.version, second.version, log, since, terms_of(params, capacity))
        return
    table, warnings = comparison_of(first, second)
    console.print(table)
    for warning in warnings:
        console.print(f"careful: {warning}", style="yellow", markup=False, highlight=False)


@models.command()
def judge() -> None:
    """Write down how challengers and rules do on live transfers, for the console; settings as for serve.

    A server starts this by itself every ANTIFRAUD_COMPARE_EVERY_S seconds. Costs are those the champion was trained
    with.

    Example: antifraud models judge
    """
    settings = read_settings()
    try:
        terms = terms_of_lineup(settings.shelf, CATALOGUE, utc_now())
    except NotFound as missing:  # a server is not ill because its model came without papers
        typer.echo(f"nothing is judged: {missing}", err=True)
        return
    with live_store(settings.database_url) as store:
        found = measure(settings.shelf, SqlShadows(store.engine), store.history.reports(), CATALOGUE, terms)
    write_standings(found, settings.standings_file)
    typer.echo(f"{len(found.challengers)} challengers and {len(found.rules)} rules judged: {settings.standings_file}")


def _compare_live(
    console: Console, champion: str, challenger: str, log: str | None, since: datetime | None, terms: Terms
) -> None:
    with live_store(log) as store:
        shadows = SqlShadows(store.engine)
        decided = shadows.judged(None if since is None else since.replace(tzinfo=UTC))
        found = compare_live(decided, shadows.scores(challenger), store.history.reports(), terms, champion, challenger)
    currency = read_settings().base_currency
    console.print(comparison_table(found, currency))
    console.print(differences_table(found, currency))
    console.print(f"{found.verdict.advice}: {found.verdict.why}", highlight=False)


@models.command()
def promote(
    version: Version,
    by: By,
    why: Why,
    policy: Annotated[
        str | None, typer.Option(help="A policy on the shelf, or a file of one; default: the bundle's own thresholds.")
    ] = None,
    rules: Annotated[
        str | None,
        typer.Option(help="A rule book on the shelf, or a file; none; default: as now, at first the starter's."),
    ] = None,
    shelf: Shelf = _SHELF,
) -> None:
    """Propose that a bundle decides, with thresholds and rules; a second person has to approve.

    The bundle is taken from the registry if it is not on the shelf, and whatever could not serve is refused here.

    Example: antifraud models promote 3f2a --by "Ana Fictional" --why "stops more for the same alerts"
    """
    champion = _whole(shelf, version).version
    choice = Choice(
        champion=champion,
        policy=put_policy(shelf, Path(policy)) if policy is not None and _is_file(policy) else policy,
        rules=_rules(shelf, rules),
    )
    entry = lineup_desk(shelf, CATALOGUE).propose(choice, by=by, why=why, at=utc_now())
    typer.echo(
        f"proposal {entry.number}: champion {champion}, policy {choice.policy or 'its own'}, "
        f"rules {choice.rules or 'none'}\nsomebody else: antifraud models approve {entry.number} --by NAME"
    )


@models.command()
def approve(
    by: By,
    number: Annotated[int | None, typer.Argument(help="Which proposal; default: the only one that waits.")] = None,
    shelf: Shelf = _SHELF,
) -> None:
    """Let a proposal of somebody else decide: running servers take it up within seconds.

    Example: antifraud models approve 7 --by "Bek Fictional"
    """
    waiting = list(state_of(shelf).proposals)
    if number is None and len(waiting) != 1:
        raise InvalidValue("number", "must be given unless exactly one proposal waits", waiting)
    chosen = waiting[0] if number is None else number
    _changed(shelf, lambda desk: desk.approve(chosen, by=by, at=utc_now()))


@models.command()
def reject(
    number: Annotated[int, typer.Argument(help="Which proposal.")], by: By, why: Why, shelf: Shelf = _SHELF
) -> None:
    """Take a proposal from the table; whoever made it may do so too."""
    lineup_desk(shelf, CATALOGUE).reject(number, by=by, why=why, at=utc_now())


@models.command()
def rollback(by: By, why: Why, shelf: Shelf = _SHELF) -> None:
    """Let what decided before decide again, at once: one person is enough, with a reason.

    Example: antifraud models rollback --by "Ana Fictional" --why "holds every salary"
    """
    to, _ = former(state_of(shelf))
    _changed(shelf, lambda desk: desk.roll_back(to, by=by, why=why, at=utc_now()))


@models.command()
def challenge(version: Version, by: By, why: Why, shelf: Shelf = _SHELF) -> None:
    """Let a bundle score live transfers beside the champion; it decides nothing."""
    bundle = _whole(shelf, version).version
    _changed(shelf, lambda desk: desk.challenge(bundle, by=by, why=why, at=utc_now()))


@models.command()
def dismiss(version: Version, by: By, why: Why, shelf: Shelf = _SHELF) -> None:
    """Let a challenger score no longer."""
    bundle = _named(shelf, version)
    _changed(shelf, lambda desk: desk.dismiss(bundle, by=by, why=why, at=utc_now()))


def _changed(shelf: Path, act: Callable[[LineupDesk], Entry]) -> None:
    """Change the lineup, show it, and let the registry's labels follow; they are labels, and may come late."""
    entry = act(lineup_desk(shelf, CATALOGUE))
    state = state_of(shelf)
    typer.echo(f"{entry.number}: {entry.what} by {entry.by}")
    if state.lineup is None:
        return
    typer.echo(f"lineup {state.lineup.number} decides: {_words(state.lineup.choice)}")
    try:
        open_registry().follow(state.lineup, state.entries)
    except Unavailable as away:
        typer.echo(f"the lineup stands; its labels in the registry will follow with the next change: {away}", err=True)


def _words(choice: Choice) -> str:
    return f"champion {choice.champion}, policy {choice.policy or 'its own'}, rules {choice.rules or 'none'}"


def _rules(shelf: Path, said: str | None) -> str | None:
    """Return the version of the rules that a proposal means."""
    if said == "none":
        return None
    if said is not None:
        return put_rules(shelf, Path(said), CATALOGUE) if _is_file(said) else said
    now = state_of(shelf).lineup
    return put_rules(shelf, STARTER_RULES, CATALOGUE) if now is None else now.choice.rules


def _is_file(said: str) -> bool:
    return Path(said).suffix in (".yaml", ".yml")


def _whole(shelf: Path, said: str) -> Bundle:
    """Return a bundle on the shelf, brought from the registry if need be; raise what refuses it."""
    version = _named(shelf, said)
    try:
        return bundle_of(shelf, version, CATALOGUE)
    except NotFound:
        open_registry().export(version, shelf)
        return bundle_of(shelf, version, CATALOGUE)


def _named(shelf: Path, said: str) -> str:
    """Return the one version that a name means; raise NotFound or InvalidValue."""
    if said == "champion":
        return lineup_of(shelf).choice.champion
    if said == "challenger":
        challengers = lineup_of(shelf).challengers
        if not challengers:
            raise NotFound("the lineup has no challenger")
        return challengers[-1]
    near = {*bundles_on(shelf), *state_of(shelf).challengers}  # a challenger may be gone from the shelf
    found = {each for each in near if each.startswith(said)}
    if not found:
        found = {each.bundle for each in open_registry().versions() if each.bundle.startswith(said)}
    if len(found) > 1:
        raise InvalidValue("version", f"means {', '.join(sorted(found))}; say more of it", said)
    if not found:
        raise NotFound(f"no bundle {said}, neither on {shelf} nor in the registry")
    return found.pop()
