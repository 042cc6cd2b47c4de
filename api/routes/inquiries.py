"""Inquiries: what banks are asked about accounts that stolen money reached, and their answers."""

from dataclasses import replace
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response

from antifraud.domain.center.inquiry import Inquiry, InquiryStatus
from antifraud.workflow.center import answering
from antifraud.workflow.center.answering import Reply, answer_inquiry
from antifraud.workflow.center.ports import Page
from antifraud.workflow.center.seeing import Signed, seen
from api.auth import Scope
from api.looking import personal
from api.paging import Cursor, Limit, selection_of
from api.routes.access import DOCUMENTED_KEYS
from api.routes.acts import READS_MANY, READS_ONE, Acting, Reading, acting_with, acts, reading_with
from api.schemas import Account, OpaqueId
from api.views.asking import ActIn
from api.views.inquiry import AnswerIn, InquiryOut, InquiryPage, SuspensionIn

INQUIRIES: Final = "/v1/inquiries"
_ONE: Final = INQUIRIES + "/{inquiry_id}"
_OPEN: Final = (InquiryStatus.NOTIFIED, InquiryStatus.ANSWERED_PART, InquiryStatus.ANSWERED_NONE)

router: Final = APIRouter(tags=["inquiries"], dependencies=DOCUMENTED_KEYS)
Reader = Annotated[Reading, reading_with(Scope.READ_INCIDENTS)]
Writer = Annotated[Acting, acting_with(Scope.WRITE_INCIDENTS)]


@router.get(INQUIRIES, operation_id="listInquiries", **READS_MANY)
async def list_inquiries(
    reader: Reader,
    status: Annotated[
        list[InquiryStatus] | None, Query(description="May be given again; default: where more can be answered.")
    ] = None,
    incident: Annotated[OpaqueId | None, Query(description="Only those of this incident.")] = None,
    account: Annotated[Account | None, Query(description="Only those about this account.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> InquiryPage:
    """List the inquiries to the caller's bank, or of the incidents that the caller's police lead."""
    keys = [f"{kind}:{value}" for kind, value in (("incident", incident), ("account", account)) if value is not None]
    selection = selection_of(reader.caller, _OPEN if status is None else status, cursor, limit)
    shown, more = await reader.page(Inquiry, replace(selection, keys=keys))
    return InquiryPage(items=[InquiryOut.of(each, reader.actor) for each in shown], next=more)


@router.get(_ONE, operation_id="getInquiry", **READS_ONE)
@personal
async def get_inquiry(inquiry_id: UUID, reader: Reader, response: Response) -> InquiryOut:
    """Return an inquiry."""
    return InquiryOut.of(await reader.one(Inquiry, inquiry_id, response), reader.actor)


@router.post(_ONE + "/answer", operation_id="answerInquiry", **acts(InquiryOut))
async def answer(inquiry_id: UUID, body: AnswerIn, acting: Writer) -> Response:
    """Say what the bank holds on the account; what it holds newly becomes a hold of funds in the same moment.

    Expected within an hour; a reminder comes after 15 minutes. More can be answered later, less cannot.
    """
    center = acting.engine.center

    def work(page: Page, signed: Signed) -> Inquiry:
        inquiry = seen(page, Inquiry, str(inquiry_id), signed.actor)
        return answer_inquiry(
            page,
            str(inquiry_id),
            Reply(held_minor=body.held_minor, hold_ids=body.hold_ids, reason=signed.reason, ground=signed.ground),
            signed.actor,
            signed.now,
            version=signed.version,
            second_signature_above=center.policy.second_signature_above(inquiry.birth.currency),
        )

    return await acting.on(body, work, InquiryOut.of)


@router.post(_ONE + "/ask-suspension", operation_id="askSuspension", **acts(InquiryOut))
async def ask_suspension(inquiry_id: UUID, body: ActIn, acting: Writer) -> Response:
    """Ask, as the police that lead, that the bank suspends remote services of the account: the bank decides."""

    def work(page: Page, signed: Signed) -> Inquiry:
        return answering.ask_suspension(page, str(inquiry_id), signed)

    return await acting.on(body, work, InquiryOut.of)


@router.post(_ONE + "/suspension", operation_id="answerSuspension", **acts(InquiryOut))
async def answer_suspension(inquiry_id: UUID, body: SuspensionIn, acting: Writer) -> Response:
    """Say, as the bank that is asked, whether remote services of the account are suspended."""

    def work(page: Page, signed: Signed) -> Inquiry:
        return answering.answer_suspension(page, str(inquiry_id), signed, suspended=body.suspended)

    return await acting.on(body, work, InquiryOut.of)
