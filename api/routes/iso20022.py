"""ISO 20022 messages: the same decisions, incidents and returns, for those whose systems speak XML."""

import asyncio
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Request, Response

from antifraud.domain.center.incident import Incident
from antifraud.domain.center.return_order import ReturnOrder, ReturnStatus
from antifraud.domain.errors import Conflict
from antifraud.domain.typology import FraudType
from antifraud.workflow.center.opening import Complaint, open_incident
from antifraud.workflow.center.ports import Page
from antifraud.workflow.center.seeing import seen
from antifraud.workflow.decide import Answer
from api.auth import Scope
from api.claims import passages_of
from api.errors import WrongContentType
from api.iso.payments import pacs002, read_pacs008
from api.iso.recalls import camt029, check_amount, pacs004, read_camt056
from api.looking import personal
from api.observing.logs import REQUEST_ID
from api.reading import refuse_packed
from api.routes.access import DOCUMENTED_KEYS, refusals
from api.routes.acts import Reading, reading_with
from api.views.incident import TransferRefIn

ISO: Final = "/v1/iso20022"
_XML: Final = "application/xml"
_TYPES: Final = (_XML, "text/xml")

router: Final = APIRouter(prefix=ISO, tags=["ISO 20022"], dependencies=DOCUMENTED_KEYS)
Sender = Annotated[Reading, reading_with(Scope.WRITE_ISO)]


def _takes(message: str) -> dict[str, Any]:
    content = {_XML: {"schema": {"type": "string", "description": f"A {message} document."}}}
    return {"requestBody": {"required": True, "content": content}}


def _gives(message: str, *statuses: int) -> dict[int | str, dict[str, Any]]:
    content = {_XML: {"schema": {"type": "string", "description": f"A {message} document."}}}
    return {200: {"description": f"The {message}", "content": content}} | refusals(*statuses)


@router.post(
    "/pacs.008",
    operation_id="decidePacs008",
    response_class=Response,
    openapi_extra=_takes("pacs.008"),
    responses=_gives("pacs.002", 400, 401, 403, 409, 413, 415, 422, 503),
)
async def decide_pacs008(request: Request, sender: Sender) -> Response:
    """Decide the transfers of a pacs.008 and answer with their pacs.002.

    `ACCP`: execute; `PDNG`: held, a person looks; `RJCT` with `FR01`: do not execute. The same message again gets the
    same bytes; the same `TxId` with other content is a conflict (409). What is wrong is named by its XML path, and then
    no transfer of the message is decided.
    """
    engine, participant = sender.engine, sender.actor.participant
    body = await _xml(request)
    due = asyncio.get_running_loop().time() + engine.limits.batch_budget_ms / 1_000
    async with engine.door.seat(participant, due) as desk:
        message = read_pacs008(body)
        orders = [engine.reader.one(participant, order.body) for order in message.orders]
        answers = await desk.decide(orders, due, REQUEST_ID.get())
    bodies = []
    for answer in answers:
        if not isinstance(answer, Answer):
            raise answer
        bodies.append(answer.body)
    return Response(pacs002(message, bodies, participant), media_type=_XML)


@router.post(
    "/camt.056",
    operation_id="recallCamt056",
    response_class=Response,
    openapi_extra=_takes("camt.056"),
    responses=_gives("camt.029", 400, 401, 403, 409, 413, 415, 422, 503),
)
async def recall(request: Request, sender: Sender) -> Response:
    """Recall an executed payment of the caller's as fraud: it opens or joins an incident; answered with its camt.029.

    Later states of the same are read with `GET /v1/iso20022/incidents/{incident_id}/camt.029`.
    """
    engine, actor = sender.engine, sender.actor
    asked = read_camt056(await _xml(request))
    async with engine.turns.one(actor.participant):
        passages = await passages_of(engine, [TransferRefIn(transfer_id=asked.transfer_id)], actor)
        check_amount(asked, passages[0])
        complaint = Complaint(
            source=asked.source, fraud_type=FraudType.UNKNOWN, transfers=passages, reason=asked.reason
        )
        now = engine.center.now()

        def work(page: Page) -> Incident:
            return open_incident(page, complaint, actor, now, engine.center.policy.trace)[0]

        incident = await engine.center.write(work)
    return Response(camt029(incident, now), media_type=_XML)


@router.get(
    "/incidents/{incident_id}/camt.029",
    operation_id="getCamt029",
    response_class=Response,
    responses=_gives("camt.029", 401, 403, 404, 422, 503),
)
@personal
async def resolution(incident_id: UUID, sender: Sender, response: Response) -> Response:
    """Return what has come of a recall by now."""
    incident = await sender.one(Incident, incident_id, response)
    return Response(camt029(incident, sender.engine.center.now()), media_type=_XML)


@router.get(
    "/returns/{return_id}/pacs.004",
    operation_id="getPacs004",
    response_class=Response,
    responses=_gives("pacs.004", 401, 403, 404, 409, 422, 503),
)
@personal
async def payment_return(return_id: UUID, sender: Sender, response: Response) -> Response:
    """Return a paid return order as a pacs.004; 409 before the bank has said that it paid."""
    await sender.one(ReturnOrder, return_id, response)

    def read(page: Page) -> bytes:
        order = seen(page, ReturnOrder, str(return_id), sender.actor)
        if order.status is not ReturnStatus.EXECUTED:
            raise Conflict(f"return {order.life_id} is {order.status.value}: it is not paid")
        paid_at = page.acts_of(order.life_id)[-1].act.at
        incident = page.get(Incident, order.birth.incident_id)
        first = next(each for each in incident.transfers if each.payer == order.birth.to_account)
        return pacs004(order, first, paid_at)

    return Response(await sender.engine.center.read(read), media_type=_XML)


async def _xml(request: Request) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _TYPES:
        raise WrongContentType(f"the content type must be {_XML}, was {kind!r}")
    refuse_packed(request.headers.get("content-encoding", ""))
    return await request.body()
