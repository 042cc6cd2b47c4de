"""One batch of source rows as the columns of a transfer, each checked by the domain's own functions."""

import hashlib
import ipaddress
from collections.abc import Callable
from collections.abc import Mapping as AbstractMapping
from typing import Final

import polars as pl

from antifraud.domain.errors import InvalidValue
from antifraud.domain.identifiers import account_id, iin_bin, opaque_id, phone_number, purpose_code
from antifraud.domain.money import currency_code
from antifraud.domain.transfer import Channel
from antifraud.intake.amounts import base_amounts, minor_amounts
from antifraud.intake.checked import Checked, as_text, by_value, fine, refuse
from antifraud.intake.mapping import REQUIRED, ROW_NUMBER, Mapping
from antifraud.intake.source import ROW
from antifraud.intake.times import moments
from antifraud.tables import TRANSFERS

_YES: Final = frozenset({"1", "true", "t", "yes", "y"})
_NO: Final = frozenset({"0", "false", "f", "no", "n"})
_CHANNELS: Final = frozenset(channel.value for channel in Channel)
_MAX_AGE_DAYS: Final = 100_000


def _ip(text: str, field: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise InvalidValue(field, "must be an IPv4 or IPv6 address", text) from None


_CHECKS: Final[AbstractMapping[str, Callable[[str, str], str]]] = {
    "participant": opaque_id,
    "transfer_id": opaque_id,
    "payer": account_id,
    "payee": account_id,
    "currency": currency_code,
    "purpose": purpose_code,
    "end_to_end_id": opaque_id,
    "payer_bank": opaque_id,
    "payee_bank": opaque_id,
    "payer_iin_bin": iin_bin,
    "payee_iin_bin": iin_bin,
    "payer_phone": phone_number,
    "payee_phone": phone_number,
    "device_id": opaque_id,
    "ip": _ip,
}
_IDS: Final = frozenset(name for name, check in _CHECKS.items() if check in (opaque_id, account_id))
_HEX: Final = 32


def transfer_columns(rows: pl.DataFrame, mapping: Mapping) -> list[Checked]:
    """Return the columns of TRANSFERS in order; a value that fails is null and has its reason."""
    currency = _text(rows, mapping, "currency")
    minor = minor_amounts(_source(rows, mapping, "amount_minor"), currency.values, mapping.amount)
    made = {
        "currency": currency,
        "amount_minor": minor,
        "base_minor": base_amounts(minor.values, currency.values, mapping.base),
        "occurred_at": moments(_source(rows, mapping, "occurred_at"), "occurred_at", mapping.time),
    }
    # What arrived when it occurred has one clock; a wrong one is reported once, as occurred_at.
    made["received_at"] = Checked(made["occurred_at"].values.alias("received_at"), made["occurred_at"].wrong)
    if "received_at" in mapping.columns:
        made["received_at"] = moments(_source(rows, mapping, "received_at"), "received_at", mapping.time)
    return [made[name] if name in made else _column(rows, mapping, name) for name in TRANSFERS]


def flags(text: pl.Series) -> Checked:
    """Read true and false, 1 and 0, yes and no."""
    return by_value(text, lambda value: _flag(value, text.name), pl.Boolean())


def _column(rows: pl.DataFrame, mapping: Mapping, name: str) -> Checked:
    if name not in mapping.columns and name not in mapping.defaults and name not in REQUIRED:
        return fine(pl.Series(name, [None], dtype=TRANSFERS[name]).new_from_index(0, rows.height))
    if name == "channel":
        return _channels(rows, mapping)
    if TRANSFERS[name] == pl.Boolean:
        return flags(_source_text(rows, mapping, name))
    if name == "payee_account_age_days":
        return by_value(_source_text(rows, mapping, name), _age, pl.Int32())
    return _text(rows, mapping, name)


def _text(rows: pl.DataFrame, mapping: Mapping, name: str) -> Checked:
    check = _CHECKS[name]
    source = _source_text(rows, mapping, name)
    if mapping.ids == "any" and name in _IDS:
        return _required(by_value(source, lambda text: _id_of(text, name), pl.String()))
    return _required(by_value(source, lambda text: check(text, name)))


def _id_of(text: str, field: str) -> str:
    """Return an id as it is, and for any other name one made of it: the same wherever the name stands.

    >>> _id_of("Kub and Sons, Ltd", "payee")
    'h:a19ca4b79f30ef4f30b7274be215b410'
    >>> _id_of("shop-17", "payee")
    'shop-17'
    """
    try:
        return _CHECKS[field](text, field)
    except InvalidValue:
        if "\N{REPLACEMENT CHARACTER}" in text:  # other names would have got the same marks
            raise InvalidValue(field, "holds bytes that are not UTF-8", text) from None
        return f"h:{hashlib.sha256(text.encode()).hexdigest()[:_HEX]}"


def _required(checked: Checked) -> Checked:
    """Refuse what is absent and has no other reason, if the field may not be absent."""
    values = checked.values
    if values.name not in REQUIRED:
        return checked
    return refuse(checked, values.is_null() & checked.wrong.is_null(), values, "is missing")


def _channels(rows: pl.DataFrame, mapping: Mapping) -> Checked:
    def read(text: str) -> str:
        if text in mapping.channels:
            return mapping.channels[text].value
        if text in _CHANNELS:
            return text
        if mapping.other_channel is None:
            raise InvalidValue("channel", "is not in mapping.channels", text)
        return mapping.other_channel.value

    source = _source_text(rows, mapping, "channel")
    if mapping.other_channel is not None:
        source = source.fill_null(mapping.other_channel.value)
    return _required(by_value(source, read, pl.String()))


def _source(rows: pl.DataFrame, mapping: Mapping, name: str) -> pl.Series:
    """Return the source column of a field as it is."""
    return rows[mapping.columns[name]].alias(name)


def _source_text(rows: pl.DataFrame, mapping: Mapping, name: str) -> pl.Series:
    """Return what a text field says: its column, else its default, with world and prefix in front."""
    column = mapping.world if name == "participant" and mapping.world else mapping.columns.get(name)
    if column is None:
        text = pl.Series(name, [None], dtype=pl.String).new_from_index(0, rows.height)
    else:
        text = as_text(rows[ROW if column == ROW_NUMBER else column], name)
    if name in mapping.defaults:
        text = text.fill_null(mapping.defaults[name])
    if name in ("payer", "payee"):
        text = mapping.prefix.get(name, "") + text
        if mapping.world is not None:
            text = as_text(rows[mapping.world], name) + ":" + text
    return text.alias(name)


def _flag(text: str, field: str) -> bool:
    plain = text.lower()
    if plain in _YES or plain in _NO:
        return plain in _YES
    raise InvalidValue(field, "must be true or false (1 or 0)", text)


def _age(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 9 and int(text) <= _MAX_AGE_DAYS):
        raise InvalidValue("payee_account_age_days", f"must be whole days, 0 to {_MAX_AGE_DAYS}", text)
    return int(text)
