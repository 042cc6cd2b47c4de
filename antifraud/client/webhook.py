"""Verify what was pushed to a webhook before believing a word of it."""

from collections.abc import Mapping

from standardwebhooks import Webhook, WebhookVerificationError

from antifraud.client.answers import Event

PING = "antifraud.webhook.ping"


def verified(secret: str, headers: Mapping[str, str], body: bytes) -> Event | None:
    """Return the event, None for a ping; raise standardwebhooks.WebhookVerificationError if it is not from the engine.

    What is older than five minutes is refused: it may have been recorded on its way.
    """
    try:
        said = Webhook(secret).verify(body, dict(headers))
    except (ValueError, OverflowError):  # headers of no form at all
        raise WebhookVerificationError("the headers or the body are not of a signed push") from None
    return None if said["type"] == PING else Event.of(said)
