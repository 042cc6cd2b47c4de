"""From the bytes of a body to what passed every check, or to what is wrong with it."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final, NoReturn, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from antifraud.domain.errors import AntifraudError, InvalidValue
from antifraud.domain.money import Rates, amount
from antifraud.domain.transfer import Transfer
from api.errors import FieldProblem, InvalidFields, MalformedBody, WrongContentType, shown
from api.schemas import MAX_BATCH, TransferIn

_BATCH: Final = TypeAdapter(list[TransferIn])
_MOST_PROBLEMS: Final = 50
_BODY: Final = "body"
_Model = TypeVar("_Model", bound=BaseModel)


class Incoming:
    """A checked transfer and who sent it: the `TransferRequest` of this edge."""

    __slots__ = ("_base_minor", "_body", "participant")

    def __init__(self, participant: str, body: TransferIn, base_minor: int) -> None:
        self.participant = participant
        self._body = body
        self._base_minor = base_minor

    @property
    def transfer_id(self) -> str:
        """Name it, among all that this participant sends."""
        return self._body.transfer_id

    @property
    def occurred_at(self) -> datetime:
        """Return when the payer gave the instruction."""
        return self._body.occurred_at

    def received(self, at: datetime) -> Transfer:
        """Return the transfer as received at that moment."""
        return Transfer(
            participant=self.participant, base_minor=self._base_minor, received_at=at, **self._body.__dict__
        )


class Reader:
    """Reads transfers out of bodies; `latest_occurrence` is the end of what may have occurred by now."""

    def __init__(self, rates: Rates, latest_occurrence: Callable[[], datetime]) -> None:
        self._rates = rates
        self._latest_occurrence = latest_occurrence

    @property
    def base_currency(self) -> str:
        """Name the currency that sums of an account are in."""
        return self._rates.base

    def one(self, participant: str, body: bytes) -> Incoming:
        """Return the transfer in `body`; raise MalformedBody, InvalidFields or InvalidValue."""
        return self._incoming(participant, read_object(TransferIn, body))

    def batch(self, participant: str, body: bytes) -> list[Incoming | AntifraudError]:
        """Return the transfers of a JSON array in order, and what is wrong with one in its place.

        Raise MalformedBody or InvalidFields when the whole cannot be read.
        """
        try:
            read = _BATCH.validate_json(body)
        except ValidationError as wrong:
            first = wrong.errors(include_url=False, include_context=False)[0]
            if not first["loc"]:  # not an array, or not even JSON
                _refuse(wrong)
            pieces = list(_items(body))
            _check_length(len(pieces))
            return [self._or_error(participant, piece) for piece in pieces]
        _check_length(len(read))
        if not _each_name_once(body, read):
            return [self._or_error(participant, piece) for piece in _items(body)]
        return [self._checked_or_error(participant, each) for each in read]

    def _incoming(self, participant: str, read: TransferIn) -> Incoming:
        if read.occurred_at > self._latest_occurrence():
            raise InvalidValue("occurred_at", "lies in the future", read.occurred_at.isoformat())
        base_minor = self._rates.base_minor(read.amount_minor, read.currency)
        return Incoming(participant, read, amount(base_minor, "amount_minor"))

    def _or_error(self, participant: str, piece: bytes) -> Incoming | AntifraudError:
        try:
            return self.one(participant, piece)
        except AntifraudError as error:
            return error

    def _checked_or_error(self, participant: str, read: TransferIn) -> Incoming | AntifraudError:
        try:
            return self._incoming(participant, read)
        except AntifraudError as error:
            return error


def refuse_packed(encoding: str) -> None:
    """Refuse a body that would have to be unpacked: a small one could become one without an end."""
    if encoding.strip().lower() not in ("", "identity"):
        raise WrongContentType(f"the body must come as it is, without Content-Encoding, was {encoding!r}")


def read_object(model: type[_Model], body: bytes) -> _Model:
    """Return the flat JSON object in `body` as a `model`; raise MalformedBody or InvalidFields."""
    try:
        read = model.model_validate_json(body)
    except ValidationError as wrong:
        _refuse(wrong)
    if not _each_name_once(body, (read,)):
        _refuse_repeated_names(body)
    return read


def invalid_fields(found: Sequence[Any], *, secret: bool = False) -> InvalidFields:
    """Return what pydantic found as problems of fields; of what is `secret` nothing is repeated."""
    return InvalidFields(
        [
            FieldProblem(
                ".".join(map(str, each["loc"])) or _BODY,
                each["msg"],
                None if secret or each["type"] == "missing" else shown(each["input"]),
            )
            for each in found[:_MOST_PROBLEMS]
        ]
    )


def _refuse(wrong: ValidationError) -> NoReturn:
    first = wrong.errors(include_url=False, include_context=False)[0]
    if first["type"] == "json_invalid":  # the message has the position
        raise MalformedBody(first["msg"]) from None
    raise invalid_fields(wrong.errors(include_url=False, include_context=False)) from None


def _check_length(count: int) -> None:
    if not 1 <= count <= MAX_BATCH:
        raise InvalidFields([FieldProblem(_BODY, f"a batch has 1 to {MAX_BATCH} transfers", str(count))])


def _each_name_once(body: bytes, read: Sequence[BaseModel]) -> bool:
    """Say whether no object in `body` has a name twice; False may also mean "look closer".

    The parser keeps the last of two. A flat object without escapes has two quotes for each name and two for
    each text in it, so counting quotes finds a name too many without reading the body twice.
    """
    if b"\\" in body:
        return False
    texts = 0
    for each in read:
        values, given = each.__dict__, each.model_fields_set
        texts += len(given)
        for name in given:
            value = values[name]
            texts += value is not None and not isinstance(value, int)
    return body.count(b'"') == 2 * texts


def _refuse_repeated_names(body: bytes) -> None:
    """Raise InvalidFields for names that the object in `body` has twice, if there are any."""
    names = [name for name, _ in json.loads(body, object_pairs_hook=list)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidFields([FieldProblem(name, "stands twice in the same object", None) for name in twice])


def _items(body: bytes) -> Iterator[bytes]:
    """Yield the text of each item of the JSON array in `body`, which is known to be well-formed."""
    text = body.decode()
    decoder = json.JSONDecoder()
    at = text.index("[") + 1
    while True:
        at = _skip(text, at)
        if text[at] == "]":
            return
        try:
            _, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            raise MalformedBody(f"item at character {at} cannot be read: {type(error).__name__}") from None
        yield text[at:end].encode()
        at = _skip(text, end)
        at += text[at] == ","


def _skip(text: str, at: int) -> int:
    while text[at] in " \t\r\n":
        at += 1
    return at
