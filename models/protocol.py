"""A public data set is one YAML file: how to read it, how to split it, what others reached. See docs/protocols.md."""

import math
from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from antifraud.domain.errors import InvalidValue
from antifraud.intake import Intake, Mapping, Section
from models.metrics import metric

DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """Half-open spans of `received_at`: train on one, test on the other."""

    name: str
    train_from: datetime
    train_to: datetime
    test_from: datetime
    test_to: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A figure that someone else reached, and where it stands."""

    model: str
    metric: str
    value: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """One way to judge a model on a data set.

    Parameters are chosen on `validation` (empty: nothing to choose on), results come from `folds`.
    `drop_known_payers`: a test day loses the payers whose fraud is known when it begins.
    """

    name: str
    about: str
    delay: timedelta
    drop_known_payers: bool
    folds: tuple[Fold, ...]
    validation: tuple[Fold, ...]
    metrics: tuple[str, ...]
    published: tuple[Published, ...]
    to_reach: AbstractMapping[str, float]

    def published_best(self, name: str) -> Published | None:
        """Return the highest published figure of a metric, None when there is none."""
        return max((one for one in self.published if one.metric == name), key=lambda one: one.value, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """A whole protocol file. `not_reproduced` says what of the published work our figures do not repeat."""

    name: str
    about: str
    not_reproduced: tuple[str, ...]
    mapping: Mapping
    protocols: tuple[Protocol, ...]

    @classmethod
    def load(cls, path: Path) -> "DataSet":
        """Read a protocol file; raise NotFound or InvalidValue naming the key."""
        document = Section.load(path)
        protocols = tuple(_protocol(section) for section in document.sections("protocols"))
        if not protocols:
            raise InvalidValue("protocols", "needs at least one", None)
        if len({one.name for one in protocols}) != len(protocols):
            raise InvalidValue("protocols", "names must differ", [one.name for one in protocols])
        mapping = Mapping.parse(document)
        if mapping.labels is None:
            raise InvalidValue("labels", "is missing: a protocol needs the truth", None)
        return cls(
            name=document.text("name"),
            about=document.text("about", ""),
            not_reproduced=document.texts("not_reproduced"),
            mapping=mapping,
            protocols=protocols,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldRows:
    """Which rows of an intake a fold uses. `train` and `test` are masks over all of them.

    `day` (UTC, counted from 1970) and `payer` (a number) are of the test rows, in order. `world` is None
    where there is only one.
    """

    fold: Fold
    world: str | None
    train: NDArray[np.bool_]
    test: NDArray[np.bool_]
    day: NDArray[np.int64]
    payer: NDArray[np.int64]


def rows_of(fold: Fold, protocol: Protocol, intake: Intake, *, by_world: bool = False) -> tuple[FoldRows, ...]:
    """Return the rows of one fold, or of one fold in each world.

    Only rows that are to be scored and whose truth is known are used; all rows stay history. Worlds are
    the participants, in order of name, as an intake with `world` makes them.
    """
    table = intake.transfers.select(
        "participant", "payer", "received_at", day=pl.col("received_at").dt.epoch("d").cast(pl.Int64)
    ).hstack(intake.truth.select("fraud", "scored"))
    usable = table["scored"] & table["fraud"].is_not_null()
    train = usable & _within(table, fold.train_from, fold.train_to)
    test = usable & _within(table, fold.test_from, fold.test_to)
    if protocol.drop_known_payers:
        test &= ~_known(table, fold, protocol.delay)
    worlds = sorted(table["participant"].unique()) if by_world else [None]
    return tuple(_fold_rows(fold, world, table, train, test) for world in worlds)


def _within(table: pl.DataFrame, start: datetime, end: datetime) -> pl.Series:
    return (table["received_at"] >= start) & (table["received_at"] < end)


def _known(table: pl.DataFrame, fold: Fold, delay: timedelta) -> pl.Series:
    """Say for each row whether its payer is known as defrauded when the row's day begins.

    A fraud counts from the first day of training on, and is known once `delay` has passed after the end
    of its day: with 7 days, frauds up to the row's day minus 8. As for features, an account is one
    account whichever participant its transfers came from.
    """
    days = math.ceil(delay / DAY) + 1
    first = (
        table.filter(table["fraud"].fill_null(False) & (table["received_at"] >= fold.train_from))
        .group_by("payer")
        .agg(first_fraud=pl.col("day").min())
    )
    joined = table.select("payer", "day").join(first, on="payer", how="left", maintain_order="left")
    return (joined["first_fraud"] <= joined["day"] - days).fill_null(False)


def _fold_rows(fold: Fold, world: str | None, table: pl.DataFrame, train: pl.Series, test: pl.Series) -> FoldRows:
    if world is not None:
        train, test = train & (table["participant"] == world), test & (table["participant"] == world)
    tested = table.filter(test)
    return FoldRows(
        fold=fold,
        world=world,
        train=train.to_numpy(),
        test=test.to_numpy(),
        day=tested["day"].to_numpy(),
        payer=tested["payer"].rank("dense").cast(pl.Int64).to_numpy(),
    )


def _protocol(section: Section) -> Protocol:
    folds, validation, delay = _weekly(section) if section.choice("kind", KINDS) == "weekly" else _time_split(section)
    metrics = section.texts("metrics")
    if not metrics:
        raise InvalidValue(section.path("metrics"), "needs at least one", None)
    for name in metrics:
        _check_metric(name, section.path("metrics"))
    protocol = Protocol(
        name=section.text("name"),
        about=section.text("about", ""),
        delay=delay,
        drop_known_payers=section.flag("drop_known_payers", default=False),
        folds=folds,
        validation=validation,
        metrics=metrics,
        published=tuple(figure for one in section.sections("published") for figure in _published(one)),
        to_reach=_figures(section.section("to_reach")),
    )
    section.finish()
    return protocol


KINDS: Final = ("weekly", "time_split")


def _check_metric(name: str, path: str) -> None:
    try:
        metric(name)
    except InvalidValue as error:
        raise InvalidValue(path, f"{error.field}: {error.problem}", name) from None


def _figures(section: Section) -> dict[str, float]:
    for name in section:
        _check_metric(name, section.path(name))
    return {name: section.number(name) for name in section}


def _published(section: Section) -> list[Published]:
    model, source = section.text("model"), " ".join(section.text("source").split())
    figures = _figures(section.section("figures"))
    section.finish()
    return [Published(model=model, metric=name, value=value, source=source) for name, value in figures.items()]


def _days(section: Section, key: str, at_least: float) -> timedelta:
    days = section.number(key)
    if not days >= at_least:
        raise InvalidValue(section.path(key), f"must be {at_least} or more", days)
    return timedelta(days=days)


_Split = tuple[tuple[Fold, ...], tuple[Fold, ...], timedelta]


def _weekly(section: Section) -> _Split:
    train, delay, test = (
        _days(section, "train_days", 1),
        _days(section, "delay_days", 0),
        _days(section, "test_days", 1),
    )

    def fold(start: datetime) -> Fold:
        ends = start + train
        return Fold(
            name=f"{start:%Y-%m-%d}",
            train_from=start,
            train_to=ends,
            test_from=ends + delay,
            test_to=ends + delay + test,
        )

    folds = tuple(fold(start) for start in section.moments("folds"))
    if not folds:
        raise InvalidValue(section.path("folds"), "needs at least one training start", None)
    return folds, tuple(fold(start) for start in section.moments("validation_folds")), delay


def _time_split(section: Section) -> _Split:
    delay = _days(section, "delay_days", 0)
    train_from, train_to = _span(section.section("train"))
    test_from, test_to = _span(section.section("test"))
    if test_from < train_to + delay:
        raise InvalidValue(
            section.path("test.from"),
            f"must leave delay_days after train.to ({train_to:%Y-%m-%d %H:%M})",
            f"{test_from}",
        )
    fold = Fold(name="test", train_from=train_from, train_to=train_to, test_from=test_from, test_to=test_to)
    return (fold,), _validation_inside(section, fold, delay), delay


def _validation_inside(section: Section, fold: Fold, delay: timedelta) -> tuple[Fold, ...]:
    """Cut a validation fold out of the training span; by default its last third, if the delay leaves room."""
    given = "validation_from" in section
    starts = section.moment("validation_from") if given else fold.train_to - (fold.train_to - fold.train_from) / 3
    section.get("validation_from")
    ends = starts - delay
    if not (fold.train_from < ends and starts < fold.train_to):
        if given:
            raise InvalidValue(
                section.path("validation_from"),
                "must lie in the training span, delay_days after its start",
                f"{starts}",
            )
        return ()
    return (
        Fold(name="validation", train_from=fold.train_from, train_to=ends, test_from=starts, test_to=fold.train_to),
    )


def _span(section: Section) -> tuple[datetime, datetime]:
    start, end = section.moment("from"), section.moment("to")
    if not start < end:
        raise InvalidValue(section.path("to"), f"must be after from ({start})", f"{end}")
    section.finish()
    return start, end
