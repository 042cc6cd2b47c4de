"""A backtest: what a model, a rule book and a policy would have decided over the past, and what came of it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial

import polars as pl

from antifraud.domain.decision import Action
from antifraud.domain.errors import InvalidValue
from antifraud.domain.policy import Policy
from antifraud.domain.rule import RuleBook
from antifraud.tables import TRANSFER_KEY
from antifraud.workflow.ports import Scorer
from models.backtest.figures import OfRule, Whole, by_type, by_week, of_rules, whole
from models.backtest.hearing import hear
from models.backtest.losses import Judged
from models.backtest.past import Piece
from models.backtest.ruling import Voice, draw, rule_on
from models.thresholds import Costs

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What decides in a backtest; `chosen` is what participants themselves want to happen when blind.

    `lot_key` draws what the policy lets through; without it a log's word is taken, and of a history nothing is.
    Lists are not among it: there are none yet. They will speak as rules do, by their state as of each moment.
    """

    scorer: Scorer
    policy: Policy
    book: RuleBook
    chosen: Mapping[str, Action] = field(default_factory=dict)
    lot_key: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What weighs the outcome: costs, and how many alerts a day the desk can look at (None: all)."""

    costs: Costs
    capacity: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduced:
    """How far a backtest of the log decides what was decided then: action, score and reasons alike."""

    transfers: int
    same: int
    different: tuple[str, ...]  # participant/transfer_id of the first few


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """Everything that a backtest says; `decisions` has a row for each transfer, in order of arrival."""

    decisions: pl.DataFrame
    tried: Mapping[str, str]  # versions of model, policy and rules
    whole: Whole
    weeks: pl.DataFrame
    types: pl.DataFrame
    rules: tuple[OfRule, ...]
    reproduced: Reproduced | None  # None: the past is no log

    def document(self) -> dict[str, object]:
        """Return all but the decisions as plain values."""
        return {
            "tried": dict(self.tried),
            "whole": asdict(self.whole),
            "weeks": self.weeks.to_dicts(),
            "types": self.types.to_dicts(),
            "rules": [asdict(rule) for rule in self.rules],
            "reproduced": None if self.reproduced is None else asdict(self.reproduced),
        }


def heard(pieces: Iterable[Piece], scorer: Scorer, book: RuleBook, progress: Progress) -> pl.DataFrame:
    """Return all rows of a past with what speaks about each; raise InvalidValue when there are none."""
    done = 0

    def pieces_heard() -> Iterator[pl.DataFrame]:
        nonlocal done
        for rows, features in pieces:
            yield hear(rows, features, scorer, book, partial(_scored, progress, done))
            done += rows.height

    return together(pieces_heard())


def together(tables: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Return tables as one; raise InvalidValue when there is no row in them."""
    found = [table for table in tables if table.height]
    if not found:
        raise InvalidValue("from", "no transfer was received between this and `to`", None)
    return pl.concat(found)


def backtest(
    pieces: Iterable[Piece], tried: Tried, desk: Desk, progress: Progress = lambda what, done, of: None
) -> Backtest:
    """Decide every transfer of the past again, as of its own moment, and judge what came of it."""
    rows = heard(pieces, tried.scorer, tried.book, progress)
    drawn = draw(rows, tried.policy, tried.lot_key)
    ruled = rule_on(drawn, tried.policy, Voice.of(tried.book.active), tried.chosen)
    judged = Judged.of(rows, ruled["action"], rows["known"].to_numpy(), desk.costs, desk.capacity)
    decisions = rows.hstack(ruled)
    return Backtest(
        decisions=decisions,
        tried={"model": tried.scorer.version, "policy": tried.policy.version, "rules": tried.book.version},
        whole=whole(judged),
        weeks=by_week(judged),
        types=by_type(judged),
        rules=tuple(of_rules(judged, tried.book, tried.policy)),
        reproduced=_reproduced(decisions) if "was_action" in decisions.columns else None,
    )


def _scored(progress: Progress, before: int, done: int, _: int) -> None:
    progress("scored", before + done, 0)


def _reproduced(decisions: pl.DataFrame) -> Reproduced:
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"was_{name}")) for name in ("action", "score", "reasons"))
    different = decisions.filter(~same)
    named = different.head(10).select(pl.concat_str(TRANSFER_KEY, separator="/")).to_series().to_list()
    return Reproduced(transfers=decisions.height, same=decisions.height - different.height, different=tuple(named))
