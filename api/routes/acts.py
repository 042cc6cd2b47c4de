"""What every route shares that shows a life or lets somebody act on one: who, once for each key, on what was seen."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, TypeVar

from fastapi import Depends, Response
from fastapi.params import Depends as DependsOn
from pydantic import BaseModel

from antifraud.domain.center.life import Life
from antifraud.domain.center.people import Actor
from antifraud.domain.errors import Unavailable
from antifraud.workflow.center.ports import Page, Selection
from antifraud.workflow.center.seeing import Signed, seen
from api.acting import ACTED, Asked, act, act_on, asked, etag
from api.auth import Caller, Scope
from api.engine import Engine
from api.paging import page_of
from api.routes.access import TheEngine, caller_with, refusals
from api.views.asking import ActIn
from api.views.life import LifeOut

L = TypeVar("L", bound=Life)
V = TypeVar("V", bound=LifeOut)


@dataclass(frozen=True, slots=True)
class Reading:
    """A request of somebody who may read."""

    engine: Engine
    caller: Caller

    @property
    def actor(self) -> Actor:
        """Return who asks."""
        return self.caller.actor

    async def one(self, kind: type[L], life_id: object, response: Response) -> L:
        """Return a life that the caller may see, note that it was looked at, and say its version."""
        life = await self.engine.center.read(lambda page: seen(page, kind, str(life_id), self.actor))
        await self.engine.looks.note(self.caller, [life])
        response.headers["ETag"] = etag(life.version)
        return life

    async def page(self, kind: type[L], selection: Selection) -> tuple[Sequence[L], str | None]:
        """Return one page of lives, with the cursor of the next, and note those of others."""
        shown, more = await page_of(self.engine.center, kind, selection)
        await self.engine.looks.note_overview(self.caller, shown)
        return shown, more


@dataclass(frozen=True, slots=True)
class Acting:
    """A request of somebody who acts."""

    engine: Engine
    caller: Caller
    asked: Asked

    @property
    def actor(self) -> Actor:
        """Return who acts."""
        return self.caller.actor

    async def begin(self, work: Callable[[Page, datetime], LifeOut], *, status: int = 201) -> Response:
        """Do `work`, which begins a life, once for each key."""
        answer = await act(self.engine.center, self.actor, self.asked, work, status=status)
        await met_at_once(self.engine)
        return answer

    async def on(
        self, body: ActIn, work: Callable[[Page, Signed], L], shown: Callable[[L, Actor], LifeOut]
    ) -> Response:
        """Do `work`, signed by who acts, and answer with the life as he may see it."""
        answer = await act_on(self.engine.center, self.actor, self.asked, body, work, shown)
        await met_at_once(self.engine)
        return answer


async def met_at_once(engine: Engine) -> None:
    """Let the very next transfer meet what an act changed; the act is done whether or not that can be read now."""
    with suppress(Unavailable):
        await engine.watching.refresh()


def reading_with(scope: Scope) -> DependsOn:
    """Return a dependency: a request that reads, of a caller with `scope`."""
    caller_of = Depends(caller_with(scope))

    async def reading(engine: TheEngine, caller: Annotated[Caller, caller_of]) -> Reading:
        return Reading(engine, caller)

    found: DependsOn = Depends(reading)
    return found


def acting_with(scope: Scope) -> DependsOn:
    """Return a dependency: a request that acts, of a caller with `scope`, when it is its turn."""
    caller_of = Depends(caller_with(scope))

    async def acting(
        engine: TheEngine, caller: Annotated[Caller, caller_of], request: Annotated[Asked, Depends(asked)]
    ) -> AsyncIterator[Acting]:
        async with engine.turns.one(caller.participant):
            yield Acting(engine, caller, request)

    # The turn ends with the act: who is slow to read the answer keeps nobody waiting.
    found: DependsOn = Depends(acting, scope="function")
    return found


def begins(model: type[BaseModel]) -> dict[str, Any]:
    """Document a route that begins a life."""
    return {
        "status_code": 201,
        "response_model": model,
        "response_description": "Begun, and durable",
        "responses": refusals(400, 401, 403, 404, 409, 422, 503) | {201: ACTED},
    }


def acts(model: type[BaseModel]) -> dict[str, Any]:
    """Document a route that acts on a life."""
    return {
        "response_model": model,
        "response_description": "Done, and durable: the life as it is now",
        "responses": refusals(400, 401, 403, 404, 409, 422, 503) | {200: ACTED},
    }


READS_ONE: Final[dict[str, Any]] = {
    "response_description": "As it is now",
    "responses": refusals(401, 403, 404, 422, 503) | {200: ACTED},
}
"""Documents a route that shows one life."""

READS_MANY: Final[dict[str, Any]] = {
    "response_description": "Those whose clock speaks first in front",
    "responses": refusals(401, 403, 422, 503),
}
"""Documents a route that lists lives."""
