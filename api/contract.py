"""The OpenAPI document: what FastAPI sees of the routes, and what stands before all of them."""

from typing import Any, Final

from api.routes.access import refusals

_METHODS: Final = frozenset({"get", "put", "post", "delete", "patch"})
_OF_ANY_BODY: Final = (400, 413)  # it is no text at all or nested without end; it is longer than is read


def completed(document: dict[str, Any]) -> dict[str, Any]:
    """Add to each operation with a body what is refused before the operation is asked."""
    for path in document["paths"].values():
        for method, operation in path.items():
            if method in _METHODS and "requestBody" in operation:
                before = {str(status): said for status, said in refusals(*_OF_ANY_BODY).items()}
                answers = before | operation["responses"]
                operation["responses"] = {status: answers[status] for status in sorted(answers)}
    return document
