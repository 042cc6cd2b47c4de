"""What challengers and shadow rules said about live traffic, as options and tables of commands."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.table import Table

from antifraud.domain.errors import NotFound
from antifraud.store import Store, open_store
from api.clock import utc_now
from api.commands.tables import money, share
from api.settings import read_settings
from features.spec import Feature
from models.evaluation.intervals import Estimate
from models.lineup import lineup_of
from models.shadow.comparison import Comparison, Side, Terms
from models.shelf import bundle_of
from models.train import Params

LiveLogOption = Annotated[
    str | None, typer.Option("--log", help="The log of a server; default: ANTIFRAUD_DATABASE_URL, as it serves.")
]
LiveParamsOption = Annotated[Path, typer.Option(help="Costs, capacity, and the delay of labels.")]


@contextmanager
def live_store(log: str | None) -> Iterator[Store]:
    """Open the log of a server beside it."""
    with open_store(read_settings().database_url if log is None else log, recording=False) as store:
        yield store


def terms_of(params: Path, capacity: int | None, by: datetime | None = None) -> Terms:
    """Return what live figures are asked for: by now, unless said otherwise."""
    settings = Params.load(params)
    return Terms(
        costs=settings.costs(),
        delay=timedelta(days=settings.split.delay_days),
        by=utc_now() if by is None else by.replace(tzinfo=UTC),
        capacity=capacity,
    )


def terms_of_lineup(shelf: Path, catalogue: Sequence[Feature], by: datetime) -> Terms:
    """Return the costs, and the delay of labels, that the champion was trained with; raise NotFound without any."""
    bundle = bundle_of(shelf, lineup_of(shelf).choice.champion, catalogue)
    try:
        params = Params.model_validate(bundle.about.get("params"))
    except ValidationError:
        raise NotFound(f"bundle {bundle.version} does not say which costs it was trained with") from None
    return Terms(costs=params.costs(), delay=timedelta(days=params.split.delay_days), by=by)


def comparison_table(found: Comparison, currency: str) -> Table:
    """Return champion and challenger side by side, with intervals."""
    period = f"{found.first:%Y-%m-%d} to {found.last:%Y-%m-%d}"
    table = Table(
        f"{found.capacity} alerts a day, money in {currency}",
        f"champion {found.champion.model}",
        f"challenger {found.challenger.model}",
        title=f"{found.transfers:,} transfers, {found.frauds:,} frauds, {period}",
    )
    left, right = (_facts(side, currency) for side in (found.champion, found.challenger))
    for name, value in left.items():
        table.add_row(name, value, right[name])
    return table


def differences_table(found: Comparison, currency: str) -> Table:
    """Return how far the two differ, and how sure that is."""
    table = Table("the challenger against the champion", "", title="difference")
    table.add_row("alerts that both raise, of those of either", _shares(found.agreement))
    table.add_row("saves more a day", _sums(found.saved_more_a_day, currency))
    if found.unseen:
        table.add_row(f"  if the {found.unseen:,} unseen speak against it", _sums(found.at_least_a_day, currency))
        table.add_row(f"  if the {found.unseen:,} unseen speak for it", _sums(found.at_most_a_day, currency))
    table.add_row("left out, too young to be known", f"{found.young:,}")
    return table


def _facts(side: Side, currency: str) -> dict[str, str]:
    desk = side.desk
    return {
        "precision": _shares(desk.precision),
        "frauds caught": _shares(desk.caught),
        "stolen money stopped": _shares(desk.stopped_share),
        "saved a day": _sums(desk.saved_a_day, currency),
        "honest clients disturbed": f"{side.honest_clients_disturbed:,}",
    }


def _shares(found: Estimate) -> str:
    between = "" if found.low is None or found.high is None else f" ({share(found.low)} to {share(found.high)})"
    return share(found.value) + between


def _sums(found: Estimate, currency: str) -> str:
    if found.value is None:
        return ""
    value, *ends = (
        None if each is None else money(round(each), currency) for each in (found.value, found.low, found.high)
    )
    return str(value) if None in ends else f"{value} ({ends[0]} to {ends[1]})"
