"""Webhooks: where a participant wants events to be pushed, and what became of them there."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query, Response

from antifraud.domain.center.delivery import Outcome
from antifraud.domain.center.webhook import Webhook, WebhookStatus
from antifraud.domain.errors import InvalidValue
from antifraud.workflow.center import webhooks
from antifraud.workflow.center.ports import Page
from antifraud.workflow.center.seeing import Signed, seen
from api.acting import ACTED, Asked, act, act_on, asked, etag
from api.auth import Caller, Scope
from api.exchange.events import PREFIX, event_types
from api.routes.access import DOCUMENTED_KEYS, TheEngine, caller_with, no_store, refusals
from api.views.asking import ActIn
from api.views.webhook import (
    DeliveriesOut,
    DeliveryOut,
    ReceiptOut,
    RedeliverIn,
    RotateIn,
    WebhookIn,
    WebhookMade,
    WebhookOut,
    WebhooksOut,
)

WEBHOOKS: Final = "/v1/webhooks"
_ONE: Final = WEBHOOKS + "/{webhook_id}"

router: Final = APIRouter(tags=["exchange"], dependencies=DOCUMENTED_KEYS)
Owner = Annotated[Caller, Depends(caller_with(Scope.WRITE_WEBHOOKS))]
TheAsked = Annotated[Asked, Depends(asked)]
_ACTS: Final[dict[str, Any]] = {
    "response_model": WebhookOut,
    "response_description": "Done, and durable: the webhook as it is now",
    "responses": {200: ACTED} | refusals(400, 401, 403, 404, 409, 422, 503),
}
_MADE: Final[dict[str, Any]] = {"response_model": WebhookMade, "dependencies": [Depends(no_store)]}


@router.post(
    WEBHOOKS,
    operation_id="registerWebhook",
    status_code=201,
    response_description="Events from now on are pushed there; the secret is shown here and never again",
    responses=refusals(400, 401, 403, 409, 422, 503) | {201: ACTED},
    **_MADE,
)
async def register(body: WebhookIn, engine: TheEngine, caller: Owner, request: TheAsked) -> Response:
    """Register an address of the caller's organisation; it is told what the caller may read in the feed.

    Its name must lead to public addresses only, now and whenever something is pushed.
    """
    for each in body.types:
        if each not in event_types():
            raise InvalidValue("types", "is none of docs/events.md", each)
    await engine.pusher.check(body.url)
    names = [each.removeprefix(PREFIX) for each in body.types]

    def work(page: Page, now: datetime) -> WebhookOut:
        signed = Signed(actor=caller.actor, now=now, reason=body.reason, ground=body.ground)
        return WebhookOut.of(webhooks.register(page, body.url, names, signed))

    return await _with_secret(engine, await act(engine.center, caller.actor, request, work, status=201))


@router.get(
    WEBHOOKS,
    operation_id="listWebhooks",
    response_description="Those that are not removed, oldest first",
    responses=refusals(401, 403, 503),
)
async def list_webhooks(engine: TheEngine, caller: Owner) -> WebhooksOut:
    """List the webhooks of the caller's organisation."""
    key = f"participant:{caller.participant}"
    found = await engine.center.read(lambda page: page.found_by(Webhook, key))
    return WebhooksOut(items=[WebhookOut.of(each) for each in found if each.status is not WebhookStatus.REMOVED])


@router.get(
    _ONE,
    operation_id="getWebhook",
    response_description="The webhook as it is now",
    responses=refusals(401, 403, 404, 422, 503) | {200: ACTED},
)
async def get_webhook(webhook_id: UUID, engine: TheEngine, caller: Owner, response: Response) -> WebhookOut:
    """Return a webhook of the caller's organisation."""
    webhook = await _own(engine, caller, webhook_id)
    response.headers["ETag"] = etag(webhook.version)
    return WebhookOut.of(webhook)


@router.post(
    _ONE + "/rotate",
    operation_id="rotateWebhookSecret",
    response_description="The new secret, shown here and never again",
    responses=refusals(400, 401, 403, 404, 409, 422, 503) | {200: ACTED},
    **_MADE,
)
async def rotate(webhook_id: UUID, body: RotateIn, engine: TheEngine, caller: Owner, request: TheAsked) -> Response:
    """Make a new secret; the one before signs besides for `overlap_hours`, so that no event is refused meanwhile."""
    overlap = timedelta(hours=body.overlap_hours)
    done = await _act(
        engine, caller, request, body, lambda page, signed: webhooks.rotate(page, str(webhook_id), signed, overlap)
    )
    return await _with_secret(engine, done)


