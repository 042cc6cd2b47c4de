"""How far webhooks have come, and what became of each act there."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from antifraud.domain.center.delivery import Delivery, Outcome, Progress
from antifraud.domain.errors import NotFound
from antifraud.domain.moment import micros, moment_of
from antifraud.store.center.schema import deliveries, webhook_states


def progress(connection: Connection, webhook_id: str) -> Progress:
    """Return how far a webhook has come; raise NotFound."""
    row = connection.execute(select(webhook_states).where(webhook_states.c.webhook_id == webhook_id)).mappings().first()
    if row is None:
        raise NotFound(f"there is no webhook {webhook_id}")
    return Progress(**{**row, "next_at": moment_of(row["next_at"]), "claimed_until": moment_of(row["claimed_until"])})


def keep_progress(connection: Connection, known: Progress) -> None:
    """Write down how far it has come."""
    row = {
        "seq": known.seq,
        "attempts": known.attempts,
        "given_up": known.given_up,
        "next_at": micros(known.next_at),
        "claimed_until": micros(known.claimed_until),
    }
    mine = webhook_states.c.webhook_id == known.webhook_id
    if not connection.execute(update(webhook_states).where(mine).values(row)).rowcount:
        connection.execute(insert(webhook_states).values(row | {"webhook_id": known.webhook_id}))


def keep_delivery(connection: Connection, delivery: Delivery) -> None:
    """Write down what became of an act, over what was written before."""
    mine = (deliveries.c.webhook_id == delivery.webhook_id) & (deliveries.c.seq == delivery.seq)
    connection.execute(delete(deliveries).where(mine))
    row: Mapping[str, object] = {
        "webhook_id": delivery.webhook_id,
        "seq": delivery.seq,
        "outcome": delivery.outcome.value,
        "attempts": delivery.attempts,
        "at": micros(delivery.at),
        "status": delivery.status,
        "problem": delivery.problem,
    }
    connection.execute(insert(deliveries).values(row))


def deliveries_of(
    connection: Connection, webhook_id: str, after: int, limit: int, outcome: Outcome | None
) -> Sequence[Delivery]:
    """Return what became of acts after `after` at a webhook, in their order."""
    asked = select(deliveries).where((deliveries.c.webhook_id == webhook_id) & (deliveries.c.seq > after))
    if outcome is not None:
        asked = asked.where(deliveries.c.outcome == outcome.value)
    return [_delivery(row) for row in connection.execute(asked.order_by(deliveries.c.seq).limit(limit)).mappings()]


def forget_deliveries(connection: Connection, before: datetime) -> int:
    """Remove what is older than a moment; return how many."""
    return connection.execute(delete(deliveries).where(deliveries.c.at < micros(before))).rowcount


def _delivery(row: RowMapping) -> Delivery:
    given: dict[str, Any] = {**row, "outcome": Outcome(row["outcome"]), "at": moment_of(row["at"])}
    return Delivery(**given)
