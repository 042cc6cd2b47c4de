"""XML that we send: built as a tree, so that nothing people wrote can break out of its element."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, Union
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from antifraud.domain.money import MINOR_DIGITS

_NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:"
_UNPRINTABLE: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Part = tuple[str, Union[str, Sequence["Part"], "Amount", None]]
"""An element: its name, and its text, its parts, or an amount; None leaves it out."""


class Amount:
    """A sum as ISO 20022 writes it."""

    def __init__(self, minor: int, currency: str) -> None:
        self.text = str(Decimal(minor).scaleb(-MINOR_DIGITS[currency]))
        self.currency = currency


def document(name: str, root: str, parts: Sequence[Part]) -> bytes:
    """Return the bytes of a message, as `pacs.002.001.10` with the root `FIToFIPmtStsRpt`."""
    namespace = _NAMESPACE + name
    register_namespace("", namespace)
    top = Element(f"{{{namespace}}}Document")
    _fill(SubElement(top, f"{{{namespace}}}{root}"), parts, namespace)
    written: bytes = tostring(top, encoding="utf-8", xml_declaration=True)
    return written


def iso_moment(at: datetime) -> str:
    """Return a moment as ISODateTime, in UTC."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _fill(element: Element, parts: Sequence[Part], namespace: str) -> None:
    for name, value in parts:
        if value is None:
            continue
        child = SubElement(element, f"{{{namespace}}}{name}")
        if isinstance(value, str):
            child.text = _UNPRINTABLE.sub("?", value)
        elif isinstance(value, Amount):
            child.text = value.text
            child.set("Ccy", value.currency)
        else:
            _fill(child, value, namespace)
