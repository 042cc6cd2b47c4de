"""Decisions: the documentation of the endpoints, and looking up what was decided."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Depends, Header, Path, Response

from antifraud.domain.errors import NotFound
from api.auth import Caller, Scope
from api.looking import personal
from api.routes.access import DOCUMENTED_KEYS, REPLAYED, TheEngine, caller_with, declared, refusals
from api.schemas import BUDGET_HEADER, MAX_BATCH, BatchItem, DecisionOut, OpaqueId, TransferIn

ONE: Final = "/v1/decisions"
BATCH: Final = "/v1/decisions/batch"

Budget = Annotated[
    int | None,
    Header(
        alias=BUDGET_HEADER,
        ge=1,
        description="Milliseconds for the decision, at most what the operator has set: what is not decided by then "
        "is decided blind, and `degraded` says so.",
    ),
]

router: Final = APIRouter(tags=["decisions"])
_REPEATED: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "model": DecisionOut,
        "description": "This transfer was decided before: the first answer again, byte for byte",
        "headers": REPLAYED,
    }
}


@router.post(
    ONE,
    operation_id="decide",
    status_code=201,
    response_description="Decided now, and durable",
    dependencies=declared(Scope.WRITE_DECISIONS),
    responses=_REPEATED | refusals(400, 401, 403, 409, 413, 415, 422, 503),
)
async def decide(transfer: TransferIn, budget: Budget = None) -> DecisionOut:
    """Answer allow, hold or block for one transfer, before it is executed.

    Send the same transfer again whenever no answer came: the same `transfer_id` gets the first answer again.
    With another body it is a conflict (409). On 503 there is no answer; wait for `Retry-After` and send the same.
    """
    raise NotImplementedError("api.posts.Posts.decide serves this path")


@router.post(
    BATCH,
    operation_id="decideBatch",
    status_code=200,
    response_description="One item a transfer, in order, each with its own status",
    dependencies=declared(Scope.WRITE_DECISIONS),
    responses=refusals(400, 401, 403, 413, 415, 422, 503),
)
async def decide_batch(
    transfers: Annotated[list[TransferIn], Body(min_length=1, max_length=MAX_BATCH)],
    budget: Budget = None,
) -> list[BatchItem]:
    """Decide many transfers in order; each is history for those after it.

    A transfer that is refused (409 or 422) has a problem in its place and does not touch the others. All that
    are decided become durable together; on 503 none is answered, and the whole batch can be sent again.
    """
    raise NotImplementedError("api.posts.Posts.decide_batch serves this path")


@router.get(
    ONE + "/{transfer_id}",
    operation_id="getDecision",
    response_model=DecisionOut,
    response_description="The answer as it was given, byte for byte",
    dependencies=DOCUMENTED_KEYS,
    responses=refusals(401, 403, 404, 422, 503),
)
@personal
async def get_decision(
    transfer_id: Annotated[OpaqueId, Path()],
    engine: TheEngine,
    caller: Annotated[Caller, Depends(caller_with(Scope.READ_DECISIONS))],
) -> Response:
    """Return what was decided about one of the caller's own transfers."""
    recorded = await engine.desk.find(caller.participant, transfer_id)
    if recorded is None:
        raise NotFound(f"transfer {transfer_id} of {caller.participant} was never decided")
    await engine.looks.note(caller, transfers=[f"{caller.participant}/{transfer_id}"])
    return Response(recorded.answer, media_type="application/json")
