"""Where backtests, tests of policies and the watch for drift find the past: a history's folder, or a log."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import polars as pl
import typer

from antifraud.domain.decision import Action
from antifraud.domain.errors import InvalidValue, NotFound
from antifraud.domain.rule import RuleBook
from antifraud.store import open_store
from antifraud.store.history import History
from antifraud.tables import TRANSFER_KEY
from api.commands.history import read_history
from api.progress import Report
from api.settings import read_settings
from features.catalogue import CATALOGUE
from features.rules import STARTER_RULES, read_rules
from features.schema import names
from models.backtest.past import Period, Piece, features_of_log, of_history, of_log
from models.bundle import read_bundle
from models.deciding import judged
from models.drift.reference import delays_of
from models.lineup import state_of
from models.scorer import LightGbmScorer
from models.shelf import rules_of

_DAYS: Final = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]

HistoryOption = Annotated[Path | None, typer.Option("--history", help="Folder with transfers and reports.")]
LogOption = Annotated[
    str | None,
    typer.Option("--log", help="The log of a server instead: sqlite:///FILE or postgresql://USER@HOST/NAME."),
]
SinceOption = Annotated[datetime | None, typer.Option("--from", formats=_DAYS, help="Received from then on, UTC.")]
UntilOption = Annotated[datetime | None, typer.Option("--to", formats=_DAYS, help="Received before then, UTC.")]
RecomputeOption = Annotated[
    bool, typer.Option(help="With --log: compute features again instead of taking the vectors that were served.")
]
BeforeOption = Annotated[
    Path | None, typer.Option(help="With --recompute: what came before the log; default: ANTIFRAUD_HISTORY.")
]
ModelOption = Annotated[Path | None, typer.Option(help="Folder of a bundle; default: the one that serves.")]
ShelfOption = Annotated[Path, typer.Option(help="Folder of bundles.")]
RulesOption = Annotated[Path | None, typer.Option(help="A rule book; default: the one that serves.")]
CapacityOption = Annotated[
    int | None, typer.Option(min=1, help="Alerts a day that the desk can look at; default: all of them.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What past a command was told to look at."""

    history: Path | None
    log: str | None
    since: datetime | None
    until: datetime | None
    recompute: bool = False
    before: Path | None = None

    def __post_init__(self) -> None:
        """Refuse none or both."""
        if (self.history is None) == (self.log is None):
            raise InvalidValue("history", "give either --history or --log", self.history and str(self.history))
        if self.recompute and self.log is None:
            raise InvalidValue("recompute", "goes with --log: a history has no vectors that were served", True)

    def period(self, delay_days: float) -> Period:
        """Return what is looked at."""
        since, until = (None if each is None else each.replace(tzinfo=UTC) for each in (self.since, self.until))
        return Period(since=since, until=until, delay=timedelta(days=delay_days))


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Pieces to read once; `chosen` is what participants want to happen when something cannot be read.

    `delays` returns what `models.drift.reference.delays_of` does. `again` has the features of a log computed again
    where the pieces hold those that were served.
    """

    pieces: Iterator[Piece]
    chosen: Mapping[str, Action]
    delays: Callable[[], pl.DataFrame]
    again: pl.DataFrame | None = None


@contextmanager
def open_past(asked: Asked, delay_days: float, report: Report, *, beside: bool = False) -> Iterator[Past]:
    """Open what was asked for; it is read as its pieces are taken.

    What is computed again takes the place of what was served, or with `beside` stands beside it.
    """
    period = asked.period(delay_days)
    if asked.history is not None:
        transfers, reports = read_history(asked.history)
        pieces = of_history(transfers, reports, period, report)
        yield Past(pieces=pieces, chosen={}, delays=lambda: delays_of(transfers, reports))
        return
    with open_store(asked.log or "", recording=False) as store:
        span = store.history.span()
        if span is None:
            raise NotFound("the log is empty: nothing was decided yet")
        end = span.last
        again = None
        if asked.recompute:
            folder = asked.before or read_settings().history
            before = None if folder is None else read_history(folder)
            again = features_of_log(store.history, period.until, report, before)
        yield Past(
            pieces=of_log(store.history, end, period, report, None if beside else again),
            chosen={each.participant: each.blind for each in store.keys.participants() if each.blind is not None},
            delays=lambda: _delays(store.history),
            again=again if beside else None,
        )


def _delays(log: History) -> pl.DataFrame:
    received = pl.concat(log.transfers(columns=(*TRANSFER_KEY, "received_at")))
    return delays_of(received, log.reports())


def the_model(model: Path | None, shelf: Path) -> LightGbmScorer:
    """Return a scorer of the bundle that was named, or of the one that serves."""
    if model is not None:
        return LightGbmScorer(read_bundle(model, CATALOGUE))
    return LightGbmScorer(*judged(shelf, None, CATALOGUE))


def the_book(rules: Path | None, shelf: Path) -> RuleBook:
    """Return the rule book that was named, or the one that serves; the starter's where none does yet."""
    lineup = state_of(shelf).lineup
    if rules is not None or lineup is None:
        return read_rules(rules or STARTER_RULES, names(CATALOGUE))
    return rules_of(shelf, lineup.choice.rules, CATALOGUE)
