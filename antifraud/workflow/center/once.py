"""Do what a request asks for once, however often it comes: the answer is kept with the acts it is about."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from antifraud.domain.errors import Conflict
from antifraud.workflow.center.ports import Answer, Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request that may come again: the caller's key, and a digest of all that it asks for and of who asks."""

    participant: str
    key: str
    digest: str


def once(
    page: Page, request: Request, now: datetime, kept: timedelta, work: Callable[[Page], Answer]
) -> tuple[Answer, bool]:
    """Return the answer of `work`, or the one given under the same key before, and whether it was given before.

    Raise Conflict when the key was used for something else. What `work` raises is kept nowhere: a refused request
    changed nothing and may come again.
    """
    before = page.answered(request.participant, request.key, now - kept)
    if before is not None:
        digest, answer = before
        if digest != request.digest:
            raise Conflict(f"the Idempotency-Key {request.key!r} was used for another request: take a new one")
        return answer, True
    answer = work(page)
    page.keep_answer(request.participant, request.key, request.digest, answer, now)
    return answer, False
