"""Holds: money that waits for a person, what may be done about it, and what stays usable meanwhile."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response

from antifraud.domain.center.hold import Hold, HoldStatus
from antifraud.domain.center.hold_acts import EscalatedTo
from antifraud.domain.center.hold_table import OPEN
from antifraud.workflow.center import holding
from antifraud.workflow.center.holding import HoldRequest
from antifraud.workflow.center.ports import Page
from antifraud.workflow.center.seeing import Signed
from api.auth import Scope
from api.claims import complaint_about
from api.looking import personal
from api.paging import Cursor, Limit, selection_of
from api.routes.access import DOCUMENTED_KEYS
from api.routes.acts import READS_MANY, READS_ONE, Acting, Reading, acting_with, acts, begins, reading_with
from api.schemas import Account, Moment, OpaqueId
from api.views.asking import ActIn
from api.views.hold import (
    AssignIn,
    BasisEndIn,
    BasisIn,
    ClientAnswerIn,
    EscalateIn,
    HoldIn,
    HoldOut,
    HoldPage,
    RefuseIn,
    ReleaseIn,
)

HOLDS: Final = "/v1/holds"
_ONE: Final = HOLDS + "/{hold_id}"

router: Final = APIRouter(tags=["holds"], dependencies=DOCUMENTED_KEYS)
Reader = Annotated[Reading, reading_with(Scope.READ_HOLDS)]
Writer = Annotated[Acting, acting_with(Scope.WRITE_HOLDS)]
_ACTS: Final = acts(HoldOut)


@router.get(HOLDS, operation_id="listHolds", **READS_MANY)
async def list_holds(
    reader: Reader,
    status: Annotated[list[HoldStatus] | None, Query(description="May be given again; default: the open ones.")] = None,
    due_before: Annotated[Moment | None, Query(description="Only those whose clock speaks before this moment.")] = None,
    account: Annotated[Account | None, Query(description="Only those of money of this account.")] = None,
    incident: Annotated[OpaqueId | None, Query(description="Only those of this incident.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> HoldPage:
    """List the holds that the caller's organisation may see, page by page."""
    keys = [f"{kind}:{value}" for kind, value in (("account", account), ("incident", incident)) if value is not None]
    selection = selection_of(reader.caller, OPEN if status is None else status, cursor, limit)
    shown, more = await reader.page(Hold, replace(selection, keys=keys, due_before=due_before))
    return HoldPage(items=[HoldOut.of(hold, reader.actor) for hold in shown], next=more)


@router.post(HOLDS, operation_id="holdMoney", **begins(HoldOut))
async def hold_money(body: HoldIn, acting: Writer) -> Response:
    """Hold money at the caller's bank: an instruction that is not carried out yet, or funds that arrived.

    A decision `hold` does this by itself for its own transfer. A bank holds money of one transfer once.
    """
    given = body.model_dump(exclude={"participant", "ground"})
    wanted = HoldRequest(participant=body.participant or acting.actor.participant, **given)

    def work(page: Page, now: datetime) -> HoldOut:
        hold = holding.hold_money(page, wanted, acting.engine.center.policy, acting.actor, now)
        return HoldOut.of(hold, acting.actor)

    return await acting.begin(work)


@router.get(_ONE, operation_id="getHold", **READS_ONE)
@personal
async def get_hold(hold_id: UUID, reader: Reader, response: Response) -> HoldOut:
    """Return a hold; send its ETag as `If-Match` with an act, so that nobody acts on what changed meanwhile."""
    return HoldOut.of(await reader.one(Hold, hold_id, response), reader.actor)


@router.post(_ONE + "/release", operation_id="releaseHold", **_ACTS)
async def release(hold_id: UUID, body: ReleaseIn, acting: Writer) -> Response:
    """Let money go, all of it or a part. Above the bank's limit it waits for a second person (`release_proposed`).

    Money on an order of the police, a seizure or a sanctioned return is not let go before that is lifted. That the
    client insists needs the client's recorded confirmation, and never clears what looks like a safe-account call.
    """

    def work(page: Page, signed: Signed) -> Hold:
        return holding.release(page, str(hold_id), signed, body.amount_minor, body.because)

    return await acting.on(body, work, HoldOut.of)


