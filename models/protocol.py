"""A public data set is one YAML file: how to read it, how to split it, what others reached. See docs/protocols.md."""

from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from antifraud.domain.errors import InvalidValue
from antifraud.intake import Mapping, Section
from models.metrics import metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """Half-open spans of `received_at`: train on one, test on the other.

    `train_key` and `test_key` are where they stand in their protocol; a fold that is not `written` is a default.
    """

    train_key: str
    test_key: str
    written: bool = True
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


_Split = tuple[tuple[Fold, ...], tuple[Fold, ...], timedelta]


def _weekly(section: Section) -> _Split:
    train, delay, test = (
        section.days("train_days", 1),
        section.days("delay_days"),
        section.days("test_days", 1),
    )

    def folds_of(name: str, starts: tuple[datetime, ...]) -> tuple[Fold, ...]:
        return tuple(
            Fold(
                train_key=f"{name}[{number}]",
                test_key=f"{name}[{number}]",
                train_from=start,
                train_to=start + train,
                test_from=start + train + delay,
                test_to=start + train + delay + test,
            )
            for number, start in enumerate(starts)
        )

    folds = folds_of("folds", section.moments("folds"))
    if not folds:
        raise InvalidValue(section.path("folds"), "needs at least one training start", None)
    return folds, folds_of("validation_folds", section.moments("validation_folds")), delay


def _time_split(section: Section) -> _Split:
    delay = section.days("delay_days")
    train_from, train_to = _span(section.section("train"))
    test_from, test_to = _span(section.section("test"))
    if test_from < train_to + delay:
        raise InvalidValue(
            section.path("test.from"),
            f"must leave delay_days after train.to ({train_to:%Y-%m-%d %H:%M})",
            f"{test_from}",
        )
    fold = Fold(
        train_key="train",
        test_key="test",
        train_from=train_from,
        train_to=train_to,
        test_from=test_from,
        test_to=test_to,
    )
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
        Fold(
            train_key="validation_from",
            test_key="validation_from",
            written=given,
            train_from=fold.train_from,
            train_to=ends,
            test_from=starts,
            test_to=fold.train_to,
        ),
    )


def _span(section: Section) -> tuple[datetime, datetime]:
    start, end = section.moment("from"), section.moment("to")
    if not start < end:
        raise InvalidValue(section.path("to"), f"must be after from ({start})", f"{end}")
    section.finish()
    return start, end
