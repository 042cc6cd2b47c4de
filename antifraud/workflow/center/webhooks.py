"""Webhooks: who registers one, which events are pushed next, and what follows from how that went."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from antifraud.domain.center.delivery import Delivery, Outcome, Progress, Receipt
from antifraud.domain.center.people import ENGINE, Actor
from antifraud.domain.center.webhook import MOST_GIVEN_UP, Webhook, WebhookStatus, patience
from antifraud.domain.center.webhook_acts import Disabled, Enabled, GaveUp, Registered, Removed, SecretRotated
from antifraud.domain.errors import Conflict
from antifraud.workflow.center.moving import begin, move
from antifraud.workflow.center.ports import Listening, Page, Selection, Told
from antifraud.workflow.center.seeing import Signed, seen

MOST_OF_ONE: Final = 10  # webhooks of a participant that are not removed
CLAIM: Final = timedelta(minutes=1)  # whoever delivers settles within it, or is believed dead
DELIVERIES_KEPT: Final = timedelta(days=30)
_GONE: Final = 410
_AT_ONCE: Final = 50  # events pushed in one claim
_FAR_BEHIND: Final = 1_000  # acts that are not for this webhook
_AWAY: Final = 4  # failures of one event: the receiver was away for two minutes and a half
_ALL: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """Events that nobody else pushes until then."""

    webhook: Webhook
    acts: Sequence[Told]
    after: int  # the act that was settled last
    until: datetime


def register(page: Page, url: str, types: Sequence[str], signed: Signed) -> Webhook:
    """Register an address: what happens from now on is pushed there; raise Conflict when there are too many."""
    mine = [each for each in _of(page, signed.actor) if each.status is not WebhookStatus.REMOVED]
    if len(mine) >= MOST_OF_ONE:
        raise Conflict(f"{signed.actor.participant} has {MOST_OF_ONE} webhooks: remove one first")
    act = Registered(
        by=signed.actor, at=signed.now, reason=signed.reason, ground=signed.ground, url=url, types=tuple(types)
    )
    webhook = begin(page, Webhook.begin(page.new_id(signed.now), act), act)
    (born,) = page.acts_of(webhook.life_id)
    page.keep_progress(Progress(webhook_id=webhook.life_id, seq=born.seq, next_at=signed.now, claimed_until=signed.now))
    return webhook


def rotate(page: Page, webhook_id: str, signed: Signed, overlap: timedelta) -> Webhook:
    """Let a new secret sign, and the one before for so long besides."""
    until = signed.now + overlap
    act = SecretRotated(by=signed.actor, at=signed.now, reason=signed.reason, ground=signed.ground, until=until)
    return move(page, _own(page, webhook_id, signed), act)


def disable(page: Page, webhook_id: str, signed: Signed) -> Webhook:
    """Push nothing until it is enabled."""
    act = Disabled(by=signed.actor, at=signed.now, reason=signed.reason, ground=signed.ground)
    return move(page, _own(page, webhook_id, signed), act)


def enable(page: Page, webhook_id: str, signed: Signed) -> Webhook:
    """Go on where it stopped, at once."""
    act = Enabled(by=signed.actor, at=signed.now, reason=signed.reason, ground=signed.ground)
    webhook = move(page, _own(page, webhook_id, signed), act)
    known = page.progress(webhook_id)
    page.keep_progress(replace(known, attempts=0, given_up=0, next_at=signed.now))
    return webhook


def remove(page: Page, webhook_id: str, signed: Signed) -> Webhook:
    """End it for good."""
    act = Removed(by=signed.actor, at=signed.now, reason=signed.reason, ground=signed.ground)
    return move(page, _own(page, webhook_id, signed), act)


def waiting(page: Page, now: datetime) -> tuple[Sequence[str], datetime | None]:
    """Return the webhooks that have something to get now, and when the next of those that must wait may."""
    head, ready, later = page.head(), [], []
    for webhook in _active(page):
        known = page.progress(webhook.life_id)
        if known.free_at() > now:
            later.append(known.free_at())
        elif _next_of(page, webhook, known, 1) or head - known.seq > _FAR_BEHIND:
            ready.append(webhook.life_id)
    return ready, min(later, default=None)


def failing(page: Page) -> int:
    """Return how many webhooks do not take their next event although it was tried for minutes."""
    known = (page.progress(webhook.life_id) for webhook in _active(page))
    return sum(1 for each in known if each.attempts >= _AWAY or each.given_up > 0)


def claim(page: Page, webhook_id: str, now: datetime) -> Claimed | None:
    """Take the next events of a webhook for oneself; None when there are none or somebody else has them."""
    webhook, known = page.get(Webhook, webhook_id), page.progress(webhook_id)
    if webhook.status is not WebhookStatus.ACTIVE or known.free_at() > now:
        return None
    head = page.head()
    if acts := _next_of(page, webhook, known, _AT_ONCE):
        claimed = Claimed(webhook=webhook, acts=acts, after=known.seq, until=now + CLAIM)
        page.keep_progress(replace(known, claimed_until=claimed.until))
        return claimed
    if head - known.seq > _FAR_BEHIND:  # so that what is not for it is not looked through again and again
        page.keep_progress(replace(known, seq=head))
    return None


def settle(page: Page, claimed: Claimed, receipts: Sequence[Receipt], now: datetime, chance: float) -> None:
    """Write down how pushing went: one receipt for each event from the first on, only the last may be a failure.

    Who comes too late, after another had taken the same events over, changes nothing: they are pushed once more.
    """
    webhook_id = claimed.webhook.life_id
    known = page.progress(webhook_id)
    if (known.seq, known.claimed_until) != (claimed.after, claimed.until):
        return
    after = replace(known, next_at=now, claimed_until=now)
    for told, receipt in zip(claimed.acts, receipts, strict=False):
        seq = told.written.seq
        attempts = after.attempts + 1
        delivery = Delivery(
            webhook_id=webhook_id,
            seq=seq,
            outcome=Outcome.DELIVERED,
            attempts=attempts,
            at=now,
            status=receipt.status,
            problem=receipt.problem,
        )
        wait = patience(attempts, chance)
        if receipt.problem is None:
            after = replace(after, seq=seq, attempts=0, given_up=0)
        elif wait is not None:
            delivery = replace(delivery, outcome=Outcome.FAILED)
            after = replace(after, attempts=attempts, next_at=now + wait)
        else:
            delivery = replace(delivery, outcome=Outcome.GIVEN_UP)
            after = replace(after, seq=seq, attempts=0, given_up=after.given_up + 1)
        page.keep_delivery(delivery)
    page.keep_progress(after)
    problem = receipts[-1].problem if receipts else None
    if problem is not None and (after.given_up >= MOST_GIVEN_UP or receipts[-1].status == _GONE):
        _give_up(page, webhook_id, problem, now)


def sent_again(page: Page, webhook_id: str, told: Told, receipt: Receipt, now: datetime) -> Delivery:
    """Write down how an event went that was sent again by hand; the order of the others is not touched."""
    before = page.deliveries(webhook_id, after=told.written.seq - 1, limit=1)
    attempts = before[0].attempts if before and before[0].seq == told.written.seq else 0
    delivery = Delivery(
        webhook_id=webhook_id,
        seq=told.written.seq,
        outcome=Outcome.DELIVERED if receipt.problem is None else Outcome.GIVEN_UP,
        attempts=attempts + 1,
        at=now,
        status=receipt.status,
        problem=receipt.problem,
    )
    page.keep_delivery(delivery)
    return delivery


def _give_up(page: Page, webhook_id: str, problem: str, now: datetime) -> None:
    webhook = page.get(Webhook, webhook_id)
    if webhook.status is WebhookStatus.ACTIVE:
        move(page, webhook, GaveUp(by=ENGINE, at=now, problem=problem))


def _own(page: Page, webhook_id: str, signed: Signed) -> Webhook:
    return seen(page, Webhook, webhook_id, signed.actor, signed.version)


def _of(page: Page, actor: Actor) -> Sequence[Webhook]:
    return page.found_by(Webhook, f"participant:{actor.participant}")


def _next_of(page: Page, webhook: Webhook, known: Progress, limit: int) -> Sequence[Told]:
    return page.told(Listening(readers=webhook.readers, after=known.seq, names=webhook.birth.types, limit=limit))


def _active(page: Page) -> Sequence[Webhook]:
    return page.selected(Webhook, Selection(party=None, statuses=[WebhookStatus.ACTIVE.value], limit=_ALL))
