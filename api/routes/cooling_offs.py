"""Cooling-off of online loans: announce a payout, confirm after the pause, pay out."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response

from antifraud.domain.center.cooling_off import PENDING, CoolingOff, CoolingOffStatus
from antifraud.domain.center.identifiers import IdentifierKind
from antifraud.workflow.center import lending
from antifraud.workflow.center.lending import LoanRequest
from antifraud.workflow.center.ports import Page
from api.auth import Scope
from api.looking import personal
from api.paging import Cursor, Limit, selection_of
from api.routes.access import DOCUMENTED_KEYS
from api.routes.acts import READS_MANY, READS_ONE, Acting, Reading, acting_with, acts, begins, reading_with
from api.views.asking import ActIn
from api.views.cooling_off import CoolingOffIn, CoolingOffOut, CoolingOffPage

COOLING_OFFS: Final = "/v1/cooling-offs"
_ONE: Final = COOLING_OFFS + "/{cooling_off_id}"

router: Final = APIRouter(tags=["cooling-off of loans"], dependencies=DOCUMENTED_KEYS)
Reader = Annotated[Reading, reading_with(Scope.READ_HOLDS)]
Writer = Annotated[Acting, acting_with(Scope.WRITE_HOLDS)]
_ACTS: Final = acts(CoolingOffOut)


@router.post(COOLING_OFFS, operation_id="announceLoan", **begins(CoolingOffOut))
async def announce(body: CoolingOffIn, acting: Writer) -> Response:
    """Announce the payout of an online loan, before it.

    8 hours for 150 to 255 MRP, 24 hours above 255 MRP, or above 75 MRP of microloans; all online loans of the person
    on that day in Almaty are summed, whoever lends, and what is not paid out yet pauses as long as the sum demands.
    """
    engine = acting.engine
    person = engine.hashed(IdentifierKind.PERSON, body.iin)
    hidden = replace(acting.asked, what=acting.asked.what.replace(body.iin.encode(), person.encode()))  # it is kept
    loan = LoanRequest(
        loan_id=body.loan_id,
        person=person,
        kind=body.kind,
        amount_minor=body.amount_minor,
        currency=body.currency,
    )

    def work(page: Page, now: datetime) -> CoolingOffOut:
        life = lending.announce(page, loan, engine.center.policy, acting.actor, now)
        return CoolingOffOut.of(life, acting.actor)

    return await replace(acting, asked=hidden).begin(work)


@router.get(COOLING_OFFS, operation_id="listCoolingOffs", **READS_MANY)
async def list_cooling_offs(
    reader: Reader,
    status: Annotated[
        list[CoolingOffStatus] | None, Query(description="May be given again; default: those not ended.")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> CoolingOffPage:
    """List the caller's own payouts, page by page."""
    selection = selection_of(reader.caller, PENDING if status is None else status, cursor, limit)
    shown, more = await reader.page(CoolingOff, selection)
    return CoolingOffPage(items=[CoolingOffOut.of(life, reader.actor) for life in shown], next=more)


@router.get(_ONE, operation_id="getCoolingOff", **READS_ONE)
@personal
async def get_cooling_off(cooling_off_id: UUID, reader: Reader, response: Response) -> CoolingOffOut:
    """Return a payout of the caller's."""
    return CoolingOffOut.of(await reader.one(CoolingOff, cooling_off_id, response), reader.actor)


@router.post(_ONE + "/confirm", operation_id="confirmLoan", **_ACTS)
async def confirm(cooling_off_id: UUID, body: ActIn, acting: Writer) -> Response:
    """Write down that the client, asked again after the pause, wants the loan. Before its end that is refused."""
    return await acting.on(
        body, lambda page, signed: lending.confirm(page, str(cooling_off_id), signed), CoolingOffOut.of
    )


@router.post(_ONE + "/pay-out", operation_id="payOutLoan", **_ACTS)
async def pay_out(cooling_off_id: UUID, body: ActIn, acting: Writer) -> Response:
    """Let the money go. Refused (409) before the end of the pause, and without a confirmation after it."""
    return await acting.on(
        body, lambda page, signed: lending.pay_out(page, str(cooling_off_id), signed), CoolingOffOut.of
    )


@router.post(_ONE + "/withdraw", operation_id="withdrawLoan", **_ACTS)
async def withdraw(cooling_off_id: UUID, body: ActIn, acting: Writer) -> Response:
    """Take the payout back: it counts no more in the person's day."""
    return await acting.on(
        body, lambda page, signed: lending.withdraw(page, str(cooling_off_id), signed), CoolingOffOut.of
    )
