"""Returns: held money goes back to the victim; drafted by who leads, sanctioned by a prosecutor, paid by the bank."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response

from antifraud.domain.center.people import ParticipantKind
from antifraud.domain.center.return_order import ReturnOrder, ReturnStatus
from antifraud.workflow.center import returning
from antifraud.workflow.center.ports import Page
from antifraud.workflow.center.returning import Draft
from antifraud.workflow.center.seeing import Signed
from api.auth import Scope
from api.looking import personal
from api.paging import Cursor, Limit, selection_of
from api.routes.access import DOCUMENTED_KEYS
from api.routes.acts import READS_MANY, READS_ONE, Acting, Reading, acting_with, acts, begins, reading_with
from api.schemas import OpaqueId
from api.views.asking import ActIn
from api.views.return_order import DraftIn, ExecuteIn, RedraftIn, ReturnOut, ReturnPage, SanctionIn

RETURNS: Final = "/v1/returns"
_ONE: Final = RETURNS + "/{return_id}"
_UNDER_WAY: Final = (ReturnStatus.DRAFTED, ReturnStatus.SANCTIONED, ReturnStatus.REFUSED)

router: Final = APIRouter(tags=["returns"], dependencies=DOCUMENTED_KEYS)
Reader = Annotated[Reading, reading_with(Scope.READ_INCIDENTS)]
Writer = Annotated[Acting, acting_with(Scope.WRITE_INCIDENTS)]
_ACTS: Final = acts(ReturnOut)


@router.post("/v1/incidents/{incident_id}/returns", operation_id="draftReturn", **begins(ReturnOut))
async def draft_return(incident_id: UUID, body: DraftIn, acting: Writer) -> Response:
    """Draft a return of a confirmed part of a hold, as the police that lead; a prosecution is asked to sanction it."""
    office = acting.engine.identity.keys
    prosecution = await office.check_kind("prosecution", body.prosecution, ParticipantKind.PROSECUTION)
    draft = Draft(
        hold_id=body.hold_id,
        amount_minor=body.amount_minor,
        prosecution=prosecution,
        to_account=body.to_account,
    )

    def work(page: Page, now: datetime) -> ReturnOut:
        signed = Signed(
            actor=acting.actor, now=now, reason=body.reason, ground=body.ground, version=acting.asked.version
        )
        return ReturnOut.of(returning.draft_return(page, str(incident_id), draft, signed), acting.actor)

    return await acting.begin(work)


@router.get(RETURNS, operation_id="listReturns", **READS_MANY)
async def list_returns(
    reader: Reader,
    status: Annotated[
        list[ReturnStatus] | None, Query(description="May be given again; default: those under way.")
    ] = None,
    incident: Annotated[OpaqueId | None, Query(description="Only those of this incident.")] = None,
    hold: Annotated[OpaqueId | None, Query(description="Only those of this hold.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> ReturnPage:
    """List the returns that the caller's organisation drafts, sanctions or pays."""
    keys = [f"{kind}:{value}" for kind, value in (("incident", incident), ("hold", hold)) if value is not None]
    selection = selection_of(reader.caller, _UNDER_WAY if status is None else status, cursor, limit)
    shown, more = await reader.page(ReturnOrder, replace(selection, keys=keys))
    return ReturnPage(items=[ReturnOut.of(each, reader.actor) for each in shown], next=more)


@router.get(_ONE, operation_id="getReturn", **READS_ONE)
@personal
async def get_return(return_id: UUID, reader: Reader, response: Response) -> ReturnOut:
    """Return a return order."""
    return ReturnOut.of(await reader.one(ReturnOrder, return_id, response), reader.actor)


@router.post(_ONE + "/sanction", operation_id="sanctionReturn", **_ACTS)
async def sanction(return_id: UUID, body: SanctionIn, acting: Writer) -> Response:
    """Sanction a return, as the prosecution that is asked: its money is held on that, and the bank has a day to pay."""

    def work(page: Page, signed: Signed) -> ReturnOrder:
        return returning.sanction(page, str(return_id), body.document, signed)

    return await acting.on(body, work, ReturnOut.of)


@router.post(_ONE + "/refuse", operation_id="refuseReturn", **_ACTS)
async def refuse(return_id: UUID, body: ActIn, acting: Writer) -> Response:
    """Do not sanction a return, and say why; the investigator may draft it anew."""
    return await acting.on(
        body, lambda page, signed: returning.refuse_sanction(page, str(return_id), signed), ReturnOut.of
    )


@router.post(_ONE + "/redraft", operation_id="redraftReturn", **_ACTS)
async def redraft(return_id: UUID, body: RedraftIn, acting: Writer) -> Response:
    """Decide anew after a refusal."""

    def work(page: Page, signed: Signed) -> ReturnOrder:
        return returning.redraft(page, str(return_id), body.amount_minor, signed)

    return await acting.on(body, work, ReturnOut.of)


@router.post(_ONE + "/execute", operation_id="executeReturn", **_ACTS)
async def execute(return_id: UUID, body: ExecuteIn, acting: Writer) -> Response:
    """Say, as the bank that holds, that the money was paid to the victim. Without a sanction that is refused."""

    def work(page: Page, signed: Signed) -> ReturnOrder:
        return returning.execute(page, str(return_id), body.payment, signed)

    return await acting.on(body, work, ReturnOut.of)


@router.post(_ONE + "/cancel", operation_id="cancelReturn", **_ACTS)
async def cancel(return_id: UUID, body: ActIn, acting: Writer) -> Response:
    """Take a return back; a sanctioned one only on a decision (`ground`)."""
    return await acting.on(body, lambda page, signed: returning.cancel(page, str(return_id), signed), ReturnOut.of)
