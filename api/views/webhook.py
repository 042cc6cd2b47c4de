"""A webhook as the API shows it."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from antifraud.domain.center.delivery import Delivery, Outcome, Receipt
from antifraud.domain.center.people import Actor
from antifraud.domain.center.webhook import Webhook, WebhookStatus
from api.exchange.events import PREFIX
from api.views.asking import ActIn
from api.views.life import LifeOut, Shown

_LONGEST_OVERLAP_HOURS = 24 * 7
Sequence = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,17}$", description="Of the event.", examples=["42"])]


class WebhookIn(ActIn):
    """Where events shall be pushed."""

    url: Annotated[
        str,
        Field(
            min_length=1,
            max_length=500,
            description="https only, to a public address, without user and fragment.",
            examples=["https://bank.example/antifraud"],
        ),
    ]
    types: Annotated[
        tuple[str, ...], Field(strict=False, max_length=200, description="Types of events (docs/events.md); none: all.")
    ] = ()


class RotateIn(ActIn):
    """For how long the secret before still signs besides."""

    overlap_hours: Annotated[int, Field(ge=0, le=_LONGEST_OVERLAP_HOURS)] = 24


class RedeliverIn(BaseModel):
    """Which event shall be sent again."""

    sequence: Sequence


class WebhookOut(LifeOut):
    """A webhook; its secret is never shown again."""

    status: WebhookStatus
    url: str
    types: list[str]
    old_secret_until: Annotated[datetime | None, Field(description="Until then the secret before signs besides.")]

    @classmethod
    def of(cls, webhook: Webhook, _: Actor | None = None) -> Self:
        """Return a webhook for whose it is."""
        return cls(
            life_id=webhook.life_id,
            version=webhook.version,
            shown=Shown.WHOLE,
            due_at=None,
            status=webhook.status,
            url=webhook.birth.url,
            types=[PREFIX + name for name in webhook.birth.types],
            old_secret_until=webhook.old_secret_until,
        )


class WebhookMade(WebhookOut):
    """A webhook with a new secret: keep it, it is in no other answer."""

    secret: Annotated[str, Field(description="`whsec_...`, as libraries of Standard Webhooks take it.")]


class WebhooksOut(BaseModel):
    """All webhooks of an organisation."""

    items: list[WebhookOut]


class ReceiptOut(BaseModel):
    """How one post went."""

    status: Annotated[int | None, Field(description="What the receiver answered; null: nothing.")]
    problem: Annotated[str | None, Field(description="null: it was taken.")]

    @classmethod
    def of(cls, receipt: Receipt) -> Self:
        """Return it as it is shown."""
        return cls(status=receipt.status, problem=receipt.problem)


class DeliveryOut(ReceiptOut):
    """What became of one event."""

    sequence: Sequence
    outcome: Annotated[Outcome, Field(description="failed: it is tried again; given_up: send it again by hand.")]
    attempts: int
    at: Annotated[datetime, Field(description="Of the last attempt.")]

    @classmethod
    def told(cls, delivery: Delivery) -> Self:
        """Return it as it is shown."""
        return cls(
            sequence=str(delivery.seq),
            outcome=delivery.outcome,
            attempts=delivery.attempts,
            at=delivery.at,
            status=delivery.status,
            problem=delivery.problem,
        )


class DeliveriesOut(BaseModel):
    """One page of what became of events, in their order."""

    items: list[DeliveryOut]
    next: Annotated[str | None, Field(description="Send it as `after` for the next page; null: this is the last.")]
