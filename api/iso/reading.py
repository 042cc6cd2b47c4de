"""XML from outside: parsed without entities, and read by paths, so that an error says where."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, Self
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from antifraud.domain.errors import InvalidValue
from antifraud.domain.money import MINOR_DIGITS, amount, currency_code
from api.errors import MalformedBody

_DEEPEST: Final = 32
_NAMESPACE: Final = re.compile(r"urn:iso:std:iso:20022:tech:xsd:(?P<name>[a-z]{4}\.\d{3}\.\d{3}\.\d{2})")
_AMOUNT: Final = re.compile(r"\d{1,18}(\.\d{0,5})?")


@dataclass(frozen=True, slots=True)
class Node:
    """An element and where it stands, as `CdtTrfTxInf[2]/PmtId`."""

    element: Element
    path: str = ""

    def maybe(self, path: str) -> Self | None:
        """Return the element at a path below, None where there is none; raise InvalidValue for more than one."""
        node = self
        for name in path.split("/"):
            found = node._named(name)
            if not found:
                return None
            if len(found) > 1:
                raise InvalidValue(node._below(name), "stands more than once", len(found))
            node = type(self)(found[0], node._below(name))
        return node

    def one(self, path: str) -> Self:
        """Return the element at a path below; raise InvalidValue when it is missing."""
        found = self.maybe(path)
        if found is None:
            raise InvalidValue(self._below(path), "is missing", None)
        return found

    def all(self, name: str) -> Sequence[Self]:
        """Return all elements of a name right below, counted from 1 in their paths."""
        return [
            type(self)(each, f"{self._below(name)}[{number}]") for number, each in enumerate(self._named(name), start=1)
        ]

    def text(self, path: str, longest: int = 140) -> str | None:
        """Return what stands at a path below, None where nothing does."""
        found = self.maybe(path)
        return None if found is None else found.own_text(longest)

    def needed(self, path: str, longest: int = 140) -> str:
        """Return what stands at a path below; raise InvalidValue when nothing does."""
        return self.one(path).own_text(longest)

    def own_text(self, longest: int = 140) -> str:
        """Return the text of this element; raise InvalidValue for none, too much, or further elements in it."""
        if len(self.element):
            raise InvalidValue(self.path, "holds a text, not further elements", self.element[0].tag)
        text = (self.element.text or "").strip()
        if not 1 <= len(text) <= longest:
            raise InvalidValue(self.path, f"must have 1 to {longest} characters", text)
        return text

    def moment(self, path: str) -> datetime:
        """Return a moment, aware UTC; raise InvalidValue for one without an offset: none is guessed."""
        found = self.one(path)
        text = found.own_text(40)
        try:
            read = datetime.fromisoformat(text)
        except ValueError:
            raise InvalidValue(found.path, "must be a date and time", text) from None
        if read.tzinfo is None:
            raise InvalidValue(found.path, "must have an offset, as +05:00", text)
        return read.astimezone(UTC)

    def money(self, path: str) -> tuple[int, str]:
        """Return an amount in minor units with its currency; raise InvalidValue for what is no whole minor unit."""
        found = self.one(path)
        code = currency_code(found.element.get("Ccy") or "", f"{found.path}/@Ccy")
        text = found.own_text(24)
        if _AMOUNT.fullmatch(text) is None:
            raise InvalidValue(found.path, "must be a decimal number, as 1500.00", text)
        minor = Decimal(text).scaleb(MINOR_DIGITS[code])
        if minor != minor.to_integral_value():
            raise InvalidValue(found.path, f"{code} has {MINOR_DIGITS[code]} digits after the point", text)
        return amount(int(minor), found.path), code

    def _named(self, name: str) -> Sequence[Element]:
        return [each for each in self.element if _local(each.tag) == name]

    def _below(self, name: str) -> str:
        return f"{self.path}/{name}" if self.path else name


def read_message(body: bytes, kind: str, root: str) -> tuple[Node, str]:
    """Return the message of a document, as `FIToFICstmrCdtTrf`, and its name, as `pacs.008.001.08`.

    `kind` is what the name has to begin with. Raise MalformedBody for what is no such XML: entities and document types
    are refused unread.
    """
    try:
        document = fromstring(body, forbid_dtd=True)
    except DefusedXmlException as refused:
        raise MalformedBody(f"document types and entities are not read: {type(refused).__name__}") from None
    except (ParseError, ValueError, LookupError) as wrong:  # LookupError: an encoding that nobody knows
        raise MalformedBody(f"the body is no XML: {wrong}") from None
    _check_depth(document)
    namespace = _NAMESPACE.fullmatch(document.tag[1:].partition("}")[0])
    if _local(document.tag) != "Document" or namespace is None or not namespace["name"].startswith(kind):
        raise MalformedBody(f"the body must be a Document of {kind}, was {document.tag[:120]}")
    return Node(Node(document).one(root).element), namespace["name"]  # paths are told from here


def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2]


def _check_depth(document: Element) -> None:
    level, depth = [document], 0
    while level:
        depth += 1
        if depth > _DEEPEST:
            raise MalformedBody(f"elements stand within each other more than {_DEEPEST} deep")
        level = [child for each in level for child in each]
