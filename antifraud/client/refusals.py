"""What the engine refuses, as exceptions that name the fields; and that it did not answer at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field, and what it was."""

    field: str
    problem: str
    was: str | None


class Refused(Exception):
    """A problem document (RFC 9457): sending the same again does not help. `code` is stable, as `invalid-fields`.

    >>> str(Refused(409, {"type": "urn:antifraud:problem:conflict", "title": "No", "detail": "this was decided"}))
    '409 conflict: this was decided'
    """

    def __init__(self, status: int, document: Mapping[str, Any]) -> None:
        self.status = status
        self.document = document
        self.code = str(document.get("type", "about:blank")).rpartition(":")[2]
        self.errors = tuple(
            FieldError(each["field"], each["problem"], each.get("was")) for each in document.get("errors", ())
        )
        super().__init__(
            f"{status} {self.code}: {document.get('detail') or document.get('title') or 'no reason given'}"
        )

    @classmethod
    def of(cls, status: int, document: object) -> Self:
        """Return the refusal that an answer is, whatever stands in it."""
        return cls(status, document if isinstance(document, Mapping) else {"detail": str(document)[:300]})


class Unanswered(Exception):
    """No answer came, however often the same was sent: it may have been done, and may be sent once more."""
