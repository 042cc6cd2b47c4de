"""From an error to a status and a problem document (RFC 9457): one table, and nothing else decides."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Final

import orjson

from antifraud.domain.errors import (
    AntifraudError,
    Conflict,
    DamagedFile,
    FingerprintMismatch,
    InvalidValue,
    NotDurable,
    NotFound,
    NotPermitted,
    TransferConflict,
    Unavailable,
)

PROBLEM_JSON: Final = "application/problem+json"
_TYPE: Final = "urn:antifraud:problem:"
_LONGEST_VALUE: Final = 80
_RETRY_AFTER_S: Final = "1"


class NotAuthenticated(AntifraudError):
    """The request brings no API key and no session that is valid now, or what should prove a person does not."""


class SecondFactorNeeded(NotAuthenticated):
    """The password is right, and this person signs in with a code besides."""


class TooManyAttempts(AntifraudError):
    """Somebody guessed too often: nothing is judged before so many seconds have passed."""

    def __init__(self, wait: timedelta) -> None:
        self.seconds = max(1, math.ceil(wait.total_seconds()))
        super().__init__(f"too many attempts failed: try again in {self.seconds} seconds")


class MalformedBody(AntifraudError):
    """The body is not what its content type says; the message has the position."""


class BodyTooLarge(AntifraudError):
    """The body is larger than this endpoint takes."""


class WrongContentType(AntifraudError):
    """The body is of a type that this endpoint does not read."""


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field, and what it was, shortened."""

    field: str
    problem: str
    was: str | None


class InvalidFields(AntifraudError):
    """One or more fields hold what they may not."""

    def __init__(self, errors: Sequence[FieldProblem]) -> None:
        super().__init__("; ".join(f"{error.field}: {error.problem}" for error in errors))
        self.errors = tuple(errors)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an error is over HTTP."""

    status: HTTPStatus
    code: str
    title: str
    headers: Mapping[str, str]


def _means(status: HTTPStatus, code: str, title: str, **headers: str) -> Meaning:
    return Meaning(status, code, title, {name.replace("_", "-"): value for name, value in headers.items()})


_INVALID: Final = _means(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-fields", "Some fields hold what they may not")
_MISSING_PART: Final = _means(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", "Not now", Retry_After=_RETRY_AFTER_S)

MEANINGS: Final[Mapping[type[AntifraudError], Meaning]] = {
    MalformedBody: _means(HTTPStatus.BAD_REQUEST, "malformed-body", "The body cannot be read"),
    NotAuthenticated: _means(
        HTTPStatus.UNAUTHORIZED, "not-authenticated", "A valid API key or session is needed", WWW_Authenticate="Bearer"
    ),
    SecondFactorNeeded: _means(HTTPStatus.UNAUTHORIZED, "second-factor-needed", "A code is needed besides"),
    TooManyAttempts: _means(HTTPStatus.TOO_MANY_REQUESTS, "too-many-attempts", "Too many attempts failed"),
    NotPermitted: _means(HTTPStatus.FORBIDDEN, "not-permitted", "The caller may not do that"),
    NotFound: _means(HTTPStatus.NOT_FOUND, "not-found", "There is no such thing"),
    TransferConflict: _means(HTTPStatus.CONFLICT, "transfer-conflict", "This transfer was decided with another body"),
    Conflict: _means(HTTPStatus.CONFLICT, "conflict", "This contradicts what is recorded"),
    BodyTooLarge: _means(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body-too-large", "The body is too large"),
    WrongContentType: _means(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "wrong-content-type", "The body is of another type than is read here"
    ),
    InvalidFields: _INVALID,
    InvalidValue: _INVALID,
    NotDurable: _means(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "not-durable",
        "It could not be recorded, so it does not count",
        Retry_After=_RETRY_AFTER_S,
    ),
    Unavailable: _MISSING_PART,
    FingerprintMismatch: _MISSING_PART,
    DamagedFile: _MISSING_PART,
}

_UNEXPECTED: Final = _means(HTTPStatus.INTERNAL_SERVER_ERROR, "unexpected", "Something went wrong here")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A problem document ready to send."""

    status: int
    body: bytes
    headers: Mapping[str, str]


def refusal_of(error: Exception) -> Refusal:
    """Return what to answer when `error` was raised; an unexpected one tells the caller nothing about itself.

    >>> refusal_of(InvalidValue("amount_minor", "must be above zero", -5)).status
    422
    """
    known = next((each for each in type(error).__mro__ if each in MEANINGS), None)
    meaning = _UNEXPECTED if known is None else MEANINGS[known]
    return problem(
        meaning.status,
        meaning.code,
        meaning.title,
        None if known is None else str(error)[:1000],
        _field_problems(error),
        {**meaning.headers, "Retry-After": str(error.seconds)}
        if isinstance(error, TooManyAttempts)
        else meaning.headers,
    )


def problem(
    status: int,
    code: str,
    title: str,
    detail: str | None = None,
    errors: Sequence[FieldProblem] = (),
    headers: Mapping[str, str] | None = None,
) -> Refusal:
    """Return a problem document; `errors` names the fields."""
    document: dict[str, object] = {"type": _TYPE + code, "title": title, "status": int(status)}
    if detail is not None:
        document["detail"] = _printable(detail)
    if errors:
        document["errors"] = [
            {"field": _printable(each.field), "problem": each.problem, "was": each.was} for each in errors
        ]
    return Refusal(int(status), orjson.dumps(document), headers or {})


def shown(value: object) -> str:
    """Return a value as it can be shown to whoever sent it: short, as JSON, and whole numbers of any length."""
    try:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    except ValueError:  # a whole number of thousands of digits
        text = "a very long number"
    return _printable(text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}...")


def _field_problems(error: Exception) -> Sequence[FieldProblem]:
    if isinstance(error, InvalidFields):
        return error.errors
    if isinstance(error, InvalidValue):
        return (FieldProblem(error.field, error.problem, None if error.was is None else shown(error.was)),)
    return ()


def _printable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()  # half a surrogate pair is not UTF-8