@router.post(_ONE + "/countersign", operation_id="countersignHold", **_ACTS)
async def countersign(hold_id: UUID, body: ActIn, acting: Writer) -> Response:
    """Agree with the proposed release: an officer, and another person than who proposed it."""
    return await acting.on(body, lambda page, signed: holding.countersign(page, str(hold_id), signed), HoldOut.of)


@router.post(_ONE + "/decline", operation_id="declineHold", **_ACTS)
async def decline(hold_id: UUID, body: ActIn, acting: Writer) -> Response:
    """Do not agree with the proposed release: the money stays held."""
    return await acting.on(body, lambda page, signed: holding.decline(page, str(hold_id), signed), HoldOut.of)


@router.post(_ONE + "/refuse", operation_id="refuseHold", **_ACTS)
async def refuse(hold_id: UUID, body: RefuseIn, acting: Writer) -> Response:
    """Do not carry out the instruction: the money stays with the payer. As `fraud` it is learnt as a label."""

    def work(page: Page, signed: Signed) -> Hold:
        return holding.refuse(page, str(hold_id), signed, body.because)

    return await acting.on(body, work, HoldOut.of)


@router.post(_ONE + "/bases", operation_id="addBasis", **_ACTS)
async def add_basis(hold_id: UUID, body: BasisIn, acting: Writer) -> Response:
    """Hold the money on a further basis. What a bank holds on by itself ends five working days after its beginning."""

    def work(page: Page, signed: Signed) -> Hold:
        return holding.add_basis(page, str(hold_id), signed, body.basis, body.document, body.until)

    return await acting.on(body, work, HoldOut.of)


@router.post(_ONE + "/bases/end", operation_id="endBasis", **_ACTS)
async def end_basis(hold_id: UUID, body: BasisEndIn, acting: Writer) -> Response:
    """Take a basis back; when it was the last, the money is free at that moment."""

    def work(page: Page, signed: Signed) -> Hold:
        return holding.end_basis(page, str(hold_id), signed, body.basis, body.document)

    return await acting.on(body, work, HoldOut.of)


@router.post(_ONE + "/client-answer", operation_id="noteClientAnswer", **_ACTS)
async def note_answer(hold_id: UUID, body: ClientAnswerIn, acting: Writer) -> Response:
    """Write down what the client answered; by itself that lets nothing go."""

    def work(page: Page, signed: Signed) -> Hold:
        return holding.note_answer(page, str(hold_id), signed, body.says)

    return await acting.on(body, work, HoldOut.of)


@router.post(_ONE + "/assign", operation_id="assignHold", **_ACTS)
async def assign(hold_id: UUID, body: AssignIn, acting: Writer) -> Response:
    """Take it for oneself or give it back; an officer gives it to anybody of the bank."""
    return await acting.on(body, lambda page, signed: holding.assign(page, str(hold_id), signed, body.to), HoldOut.of)


@router.post(_ONE + "/notes", operation_id="noteHold", **_ACTS)
async def note(hold_id: UUID, body: ActIn, acting: Writer) -> Response:
    """Write down, as the reason, what others who look at it should know."""
    return await acting.on(body, lambda page, signed: holding.note(page, str(hold_id), signed), HoldOut.of)


@router.post(_ONE + "/escalate", operation_id="escalateHold", **_ACTS)
async def escalate(hold_id: UUID, body: EscalateIn, acting: Writer) -> Response:
    """Ask an officer of the bank to go on with it; or the police, by an incident about its transfer."""
    if body.whom is EscalatedTo.OFFICER:
        return await acting.on(body, lambda page, signed: holding.ask_officer(page, str(hold_id), signed), HoldOut.of)
    engine = acting.engine
    about = await complaint_about(engine, str(hold_id), body.fraud_type, body.reason, acting.actor)

    def work(page: Page, signed: Signed) -> Hold:
        return holding.call_police(page, str(hold_id), signed, about, engine.center.policy.trace)

    return await acting.on(body, work, HoldOut.of)
