"""What every route that acts in the Center shares: once for each key, on the version that was seen, with an ETag."""

import hmac
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, TypeVar

import orjson
from fastapi import Header, Request, Response

from antifraud.domain.center.life import Life
from antifraud.domain.center.people import Actor
from antifraud.domain.errors import InvalidValue
from antifraud.workflow.center import once
from antifraud.workflow.center.ports import Answer, Page
from antifraud.workflow.center.seeing import Signed
from api.center import Center
from api.views.asking import ActIn
from api.views.life import LifeOut

L = TypeVar("L", bound=Life)

_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")
_ETAG: Final = re.compile(r'"([1-9]\d{0,8})"', re.ASCII)
_ANY: Final = "*"

ACTED: Final[dict[str, Any]] = {
    "headers": {
        "ETag": {"schema": {"type": "string"}, "description": "The version of the life: send it as `If-Match`."},
        "Idempotent-Replay": {
            "schema": {"type": "string", "const": "true"},
            "description": "Only on an answer that was given before under the same Idempotency-Key.",
        },
    }
}
"""Documents what `act` answers with, beside the body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How a request may be told from another, and on which version of a life it insists."""

    key: str | None
    version: int | None
    what: bytes  # method, path and body, in one spelling


async def asked(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(max_length=255, description="Any text of your own, new for each act: the same again is done once."),
    ] = None,
    if_match: Annotated[
        str | None, Header(description='The ETag that you saw, as "3": somebody else may have acted since.')
    ] = None,
) -> Asked:
    """Read the headers of a request that acts; raise InvalidValue for those that mean nothing."""
    if idempotency_key is not None and _KEY.fullmatch(idempotency_key) is None:
        raise InvalidValue("Idempotency-Key", "must be 1 to 255 visible ASCII characters", idempotency_key)
    place = f"{request.method} {request.url.path}?{request.url.query}\n"
    body = await request.body()
    return Asked(key=idempotency_key, version=_version(if_match), what=place.encode() + _one_spelling(body))


async def act(
    center: Center,
    actor: Actor,
    asked: Asked,
    work: Callable[[Page, datetime], LifeOut],
    *,
    status: int = 200,
) -> Response:
    """Do `work` in one transaction with the keeping of its answer, and answer with the life it made.

    `work` gets the page and the moment, in the book's thread. The same request under the same key gets the same
    bytes again; another one under it is a conflict.
    """
    now = center.now()

    def answered(page: Page) -> Answer:
        made = work(page, now)
        return Answer(status=status, body=made.model_dump_json().encode(), version=made.version)

    def done(page: Page) -> tuple[Answer, bool]:
        if asked.key is None:
            return answered(page), False
        request = once.Request(
            participant=actor.participant, key=asked.key, digest=_digest(actor, asked, center.request_key)
        )
        return once.once(page, request, now, center.policy.answers_kept, answered)

    answer, repeated = await center.write(done)
    response = Response(answer.body, answer.status, media_type="application/json")
    if answer.version is not None:
        response.headers["ETag"] = etag(answer.version)
    if repeated:
        response.headers["Idempotent-Replay"] = "true"
    return response


async def act_on(
    center: Center,
    actor: Actor,
    asked: Asked,
    body: ActIn,
    work: Callable[[Page, Signed], L],
    shown: Callable[[L, Actor], LifeOut],
) -> Response:
    """Do `work`, signed by the actor, as `act` does, and answer with the life as the actor may see it."""

    def done(page: Page, now: datetime) -> LifeOut:
        signed = Signed(
            actor=actor,
            now=now,
            version=asked.version,
            reason=body.reason,
            ground=body.ground,
        )
        return shown(work(page, signed), actor)

    return await act(center, actor, asked, done)


def etag(version: int) -> str:
    """Return the ETag of a life at a version."""
    return f'"{version}"'


def _version(if_match: str | None) -> int | None:
    if if_match is None or if_match.strip() == _ANY:
        return None
    found = _ETAG.fullmatch(if_match.strip())
    if found is None:
        raise InvalidValue("If-Match", 'must be an ETag of this API, as "3"', if_match)
    return int(found[1])


def _digest(actor: Actor, asked: Asked, key: bytes) -> str:
    """Return what tells this request from another: also who asks, in which role, and the version insisted on.

    It is kept beside the answer and made with a key: of a request that names a person by a number of twelve digits, all
    numbers could be tried otherwise.
    """
    who = orjson.dumps([actor.participant, actor.role, actor.person, asked.version])
    return hmac.digest(key, who + b"\n" + asked.what, "sha256").hex()


def _one_spelling(body: bytes) -> bytes:
    """Return a JSON body with its names in order, so that the same said twice is the same; others as they are."""
    try:
        return orjson.dumps(json.loads(body), option=orjson.OPT_SORT_KEYS)
    except (ValueError, TypeError, RecursionError):
        return body
