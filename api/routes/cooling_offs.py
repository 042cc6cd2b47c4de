"""Cooling-off of online loans: announce a payout, confirm after the pause, pay out."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from antifraud.domain.center.cooling_off import PENDING, CoolingOff, CoolingOffStatus
from antifraud.domain.center.identifiers import IdentifierKind
from antifraud.workflow.center import lending
from antifraud.workflow.center.lending import LoanRequest
from antifraud.workflow.center.ports import Page
from antifraud.workflow.center.seeing import Signed, seen
from api.acting import ACTED, Asked, act, act_on, asked, etag
from api.auth import Caller, Scope
from api.paging import Cursor, Limit, page_of, selection_of
from api.routes.access import DOCUMENTED_KEYS, TheEngine, caller_with, refusals
from api.views.asking import ActIn
from api.views.cooling_off import CoolingOffIn, CoolingOffOut, CoolingOffPage

COOLING_OFFS: Final = "/v1/cooling-offs"
_ONE: Final = COOLING_OFFS + "/{cooling_off_id}"

router: Final = APIRouter(tags=["cooling-off of loans"], dependencies=DOCUMENTED_KEYS)
Reader = Annotated[Caller, Depends(caller_with(Scope.READ_HOLDS))]
Writer = Annotated[Caller, Depends(caller_with(Scope.WRITE_HOLDS))]
TheAsked = Annotated[Asked, Depends(asked)]
_ACTS: Final[dict[str, Any]] = {
    "response_model": CoolingOffOut,
    "response_description": "Done, and durable: the payout as it is now",
    "responses": {200: ACTED} | refusals(400, 401, 403, 404, 409, 422, 503),
}


@router.post(
    COOLING_OFFS,
    operation_id="announceLoan",
    status_code=201,
    response_model=CoolingOffOut,
    response_description="Announced; `hours` says how long it pauses",
    responses=refusals(400, 401, 403, 409, 422, 503) | {201: ACTED},
)
async def announce(body: CoolingOffIn, engine: TheEngine, caller: Writer, request: TheAsked) -> Response:
    """Announce the payout of an online loan, before it.

    8 hours for 150 to 255 MRP, 24 hours above 255 MRP, or above 75 MRP of microloans; all online loans of the person
    on that day in Almaty are summed, whoever lends, and what is not paid out yet pauses as long as the sum demands.
    """
    person = engine.hashed(IdentifierKind.PERSON, body.iin)
    hidden = replace(request, what=request.what.replace(body.iin.encode(), person.encode()))  # its digest is kept
    loan = LoanRequest(
        loan_id=body.loan_id,
        person=person,
        kind=body.kind,
        amount_minor=body.amount_minor,
        currency=body.currency,
    )

    def work(page: Page, now: datetime) -> CoolingOffOut:
        life = lending.announce(page, loan, engine.center.policy, caller.actor, now)
        return CoolingOffOut.of(life, caller.actor)

    return await act(engine.center, caller.actor, hidden, work, status=201)


@router.get(
    COOLING_OFFS,
    operation_id="listCoolingOffs",
    response_description="Those whose clock speaks first in front",
    responses=refusals(401, 403, 422, 503),
)
async def list_cooling_offs(
    engine: TheEngine,
    caller: Reader,
    status: Annotated[
        list[CoolingOffStatus] | None, Query(description="May be given again; default: those not ended.")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> CoolingOffPage:
    """List the caller's own payouts, page by page."""
    selection = selection_of(caller, PENDING if status is None else status, cursor, limit)
    shown, more = await page_of(engine.center, CoolingOff, selection)
    await engine.looks.note(caller, shown)
    return CoolingOffPage(items=[CoolingOffOut.of(life, caller.actor) for life in shown], next=more)


@router.get(
    _ONE,
    operation_id="getCoolingOff",
    response_description="The payout as it is now",
    responses=refusals(401, 403, 404, 422, 503) | {200: ACTED},
)
async def get_cooling_off(cooling_off_id: UUID, engine: TheEngine, caller: Reader, response: Response) -> CoolingOffOut:
    """Return a payout of the caller's."""
    life = await engine.center.read(lambda page: seen(page, CoolingOff, str(cooling_off_id), caller.actor))
    await engine.looks.note(caller, [life])
    response.headers["ETag"] = etag(life.version)
    return CoolingOffOut.of(life, caller.actor)


@router.post(_ONE + "/confirm", operation_id="confirmLoan", **_ACTS)
async def confirm(cooling_off_id: UUID, body: ActIn, engine: TheEngine, caller: Writer, request: TheAsked) -> Response:
    """Write down that the client, asked again after the pause, wants the loan. Before its end that is refused."""
    return await _act(
        engine, caller, request, body, lambda page, signed: lending.confirm(page, str(cooling_off_id), signed)
    )


@router.post(_ONE + "/pay-out", operation_id="payOutLoan", **_ACTS)
async def pay_out(cooling_off_id: UUID, body: ActIn, engine: TheEngine, caller: Writer, request: TheAsked) -> Response:
    """Let the money go. Refused (409) before the end of the pause, and without a confirmation after it."""
    return await _act(
        engine, caller, request, body, lambda page, signed: lending.pay_out(page, str(cooling_off_id), signed)
    )


@router.post(_ONE + "/withdraw", operation_id="withdrawLoan", **_ACTS)
async def withdraw(cooling_off_id: UUID, body: ActIn, engine: TheEngine, caller: Writer, request: TheAsked) -> Response:
    """Take the payout back: it counts no more in the person's day."""
    return await _act(
        engine, caller, request, body, lambda page, signed: lending.withdraw(page, str(cooling_off_id), signed)
    )


async def _act(
    engine: TheEngine,
    caller: Caller,
    request: Asked,
    body: ActIn,
    work: Callable[[Page, Signed], CoolingOff],
) -> Response:
    return await act_on(engine.center, caller.actor, request, body, work, CoolingOffOut.of)
