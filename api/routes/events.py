"""The feed: all acts that a participant may read, in order, after a cursor that it keeps itself."""

from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import JSONResponse

from antifraud.domain.center.audience import reads_as
from antifraud.domain.errors import InvalidValue
from antifraud.workflow.center.ports import Listening
from api.auth import Caller, Scope
from api.exchange.events import BATCH, PREFIX, EventOut, event_of, event_types
from api.looking import personal
from api.routes.access import DOCUMENTED_KEYS, TheEngine, caller_with, refusals

EVENTS: Final = "/v1/events"
MOST: Final = 1_000
_NO_FURTHER: Final = (1 << 63) - 1


class BatchResponse(JSONResponse):
    """A CloudEvents batch."""

    media_type = BATCH

    def render(self, content: list[EventOut]) -> bytes:
        """Return the events as JSON."""
        return orjson.dumps([each.model_dump(mode="json") for each in content])


router: Final = APIRouter(tags=["exchange"], dependencies=DOCUMENTED_KEYS)
Reader = Annotated[Caller, Depends(caller_with(Scope.READ_FEED))]


@router.get(
    EVENTS,
    operation_id="readEvents",
    response_class=BatchResponse,
    response_model=list[EventOut],
    response_description="A CloudEvents batch, in order; an empty one when there is nothing more yet",
    responses=refusals(401, 403, 422, 503)
    | {200: {"headers": {"Link": {"schema": {"type": "string"}, "description": 'Where to go on, `rel="next"`.'}}}},
)
@personal
async def read_events(
    engine: TheEngine,
    caller: Reader,
    after: Annotated[
        int, Query(ge=0, le=_NO_FURTHER, description="The `sequence` of the last event you have; 0: the beginning.")
    ] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    types: Annotated[
        list[str] | None, Query(alias="type", description="Only these types; may be given again; default: all.")
    ] = None,
) -> Response:
    """Read what happened after a place in the journal: everything the caller's organisation may see, and nothing twice.

    Keep the last `sequence` together with what you did about it, in one transaction, and each event has its effect
    exactly once whatever fails. No event appears before one that you were given already.
    """
    for each in types or ():
        if each not in event_types():
            raise InvalidValue("type", "is none of docs/events.md", each)
    asked = Listening(
        readers=reads_as(caller.participant, caller.role),
        after=after,
        names=[each.removeprefix(PREFIX) for each in types or ()],
        limit=limit,
    )
    events = [event_of(each) for each in await engine.center.read(lambda page: page.told(asked))]
    await engine.looks.note(caller, journal="events")
    place = events[-1].sequence if events else str(after)
    narrowed = "".join(f"&type={each}" for each in types or ())
    return BatchResponse(
        events,
        headers={"Link": f'<{EVENTS}?after={place}&limit={limit}{narrowed}>; rel="next"'},
    )