@router.post(_ONE + "/disable", operation_id="disableWebhook", **_ACTS)
async def disable(webhook_id: UUID, body: ActIn, engine: TheEngine, caller: Owner, request: TheAsked) -> Response:
    """Push nothing until it is enabled again."""
    return await _act(
        engine, caller, request, body, lambda page, signed: webhooks.disable(page, str(webhook_id), signed)
    )


@router.post(_ONE + "/enable", operation_id="enableWebhook", **_ACTS)
async def enable(webhook_id: UUID, body: ActIn, engine: TheEngine, caller: Owner, request: TheAsked) -> Response:
    """Go on where it stopped: what happened meanwhile is pushed first, in order."""
    return await _act(
        engine, caller, request, body, lambda page, signed: webhooks.enable(page, str(webhook_id), signed)
    )


@router.post(_ONE + "/remove", operation_id="removeWebhook", **_ACTS)
async def remove(webhook_id: UUID, body: ActIn, engine: TheEngine, caller: Owner, request: TheAsked) -> Response:
    """End it for good."""
    return await _act(
        engine, caller, request, body, lambda page, signed: webhooks.remove(page, str(webhook_id), signed)
    )


@router.post(
    _ONE + "/ping",
    operation_id="pingWebhook",
    response_description="How it went; a receiver that fails is no refusal",
    responses=refusals(401, 403, 404, 422, 503),
)
async def ping(webhook_id: UUID, engine: TheEngine, caller: Owner) -> ReceiptOut:
    """Send `antifraud.webhook.ping` now, signed like any event, and say what the receiver answered."""
    return ReceiptOut.of(await engine.pusher.ping(await _own(engine, caller, webhook_id)))


@router.get(
    _ONE + "/deliveries",
    operation_id="listDeliveries",
    response_description="What became of events, in their order; kept for 30 days",
    responses=refusals(401, 403, 404, 422, 503),
)
async def list_deliveries(
    webhook_id: UUID,
    engine: TheEngine,
    caller: Owner,
    outcome: Annotated[Outcome | None, Query(description="Only these; default: all.")] = None,
    after: Annotated[int, Query(ge=0, lt=10**18, description="The `sequence` of the last one of the page before.")] = 0,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> DeliveriesOut:
    """List what became of each event at a webhook: those that were given up can be sent again."""
    await _own(engine, caller, webhook_id)
    found = await engine.center.read(
        lambda page: page.deliveries(str(webhook_id), after=after, limit=limit, outcome=outcome)
    )
    items = [DeliveryOut.told(each) for each in found]
    return DeliveriesOut(items=items, next=items[-1].sequence if len(items) == limit else None)


@router.post(
    _ONE + "/redeliver",
    operation_id="redeliver",
    response_description="How it went this time",
    responses=refusals(400, 401, 403, 404, 422, 503),
)
async def redeliver(webhook_id: UUID, body: RedeliverIn, engine: TheEngine, caller: Owner) -> DeliveryOut:
    """Send one event once more, now, under the same `webhook-id`; the order of the others is not touched."""
    webhook = await _own(engine, caller, webhook_id)
    return DeliveryOut.told(await engine.pusher.send_again(webhook, int(body.sequence)))


async def _own(engine: TheEngine, caller: Caller, webhook_id: UUID) -> Webhook:
    return await engine.center.read(lambda page: seen(page, Webhook, str(webhook_id), caller.actor))


async def _act(
    engine: TheEngine, caller: Caller, request: Asked, body: ActIn, work: Callable[[Page, Signed], Webhook]
) -> Response:
    return await act_on(engine.center, caller.actor, request, body, work, WebhookOut.of)


async def _with_secret(engine: TheEngine, done: Response) -> Response:
    """Put the secret into an answer after that was kept for repeats: so no database ever holds it."""
    said = orjson.loads(done.body)
    webhook = await engine.center.read(lambda page: page.get(Webhook, said["life_id"]))
    body = orjson.dumps(said | {"secret": engine.pusher.secret(webhook)})
    headers = {name: value for name, value in done.headers.items() if name not in ("content-length", "content-type")}
    return Response(body, done.status_code, headers | {"Cache-Control": "no-store"}, "application/json")
