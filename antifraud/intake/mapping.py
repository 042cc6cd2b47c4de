"""How the columns of a foreign file become transfers and reports; read from YAML, see docs/protocols.md."""

from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

import polars as pl
from polars.exceptions import PolarsError

from antifraud.domain.errors import InvalidValue
from antifraud.domain.money import Rates, currency_code
from antifraud.domain.transfer import Channel
from antifraud.intake.section import Section
from antifraud.tables import TRANSFERS

ROW_NUMBER: Final = "$row"
"""In place of a column: the row's own number, for sources that have no ids."""

REQUIRED: Final = ("participant", "transfer_id", "payer", "payee", "amount_minor", "currency", "channel", "occurred_at")
DERIVED: Final = frozenset({"base_minor"})
NOT_THE_MAPPINGS: Final = frozenset({"not_reproduced", "name", "about", "protocols"})
"""Keys of a protocol document that say nothing about columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What one source column must hold. Text is compared as text; bounds are numbers, half-open."""

    column: str
    one_of: tuple[str, ...] | None = None
    none_of: tuple[str, ...] | None = None
    at_least: float | None = None
    below: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountRule:
    """How amounts are written. `excess` is a fraction of a minor unit."""

    unit: str = "units"  # or minor
    excess: str = "reject"  # or half_even
    decimal: str = "."
    thousands: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRule:
    """How times are written. `zone` is where naive ones were read off the wall."""

    format: str = "iso"  # or epoch_s, epoch_ms, epoch_us, or a strptime format
    zone: str = "UTC"
    ambiguous: str = "reject"  # or earliest, latest: an hour that the clock showed twice


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Which column tells fraud, and how long after receipt it is known."""

    column: str
    delay: timedelta
    fraud_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """Columns of a source -> fields of a transfer, with everything needed to read them.

    `columns` maps fields to source columns, `defaults` fills fields that are unmapped or empty.
    `world` names a column whose values are worlds that never meet: each becomes a participant of its
    own and prefixes its accounts. `keep` leaves rows out of history altogether; `score_only` keeps all
    rows as history and marks those that a model is asked about.
    """

    columns: AbstractMapping[str, str]
    defaults: AbstractMapping[str, str] = field(default_factory=dict)
    amount: AmountRule = field(default_factory=AmountRule)
    time: TimeRule = field(default_factory=TimeRule)
    channels: AbstractMapping[str, Channel] = field(default_factory=dict)
    other_channel: Channel | None = Channel.OTHER  # None rejects a channel that `channels` does not name
    prefix: AbstractMapping[str, str] = field(default_factory=dict)
    ids: str = "checked"  # or any: what is no id is a name, and an id is made of it
    rates: Rates | None = None  # None: all amounts are in the default currency
    labels: Labels | None = None
    never: tuple[str, ...] = ()
    world: str | None = None
    keep: tuple[Condition, ...] = ()
    score_only: tuple[Condition, ...] = ()

    @classmethod
    def load(cls, path: Path) -> "Mapping":
        """Read a mapping file or a whole protocol file."""
        return cls.parse(Section.load(path))

    @classmethod
    def parse(cls, document: Section) -> "Mapping":
        """Read the parts of a document that concern columns; refuse what contradicts itself."""
        section = document.section("mapping")
        mapping = cls(
            columns=_columns(section.section("columns")),
            defaults=_defaults(section.section("defaults")),
            amount=_amount_rule(section.section("amount")),
            time=_time_rule(section.section("time")),
            channels=_channels(section.section("channels")),
            other_channel=_other_channel(section),
            prefix=_prefix(section.section("prefix")),
            ids=section.choice("ids", ("checked", "any"), "checked"),
            rates=_rates(section),
            labels=_labels(document),
            never=document.texts("never_features"),
            world=document.optional_text("world"),
            keep=_conditions(section.section("keep")),
            score_only=_conditions(document.section("score_only")),
        )
        section.finish()
        document.finish(NOT_THE_MAPPINGS)
        _check_whole(mapping)
        return mapping

    @property
    def base(self) -> Rates:
        """Return the rates into the base currency; without any, only the default currency is known."""
        return self.rates or Rates(self.defaults["currency"], {})


def _columns(section: Section) -> dict[str, str]:
    for name in section:
        if name not in TRANSFERS or name in DERIVED:
            raise InvalidValue(section.path(name), "is no field of a transfer", section.get(name))
    found = {name: section.text(name) for name in section}
    for name, column in found.items():
        if column == ROW_NUMBER and (name.endswith("_at") or name == "amount_minor"):
            raise InvalidValue(section.path(name), "the number of a row is no time and no amount", column)
    return found


def _defaults(section: Section) -> dict[str, str]:
    for name in section:
        if name not in TRANSFERS or name in DERIVED or name.endswith("_at") or name == "amount_minor":
            raise InvalidValue(section.path(name), "this field has no default", section.get(name))
    found = {name: section.text(name) for name in section}
    if "currency" in found:
        currency_code(found["currency"], section.path("currency"))
    if "channel" in found:
        _channel(found["channel"], section.path("channel"))
    return found


def _amount_rule(section: Section) -> AmountRule:
    rule = AmountRule(
        unit=section.choice("unit", ("units", "minor"), "units"),
        excess=section.choice("excess", ("reject", "half_even"), "reject"),
        decimal=section.choice("decimal", (".", ","), "."),
        thousands=section.text("thousands", ""),
    )
    if rule.decimal == rule.thousands:
        raise InvalidValue(section.path("thousands"), "must differ from the decimal mark", rule.thousands)
    section.finish()
    return rule


def _time_rule(section: Section) -> TimeRule:
    rule = TimeRule(
        format=section.text("format", "iso"),
        zone=section.text("zone", "UTC"),
        ambiguous=section.choice("ambiguous", ("reject", "earliest", "latest"), "reject"),
    )
    if "%" not in rule.format and rule.format not in ("iso", "epoch_s", "epoch_ms", "epoch_us"):
        raise InvalidValue(
            section.path("format"), "must be iso, epoch_s, epoch_ms, epoch_us or a strptime format", rule.format
        )
    if "%f" in rule.format:
        raise InvalidValue(section.path("format"), "a fraction of a second is %.f, with its point", rule.format)
    if not _is_zone(rule.zone):
        raise InvalidValue(section.path("zone"), "unknown time zone", rule.zone)
    section.finish()
    return rule


def _is_zone(name: str) -> bool:
    """Ask what will read the times: Python knows zones that polars does not."""
    try:
        pl.Series([0]).cast(pl.Datetime("us")).dt.replace_time_zone(name)
    except PolarsError:
        return False
    return name != ""


def _channel(text: str, path: str) -> Channel:
    try:
        return Channel(text)
    except ValueError:
        raise InvalidValue(path, f"must be one of {', '.join(Channel)}", text) from None


def _channels(section: Section) -> dict[str, Channel]:
    return {name: _channel(section.text(name), section.path(name)) for name in section}


def _other_channel(section: Section) -> Channel | None:
    text = section.text("other_channel", Channel.OTHER)
    return None if text == "reject" else _channel(text, section.path("other_channel"))


def _prefix(section: Section) -> dict[str, str]:
    found = {name: section.text(name, "") for name in ("payer", "payee")}
    section.finish()
    return {name: text for name, text in found.items() if text}


def _rates(mapping: Section) -> Rates | None:
    if "base" not in mapping:
        mapping.get("base")
        return None
    section = mapping.section("base")
    rates = section.section("rates")
    per_unit = {}
    for code in rates:
        # A YAML float is read back as its shortest text, so 520.5 means exactly 520.5.
        try:
            rate = Decimal(str(rates.get(code)))
        except InvalidOperation:
            raise InvalidValue(rates.path(code), "must be a number", rates.get(code)) from None
        if not (rate.is_finite() and rate > 0):
            raise InvalidValue(rates.path(code), "must be above zero", rates.get(code))
        per_unit[currency_code(code, rates.path(code))] = rate
    found = Rates(currency_code(section.text("currency"), section.path("currency")), per_unit)
    section.finish()
    return found


def _labels(document: Section) -> Labels | None:
    if "labels" not in document:
        document.get("labels")
        return None
    section = document.section("labels")
    found = Labels(
        column=section.text("column"),
        delay=section.days("delay_days"),
        fraud_type=section.optional_text("fraud_type"),
    )
    section.finish()
    return found


def _conditions(section: Section) -> tuple[Condition, ...]:
    return tuple(_condition(section, column) for column in section)


def _condition(section: Section, column: str) -> Condition:
    found = section.get(column)
    if isinstance(found, list):
        return Condition(column=column, one_of=section.texts(column))
    if not isinstance(found, dict):
        return Condition(column=column, one_of=(section.text(column),))
    inner = section.section(column)
    condition = Condition(
        column=column,
        none_of=inner.texts("none_of") or None,
        at_least=inner.optional_number("at_least"),
        below=inner.optional_number("below"),
    )
    inner.finish()
    return condition


def _check_whole(mapping: Mapping) -> None:
    """Refuse a mapping that cannot give transfers, or that reads a column it calls a disguised label."""
    given = {**mapping.defaults, **mapping.columns}
    if mapping.world is not None:
        given["participant"] = mapping.world
    for name in REQUIRED:
        if name not in given and not (name == "channel" and mapping.other_channel is not None):
            raise InvalidValue(f"mapping.columns.{name}", "needs a column or a default", None)
    if mapping.rates is None and "currency" not in mapping.defaults:
        raise InvalidValue("mapping.base", "is needed unless mapping.defaults.currency names the one currency", None)
    used = {f"mapping.columns.{name}": column for name, column in mapping.columns.items()}
    used |= {f"mapping.keep.{one.column}": one.column for one in mapping.keep}
    used |= {f"score_only.{one.column}": one.column for one in mapping.score_only}
    for path, column in used.items():
        if column in mapping.never or (mapping.labels is not None and column == mapping.labels.column):
            raise InvalidValue(path, "reads a column that tells the label", column)
