"""Push events to webhooks: each webhook by itself and in order, off the path of everything else."""

import asyncio
import base64
import logging
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import orjson
from standardwebhooks import Webhook as Signature

from antifraud.domain.center.delivery import Delivery, Receipt
from antifraud.domain.center.webhook import Webhook, secret_of
from antifraud.domain.errors import NotFound, Unavailable
from antifraud.workflow.center import webhooks
from antifraud.workflow.center.ports import Listening, Told
from antifraud.workflow.center.webhooks import CLAIM, DELIVERIES_KEPT, Claimed
from api.center import Center
from api.exchange.events import EVENT, SOURCE, event_of
from api.exchange.posting import Poster
from api.metrics import Metrics

_log: Final = logging.getLogger(__name__)
_EVERY_S: Final = 0.5
_TIDY_EVERY: Final = timedelta(hours=1)
_NOTHING: Final = (-1, None)  # where the journal ended and when a retry was due at a look that never was
PING: Final = "antifraud.webhook.ping"


class Pusher:
    """Signs and sends; what is to be sent, and what follows from how it went, is the book's.

    Secrets sign by the Standard Webhooks scheme. Several processes may push: each claims what it takes.
    """

    def __init__(self, center: Center, poster: Poster, key: Callable[[], bytes], metrics: Metrics) -> None:
        self.poster = poster
        self._center = center
        self._key = key
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._away: set[str] = set()  # webhooks whose last post failed
        self._seen: tuple[int, datetime | None] = _NOTHING
        self.delivered = self.failed = 0
        metrics.counter("antifraud_webhooks_delivered", "Events that webhooks took.", lambda: self.delivered)
        metrics.counter("antifraud_webhooks_failed", "Posts to webhooks that failed.", lambda: self.failed)

    async def check(self, url: str) -> None:
        """Raise InvalidValue for a URL to which nothing may be pushed, Unavailable without the engine's key."""
        self._key()
        await self.poster.check(url)

    def secret(self, webhook: Webhook) -> str:
        """Return the newest secret as receivers configure it; raise Unavailable without the engine's key."""
        return "whsec_" + base64.b64encode(secret_of(webhook.life_id, webhook.generation, self._key())).decode()

    async def keep_pushing(self) -> None:
        """Push for ever, whatever fails; what is under way when it ends is pushed again by whoever comes next."""
        said, tidy_at = "", self._center.now()
        try:
            while True:
                try:
                    await self.round()
                    if self._center.now() >= tidy_at:
                        tidy_at = self._center.now() + _TIDY_EVERY
                        await self._tidy()
                    said = ""
                except Exception as problem:
                    if str(problem) != said:
                        said = str(problem)
                        _log.error("webhooks stand still: %s", problem, exc_info=not isinstance(problem, Unavailable))
                await asyncio.sleep(_EVERY_S)
        finally:
            for task in list(self._under_way.values()):
                task.cancel()
            await self.settled()

    async def round(self) -> None:
        """Begin with every webhook that has something to get and is not at it already."""
        now = self._center.now()
        head = await self._center.read(lambda page: page.head())
        seen, retry_at = self._seen
        if head == seen and (retry_at is None or now < retry_at):
            return
        ready, later = await self._center.read(lambda page: webhooks.waiting(page, now))
        self._seen = head, later
        for webhook_id in ready:
            if webhook_id not in self._under_way:
                task = asyncio.create_task(self._push(webhook_id))
                self._under_way[webhook_id] = task
                task.add_done_callback(partial(self._done, webhook_id))

    async def settled(self) -> None:
        """Wait until nothing is under way."""
        while self._under_way:
            await asyncio.wait(list(self._under_way.values()))
            await asyncio.sleep(0)

    async def ping(self, webhook: Webhook) -> Receipt:
        """Send an event that says nothing, at once, whatever else waits."""
        now = self._center.now()
        event = {
            "specversion": "1.0",
            "id": f"ping-{webhook.life_id}-{now.timestamp():.6f}",
            "source": SOURCE,
            "type": PING,
            "subject": f"webhook/{webhook.life_id}",
            "time": now.isoformat(),
        }
        return await self._post(webhook, event["id"], orjson.dumps(event))

    async def send_again(self, webhook: Webhook, seq: int) -> Delivery:
        """Send one event once more, at once; raise NotFound if it is none of this webhook's."""
        asked = Listening(readers=webhook.readers, after=seq - 1, names=webhook.birth.types, limit=1)
        found = await self._center.read(lambda page: page.told(asked))
        if not found or found[0].written.seq != seq:
            raise NotFound(f"webhook {webhook.life_id} has no event {seq}")
        receipt = await self._send(webhook, found[0])
        now = self._center.now()
        return await self._center.write(lambda page: webhooks.sent_again(page, webhook.life_id, found[0], receipt, now))

    async def _tidy(self) -> None:
        before = self._center.now() - DELIVERIES_KEPT
        await self._center.write(lambda page: page.forget_deliveries(before))

    def _done(self, webhook_id: str, task: asyncio.Task[None]) -> None:
        del self._under_way[webhook_id]
        self._seen = _NOTHING  # there may be more of it
        if not task.cancelled() and (problem := task.exception()) is not None:
            _log.error("webhook %s stands still: %s", webhook_id, problem)

    async def _push(self, webhook_id: str) -> None:
        now = self._center.now()
        taken = await self._center.write(lambda page: webhooks.claim(page, webhook_id, now))
        if taken is not None:
            await self._push_all(taken)

    async def _push_all(self, claimed: Claimed) -> None:
        enough = asyncio.get_running_loop().time() + CLAIM.total_seconds() / 2
        receipts: list[Receipt] = []
        for told in claimed.acts:
            receipts.append(await self._send(claimed.webhook, told))
            self._say(claimed.webhook.life_id, receipts[-1])
            if receipts[-1].problem is not None or asyncio.get_running_loop().time() >= enough:
                break
        now, chance = self._center.now(), random.random()  # noqa: S311 - spreads retries, keeps no secret
        await self._center.write(lambda page: webhooks.settle(page, claimed, receipts, now, chance))

    def _say(self, webhook_id: str, receipt: Receipt) -> None:
        """Say once that somebody does not take what is pushed, and once that it is taken again."""
        if receipt.problem is None and webhook_id in self._away:
            self._away.discard(webhook_id)
            _log.info("webhook %s takes its events again", webhook_id)
        elif receipt.problem is not None and webhook_id not in self._away:
            self._away.add(webhook_id)
            _log.warning("webhook %s does not take its events, they wait: %s", webhook_id, receipt.problem)

    async def _send(self, webhook: Webhook, told: Told) -> Receipt:
        event = event_of(told)
        return await self._post(webhook, f"{SOURCE}:{event.id}", event.model_dump_json().encode())

    async def _post(self, webhook: Webhook, name: str, body: bytes) -> Receipt:
        now = self._center.now()
        signed = " ".join(
            Signature(secret_of(webhook.life_id, generation, self._key())).sign(name, now, body.decode())
            for generation in webhook.generations(now)
        )
        headers = {
            "Content-Type": EVENT,
            "User-Agent": "antifraud-center",
            "webhook-id": name,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signed,
        }
        receipt = await self.poster.post(webhook.birth.url, body, headers)
        if receipt.problem is None:
            self.delivered += 1
        else:
            self.failed += 1
        return receipt
