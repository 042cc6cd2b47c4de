"""Forms that act: what is offered with its effect and ground, what was typed into it, and what came of it."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, TypeVar

from antifraud.domain.center.act import Act
from antifraud.domain.center.calendar import ALMATY
from antifraud.domain.center.life import Life
from antifraud.domain.errors import AntifraudError, Conflict, InvalidValue, StaleVersion
from antifraud.domain.money import MINOR_DIGITS, to_minor
from antifraud.workflow.center.ports import Page
from antifraud.workflow.center.seeing import Signed
from api.console.visitor import Form, Visitor
from api.errors import refusal_of
from api.routes.acts import met_at_once

E = TypeVar("E", bound=StrEnum)
L = TypeVar("L", bound=Life)
SAID: Final = "x"
"""Stands for whatever somebody will type, where an act is only tried on a life."""

_SHORTEST_REASON: Final = 3
_GROUPED: Final = re.compile(r"[\s\u00a0\u202f]")


class AskKind(StrEnum):
    """How something is asked for."""

    CHOICE = "choice"  # one of a few, all in sight
    SELECT = "select"  # one of many
    TICKS = "ticks"  # any of a few
    TEXT = "text"
    LONG = "long"
    SUM = "sum"
    MOMENT = "moment"  # on the clock of Almaty


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One thing that a form asks for besides the reason; `choices` are values with their words."""

    name: str
    kind: AskKind = AskKind.TEXT
    choices: Sequence[tuple[str, str]] = ()
    required: bool = True
    hint: str = ""
    value: str = ""  # what stands in it at first
    label: str | None = None  # None: as the field is called everywhere
    about: str = ""  # a name behind the label, never translated
    names: bool = False  # the words of its choices are names, never translated


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One act with what follows from it, what it rests on, and reasons that can be picked."""

    name: str
    title: str
    effect: str
    ground: str
    about: str = ""  # a name behind the title, never translated
    asks: Sequence[Ask] = ()
    picks: Sequence[str] = ()
    bare: bool = False  # it moves no money and needs no reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """An act that was tried and not done: what was typed is still there. `stale`: somebody was quicker."""

    act: str = ""
    form: Form = field(default_factory=lambda: Form(()))
    problem: str = ""
    stale: bool = False
    status: int = 200

    def said(self, act: str, name: str, otherwise: str = "") -> str:
        """Return what was typed into a field of that act's form."""
        return (self.form.get(name) or "") if act == self.act else otherwise

    def ticked(self, act: str, name: str, value: str) -> bool:
        """Say whether a box of that act's form was ticked."""
        return act == self.act and value in self.form.all(name)


NOTHING_TRIED: Final = Tried()


def takes(life: Life, act: Act) -> bool:
    """Say whether a life would take an act as it stands."""
    try:
        life.apply(act)
    except AntifraudError:
        return False
    return True


def signed(visitor: Visitor, *, bare: bool = False) -> Signed:
    """Return under what the visitor puts his name; raise InvalidValue without a reason, unless the act is `bare`."""
    form = visitor.form
    version, reason = form.need("version"), form.get("reason")
    if not bare and len(reason or "") < _SHORTEST_REASON:
        raise InvalidValue("reason", "says why, in at least 3 characters", reason)
    return Signed(
        actor=visitor.actor,
        now=visitor.engine.center.now(),
        version=int(version) if version.isdecimal() else -1,
        reason=reason,
        ground=form.get("ground"),
    )


async def attempt(visitor: Visitor, act: str, make: Callable[[], Awaitable[Callable[[Page], L]]]) -> L | Tried:
    """Do what `make` returns and return the life it moved; what cannot be is told beside what was typed.

    The very next transfer meets what changed.
    """
    try:
        done = await visitor.engine.center.write(await make())
    except (InvalidValue, Conflict) as problem:
        stale = isinstance(problem, StaleVersion)
        status = refusal_of(problem).status
        return Tried(act=act, form=visitor.form, problem=str(problem)[:500], stale=stale, status=status)
    await met_at_once(visitor.engine)
    return done


def one_of(kind: type[E], name: str, form: Form) -> E:
    """Return a field as one of its values; raise InvalidValue for another."""
    value = form.need(name)
    try:
        return kind(value)
    except ValueError:
        raise InvalidValue(name, f"is one of {', '.join(kind)}", value) from None


def sum_in(form: Form, name: str, currency: str) -> int | None:
    """Return a sum as people write it in minor units, None for an empty field; raise InvalidValue for what is none.

    >>> sum_in(Form((("part", "1 250 000,50"),)), "part", "KZT"), sum_in(Form(()), "part", "KZT")
    (125000050, None)
    >>> sum_in(Form((("part", "1,250"),)), "part", "KZT")
    Traceback (most recent call last):
        ...
    antifraud.domain.errors.InvalidValue: part: is a sum with at most 2 digits behind the point, was '1,250'
    """
    text = form.get(name)
    if text is None:
        return None
    digits = MINOR_DIGITS[currency]
    behind = rf"([.,]\d{{1,{digits}}})?" if digits else ""
    plain = _GROUPED.sub("", text)
    if re.fullmatch(rf"\d{{1,15}}{behind}", plain, re.ASCII) is None:
        raise InvalidValue(name, f"is a sum with at most {digits} digits behind the point", text)
    return to_minor(Decimal(plain.replace(",", ".")), currency)


def moment_in(form: Form, name: str) -> datetime | None:
    """Return a moment that was typed as it is on a clock in Almaty, None for an empty field.

    >>> moment_in(Form((("until", "2026-03-02T18:00"),)), "until").isoformat()
    '2026-03-02T13:00:00+00:00'
    """
    text = form.get(name)
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidValue(name, "is a day and a time", text) from None
    return (at.replace(tzinfo=ALMATY) if at.tzinfo is None else at).astimezone(UTC)
